// Previews for the tests of the Review page: an ordinary one, a huge one, and one in which every string is an attack.
import { digestOf } from "../../../protocol/digest.ts";
import type { Classification, PreviewItem } from "../../../protocol/egress.ts";
import { episodeId, jobId, leaseId, nodeId, previewId } from "../../../protocol/ids.ts";
import { byteCount, costMicros, durationMs, epochMs } from "../../../protocol/quantities.ts";
import type { ReviewLease, ReviewView } from "../../../protocol/webview/review.ts";

const ENTROPY: Buffer = Buffer.alloc(32, 7);
const PATHS: readonly string[] = [
  "(file list)",
  ".gitignore",
  "README.md",
  "package.json",
  "src/cart.ts",
  "src/cart.test.ts",
  "src/log/parse.ts",
  "src/log/format.ts",
  "docs/guide.md",
];

export function item(path: string, bytes = 1_000, classification: Classification = "internal"): PreviewItem {
  return { path, bytes: byteCount(bytes), classification, digest: digestOf(path) };
}

export function reviewOf(
  change: Partial<ReviewView> = {},
  items: readonly PreviewItem[] = PATHS.map((path) => item(path)),
): ReviewView {
  return {
    preview: {
      kind: "egress-preview",
      previewId: previewId.from(ENTROPY),
      episodeId: episodeId.from(ENTROPY),
      jobId: jobId.from(ENTROPY),
      title: "npm run report",
      payload: digestOf("the job"),
      payloadBytes: byteCount(items.reduce((total, { bytes }) => total + bytes, 400)),
      items,
      leftOut: [
        { path: "node_modules", reason: "ignored by git" },
        { path: ".env", reason: "ignored by git; secret: environment file" },
        { path: "config/deploy.json", reason: "secret: looks like a GitHub token (arw/github-token, line 3)" },
      ],
      destination: { nodeId: nodeId.from(ENTROPY), name: "gpubox", keyWords: ["kodub", "likos"], carrier: "direct" },
      why: { rule: "asked-for: you asked for gpubox", localAlternative: "This machine can do it too (--on local)." },
      cost: {
        kind: "estimate",
        currency: "EUR",
        lowMicros: costMicros(20_000),
        highMicros: costMicros(50_001),
        basis: "price card of gpubox, from the limits you asked: 17.8 KB sent, at most 10 min of a tool",
        measured: {
          jobs: 12,
          lowMicros: costMicros(21_000),
          highMicros: costMicros(32_000),
          unit: "tool-ms",
          median: 40_000,
          ninetieth: 70_000,
        },
      },
      leaseMs: durationMs(600_000),
    },
    digest: digestOf("the preview"),
    job: "command",
    state: "waiting",
    answeredHere: false,
    node: {
      state: "ready",
      reason: "",
      since: epochMs(1_763_900_000_000),
      sandbox: {
        kind: "bubblewrap",
        version: "0.8.0",
        enforces: ["no-network", "scrubbed-environment", "private-files"],
      },
    },
    runHere: { possible: true },
    busy: "nothing",
    othersWaiting: 0,
    leaseMs: durationMs(600_000),
    leases: [],
    ...change,
  };
}

/** Two thousand files in a few dozen folders. */
export function hugeReview(): ReviewView {
  const files = Array.from({ length: 1_999 }, (_, index) => item(`packages/p${index % 30}/src/m${index}.ts`, 100));
  return reviewOf({}, [item("(file list)"), ...files]);
}

/** Every string that comes from elsewhere is the text. */
export function hostileReview(text: string): ReviewView {
  const review = reviewOf();
  return {
    ...review,
    preview: {
      ...review.preview,
      title: text,
      items: [item(`(${text.replaceAll("/", "-")})`), item(text), item(`folder/${text}`)],
      leftOut: [{ path: text, reason: text }],
      destination: { ...review.preview.destination, name: text, keyWords: [text, text] },
      why: { rule: text, localAlternative: text },
      cost: { kind: "unknown", reason: text },
    },
    node: { state: "unreachable", reason: text, since: epochMs(1), sandbox: { kind: "none", reason: text } },
    leaseUnfit: { leaseId: leaseId.from(ENTROPY), bounds: ["paths"] },
    runHere: { possible: false, why: "no-engine", detail: text },
    problem: { message: text, advice: text },
  };
}

/** What has run scripts in pages that trusted text. `arwHit` would be set by any of them. */
export const HOSTILE_TEXTS: readonly string[] = [
  "<script>arwHit=1</script>",
  "<img src=x onerror=arwHit=1>",
  "<svg onload=arwHit=1>",
  "<iframe srcdoc='<script>parent.arwHit=1</script>'></iframe>",
  "<a href=javascript:arwHit=1 autofocus>x</a>",
  '"><input autofocus onfocus=arwHit=1>',
  "' onmouseover='arwHit=1",
  "</title><style>@import 'http://elsewhere.example/x.css';</style>",
  "<link rel=stylesheet href=http://elsewhere.example/x.css>",
  "<math><mtext><table><mglyph><style><img src=x onerror=arwHit=1>",
  "<template><img src=x onerror=arwHit=1></template>",
  "<base href=http://elsewhere.example/>",
  "<form action=http://elsewhere.example/><button autofocus>Send</button>",
  "<meta http-equiv=refresh content='0;url=http://elsewhere.example/'>",
  "${arwHit=1}",
  "{{constructor.constructor('arwHit=1')()}}",
  "javascript:arwHit=1",
  "\u202Etxt.exe<script>arwHit=1</script>",
  "-->\n<!--<script>arwHit=1</script>",
  "]]><script>arwHit=1</script>",
  "&lt;img src=x onerror=arwHit=1&gt;",
  "\u0000<\u0000script>arwHit=1</script>",
];

/** A lease for the node of the preview, with three of five jobs left. */
export function leaseFor(remainingMs: number): ReviewLease {
  return {
    lease: {
      leaseId: leaseId.from(ENTROPY),
      subject: nodeId.from(ENTROPY),
      capability: "offload",
      scope: { kind: "scoped", job: "command", paths: ["src/**"], ceiling: "internal" },
      grantedAt: epochMs(1),
      expiresAt: epochMs(2),
      budget: { uses: 5, bytes: byteCount(1_000_000), cost: { currency: "EUR", micros: costMicros(500_000) } },
      issuer: "owner",
      reason: "",
    },
    usesLeft: 3,
    bytesLeft: byteCount(500_000),
    costMicrosLeft: costMicros(250_000),
    remainingMs: durationMs(remainingMs),
    inUse: 1,
  };
}
