// What the renderers make of given facts, against the very text a person reads.
import assert from "node:assert/strict";
import { test } from "node:test";
import { type Digest, digestOf } from "#protocol/digest.ts";
import type { EgressLedgerRow, EgressPreview } from "#protocol/egress.ts";
import {
  egressRecordId,
  episodeId,
  jobId,
  leaseId,
  nodeId,
  previewId,
  proposalId,
  workspaceId,
} from "#protocol/ids.ts";
import { byteCount, costMicros, durationMs, epochMs, sequence, tokenCount } from "#protocol/quantities.ts";
import { plainLines, plainText } from "#protocol/text/plainText.ts";
import type { TimelineEntry } from "#protocol/timeline.ts";
import type { EpisodeView, NodeView, ProposalView } from "#protocol/wire/clientViews.ts";
import { workspacePathSchema } from "#protocol/workspacePath.ts";
import { bytesText, costText, durationText } from "./amounts.ts";
import { CARD_ROWS_MAX, previewCardLines } from "./previewCard.ts";
import { styleOf } from "./style.ts";
import { summaryLines } from "./summary.ts";
import { timelineLine } from "./timelineLine.ts";
import { episodeLines, ledgerLines, nodeLines, proposalLines } from "./views.ts";

const PLAIN = styleOf(false);
const AT = epochMs(Date.UTC(2026, 10, 23, 10, 32, 7));
const seed = (letter: string): Uint8Array => Buffer.alloc(32, letter);
const WORKER = nodeId.from(seed("n"));
const LEASE = leaseId.from(seed("l"));
const EPISODE_ID = episodeId.from(seed("e"));
const DIGEST: Digest = digestOf("preview");

function entry(more: Partial<TimelineEntry>): TimelineEntry {
  return { sequence: sequence(7), index: 0, at: AT, kind: "JobOffered", level: "info", text: "", ...more };
}

test("bytes are told in thousands, with the unit never rounded past", () => {
  const texts = [0, 999, 1_000, 18_400, 999_949, 999_950, 1_500_000, 2e15].map((bytes) => bytesText(bytes));
  assert.deepEqual(texts, ["0 B", "999 B", "1 KB", "18.4 KB", "999.9 KB", "1 MB", "1.5 MB", "2 PB"]);
});

test("durations are told in the units people use", () => {
  const texts = [0, 850, 1_234, 59_999, 60_000, 125_000, 3_600_000, 5_400_000].map((ms) => durationText(ms));
  assert.deepEqual(texts, ["0 ms", "850 ms", "1.2 s", "59.9 s", "1 min", "2 min 5 s", "1 h", "1 h 30 min"]);
});

test("an unknown cost says why, and an estimate loses no digit", () => {
  assert.equal(
    costText({ kind: "unknown", reason: "gpu-box-1 has no price card" }),
    "unknown: gpu-box-1 has no price card",
  );
  const estimate = { kind: "estimate", currency: "EUR", basis: "price card × 90 s" } as const;
  const cost = (low: number, high: number): string =>
    costText({ ...estimate, lowMicros: costMicros(low), highMicros: costMicros(high) });
  assert.equal(cost(20_000, 50_000), "about 0.02 to 0.05 EUR (estimate: price card × 90 s)");
  assert.equal(cost(28_125, 28_125), "about 0.028125 EUR (estimate: price card × 90 s)");
  assert.equal(cost(1_000_000, 12_500_000), "about 1.00 to 12.50 EUR (estimate: price card × 90 s)");
  const bound = { ...estimate, lowMicros: costMicros(0), highMicros: costMicros(400_000) };
  const range = { jobs: 12, lowMicros: costMicros(30_000), highMicros: costMicros(50_000) };
  const tool = { ...range, unit: "tool-ms", median: 40_000, ninetieth: 70_000 } as const;
  assert.equal(
    costText({ ...bound, measured: tool }),
    "about 0.03 to 0.05 EUR from 12 like jobs there: median 40 s, 90th percentile 1 min 10 s; " +
      "by its limits about 0.00 to 0.40 EUR (estimate: price card × 90 s)",
  );
  const tokens = { ...range, unit: "tokens-out", median: 1, ninetieth: 1_800 } as const;
  assert.match(costText({ ...bound, measured: tokens }), /median 1 token, 90th percentile 1,800 tokens;/u);
});

test("a crossing is drawn on its line with direction, bytes and lease", () => {
  const crossing = { direction: "out", nodeId: WORKER, bytes: byteCount(18_400), leaseId: LEASE } as const;
  const where = { nodeId: WORKER, name: "gpu-box-1" };
  assert.equal(
    timelineLine(entry({ where, crossing, text: "Offered to gpu-box-1" }), PLAIN, "UTC"),
    `10:32:07  gpu-box-1  ▲ 18.4 KB out under ${LEASE.slice(0, 14)}…  Offered to gpu-box-1`,
  );
  const back = { ...crossing, direction: "back", bytes: byteCount(2_100) } as const;
  assert.match(timelineLine(entry({ where, crossing: back }), PLAIN, "UTC"), /▼ 2\.1 KB back under/);
});

test("attention and error are marks as well as colours", () => {
  assert.equal(timelineLine(entry({ level: "error", text: "lost" }), PLAIN, "UTC"), "10:32:07  home       ✗ lost");
  assert.equal(
    timelineLine(entry({ level: "attention", text: "waits" }), PLAIN, "UTC"),
    "10:32:07  home       ! waits",
  );
  const coloured = timelineLine(entry({ level: "error", text: "lost" }), styleOf(true), "UTC");
  assert.ok(coloured.includes("\u001B[31m✗ lost\u001B[39m"));
});

test("no text of another machine can move the cursor or turn the reading direction", () => {
  assert.equal(plainText("a\u001B[2Jb\nc\u202Ed"), "a<001B>[2Jb<000A>c<202E>d");
  assert.equal(plainLines("a\tb\r\nc\u009B1m"), "a\tb\nc<009B>1m");
  const hostile = timelineLine(
    entry({ text: "\u001B]0;owned\u0007", where: { nodeId: WORKER, name: "\u001B[31m" } }),
    PLAIN,
    "UTC",
  );
  assert.doesNotMatch(hostile, /\p{Cc}/u);
});

function previewOf(more: Partial<EgressPreview>): EgressPreview {
  const item = (path: string, bytes: number) =>
    ({ path, bytes: byteCount(bytes), classification: "internal", digest: DIGEST }) as const;
  return {
    kind: "egress-preview",
    previewId: previewId.from(seed("p")),
    episodeId: EPISODE_ID,
    jobId: jobId.from(seed("j")),
    title: "npm test",
    payload: DIGEST,
    payloadBytes: byteCount(18_400),
    items: [item("package.json", 1_100), item("src/log/parse.ts", 17_300)],
    leftOut: [{ path: ".env", reason: "key and credential files never leave" }],
    destination: { nodeId: WORKER, name: "gpu-box-1", keyWords: ["babab", "dodod"], carrier: "direct" },
    why: { rule: "asked-for", localAlternative: "this machine can run it too" },
    cost: { kind: "unknown", reason: "gpu-box-1 has no price card" },
    leaseMs: durationMs(600_000),
    ...more,
  };
}

test("the preview card says what, what not, where, why, cost and until when", () => {
  const sandbox = { kind: "bubblewrap", version: "0.8", enforces: ["no-network", "memory-limit"] } as const;
  assert.deepEqual(previewCardLines(previewOf({}), DIGEST, { sandbox }, PLAIN), [
    "Send this to gpu-box-1?  npm test",
    "What leaves — 2 items, 18.4 KB",
    "  package.json      internal   1.1 KB",
    "  src/log/parse.ts  internal   17.3 KB",
    "Stays here — everything else, and",
    "  .env: key and credential files never leave",
    "Where — gpu-box-1 · key babab dodod · direct link",
    "Sandbox — by its own word: no network, memory limit",
    "Why — rule asked-for. Here: this machine can run it too",
    "Cost — unknown: gpu-box-1 has no price card",
    "Until — this job only, 10 min; or up to 5 jobs like it: --lease uses=5,minutes=60",
    "Sending cannot be taken back; revoking stops further sends. Redaction and detection know common formats and the values of your environment files; they miss other secrets, passwords that are words, what is paraphrased or encoded otherwise, and pictures.",
    `This approves exactly ${DIGEST}.`,
  ]);
});

test("the card says what was removed before the prompt could leave", () => {
  const removed = [
    { path: "(prompt)", rule: "github-pat", tag: "abcdefgh", times: 1 },
    { path: "(prompt)", rule: "known-secret", tag: "ponmlkji", times: 3 },
  ];
  const lines = previewCardLines(previewOf({ removed }), DIGEST, { sandbox: undefined }, PLAIN);
  const at = lines.indexOf("Removed first — 2 secrets, a placeholder stands in each place");
  assert.deepEqual(lines.slice(at + 1, at + 3), [
    "  (prompt): github-pat (abcdefgh)",
    "  (prompt): known-secret, 3 times (ponmlkji)",
  ]);
});

test("the card says how many exact secrets were not looked for", () => {
  const line = (unknownSecrets: number): string =>
    previewCardLines(previewOf({ unknownSecrets }), DIGEST, { sandbox: undefined }, PLAIN).join("\n");
  assert.match(line(1), /\nNot looked for — 1 exact secret of your files, which hold more than redaction looks for\n/);
  assert.match(line(12), /\nNot looked for — 12 exact secrets of your files/);
});

test("a long card counts what it does not show, and never hides the most sensitive item", () => {
  const items = Array.from({ length: CARD_ROWS_MAX + 5 }, (_, index) => ({
    path: `file-${index}`,
    bytes: byteCount(1),
    classification: index === CARD_ROWS_MAX + 4 ? ("regulated" as const) : ("public" as const),
    digest: DIGEST,
  }));
  const lines = previewCardLines(previewOf({ items, leftOut: [] }), DIGEST, { sandbox: undefined }, PLAIN);
  assert.match(lines[2] ?? "", /file-16 +regulated/);
  assert.ok(lines.includes("  … and 5 more"));
  assert.ok(lines.includes("Stays here — everything else"));
  assert.ok(lines.some((line) => line === "Sandbox — unknown"));
});

test("the card of a question claims no sandbox", () => {
  const items = [{ path: "(prompt)", bytes: byteCount(94), classification: "internal", digest: DIGEST } as const];
  const lines = previewCardLines(previewOf({ items }), DIGEST, { sandbox: undefined }, PLAIN);
  assert.equal(
    lines.some((line) => line.startsWith("Sandbox")),
    false,
  );
});

test("the ledger says in words whether the receipt's digest is the one sent", () => {
  const row: EgressLedgerRow = {
    record_id: egressRecordId.from(seed("r")),
    time: AT,
    decision: "allow",
    reason_code: "approved-by-owner",
    project_id: workspaceId.from(seed("w")),
    episode_id: EPISODE_ID,
    corr_id: EPISODE_ID,
    node_id: WORKER,
    dest: "gpu-box-1",
    state: "received",
    bytes_out: byteCount(18_400),
    bytes_in: byteCount(2_100),
    duration_ms: durationMs(1_400),
    est_cost: "unknown",
    lease_id: LEASE,
    digest: DIGEST,
    received_digest: DIGEST,
    error: null,
  };
  const denied: EgressLedgerRow = {
    ...row,
    decision: "deny",
    state: "none",
    bytes_out: byteCount(0),
    bytes_in: byteCount(0),
    duration_ms: null,
    lease_id: null,
    received_digest: digestOf("other"),
    reason_code: "declined",
  };
  assert.deepEqual(ledgerLines([row, denied], PLAIN, "UTC"), [
    "TIME                 DECISION  TO         OUT      BACK    STATE     TOOK   COST     LEASE            RECEIPT  REASON",
    `2026-11-23 10:32:07  ▲ allow   gpu-box-1  18.4 KB  2.1 KB  received  1.4 s  unknown  ${LEASE.slice(0, 14)}…  matches  approved-by-owner`,
    "2026-11-23 10:32:07  ✗ deny    gpu-box-1  0 B      0 B     none             unknown                   DIFFERS  declined",
  ]);
  assert.deepEqual(ledgerLines([], PLAIN), ["Nothing has left this machine, and nothing was denied."]);
});

const NODE: NodeView = {
  nodeId: WORKER,
  name: "gpu-box-1",
  local: false,
  state: "pending",
  reason: "waits for the owner",
  since: AT,
  keyWords: ["babab", "dodod"],
  compareWords: ["lusab", "babad", "gutih", "tugad"],
  running: 0,
};

test("a waiting node shows its four words, a lone Home how to pair another", () => {
  assert.deepEqual(nodeLines([NODE], PLAIN, "UTC"), [
    "NODE       STATE      SINCE                KEY          ENGINES  RUNNING  REASON",
    "gpu-box-1  ◔ pending  2026-11-23 10:32:07  babab dodod           0        compare: lusab babad gutih tugad",
  ]);
  const { compareWords: _words, ...node } = NODE;
  const local: NodeView = { ...node, name: "local", local: true, state: "ready" };
  assert.equal(nodeLines([local], PLAIN, "UTC").at(-1), "Only this machine. Pair another: arw-home invite");
});

const EPISODE: EpisodeView = {
  episodeId: EPISODE_ID,
  kind: "command",
  title: "npm test",
  startedAt: AT,
  finishedAt: epochMs(AT + 1_400),
  state: "finished",
  outcome: { kind: "exited", exitCode: 1 },
  jobId: jobId.from(seed("j")),
  target: { nodeId: WORKER, name: "gpu-box-1", local: false },
  proposalId: proposalId.from(seed("q")),
  produced: [],
  usage: {
    busy: { durationMs: durationMs(1_200), method: "exclusive-wall" },
    tokensOut: { tokens: tokenCount(64), method: "engine-count" },
    bytesIn: { bytes: byteCount(1), method: "byte-count" },
    bytesOut: { bytes: byteCount(1), method: "byte-count" },
  },
};

test("the summary names the method of every figure and how to take the changes", () => {
  assert.deepEqual(summaryLines(EPISODE, { outBytes: 18_400, backBytes: 2_100 }, PLAIN), [
    "✗ exit 1 · on gpu-box-1 · 1.4 s · ▲ 18.4 KB out, ▼ 2.1 KB back · busy 1.2 s (metered by wall clock) · 64 tokens out (metered by engine)",
    `Files changed; nothing was written. Look: arw-home proposal show ${EPISODE.proposalId}`,
    `Take them: arw-home proposal apply ${EPISODE.proposalId}`,
  ]);
  assert.match(episodeLines([EPISODE], PLAIN, "UTC")[1] ?? "", /gpu-box-1 {2}✗ exit 1 {2}npm test$/);
});

test("the list of episodes names what waits for the owner, with the id that its command needs", () => {
  const { outcome: _outcome, proposalId: _proposal, ...begun } = EPISODE;
  const preview = previewId.from(seed("p"));
  const waiting: EpisodeView = { ...begun, state: "waiting-for-approval", previewId: preview };
  assert.deepEqual(episodeLines([waiting, EPISODE, { ...waiting, state: "running" }], PLAIN, "UTC").slice(4), [
    `npm test waits for your answer: arw-home egress approve ${preview}`,
    `npm test changed files: arw-home proposal show ${EPISODE.proposalId}`,
  ]);
});

test("a proposal lists its changes, and marks what conflicts", () => {
  const path = workspacePathSchema.parse("src/a.ts");
  const view: ProposalView = {
    proposalId: proposalId.from(seed("q")),
    episodeId: EPISODE_ID,
    digest: DIGEST,
    proposal: {
      kind: "proposal",
      changes: [
        { kind: "edit", path, base: DIGEST, digest: DIGEST, bytes: byteCount(1_200), executable: false },
        { kind: "delete", path: workspacePathSchema.parse("old.ts"), base: DIGEST },
      ],
      leftOut: [{ path: "core.dump", reason: "too large" }],
    },
    conflicts: [{ path, reason: "edited since" }],
  };
  assert.deepEqual(proposalLines(view, PLAIN), [
    `${view.proposalId} — 2 changes`,
    "  edit    src/a.ts  1.2 KB  ! conflict: edited since",
    "  delete  old.ts",
    "  not taken: core.dump: too large",
  ]);
});
