// What is approved is what was shown and confirmed: nothing else, nothing twice, and nothing that changed meanwhile.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { canonicalJson } from "#protocol/canonicalJson.ts";
import { decode } from "#protocol/decode.ts";
import { type Digest, digestOf, digestOfJson } from "#protocol/digest.ts";
import type { EgressPreview } from "#protocol/egress.ts";
import { ArwError } from "#protocol/errors.ts";
import {
  egressRecordId,
  episodeId,
  jobId,
  leaseId,
  type NodeId,
  nodeId,
  type PreviewId,
  previewId,
} from "#protocol/ids.ts";
import type { JobSpec } from "#protocol/job.ts";
import type { LineRange } from "#protocol/lineCut.ts";
import { byteCount, durationMs, epochMs, sequence } from "#protocol/quantities.ts";
import { reviewToPageSchema, type ReviewView } from "#protocol/webview/review.ts";
import { METHODS, type Method, type MethodName, type ResultOf } from "#protocol/wire/client.ts";
import type { EpisodeRequest, LeaseView, NodeView } from "#protocol/wire/clientViews.ts";
import type { HomeFacts } from "../home/homeMirror.ts";
import { ReviewDesk, type SendQuestion } from "./reviewDesk.ts";

const [FIRST, SECOND] = [previewId.from(Buffer.alloc(32, 1)), previewId.from(Buffer.alloc(32, 2))];
const ENTROPY = Buffer.alloc(32, 9);
const ONCE = { kind: "once", leaseMs: durationMs(600_000) } as const;
const LIMITS = { wallMs: durationMs(60_000), memoryBytes: byteCount(1_000_000), outputBytes: byteCount(1_000_000) };
const COMMAND = {
  kind: "command",
  argv: ["npm", "test"],
  folder: ".",
  outputs: [],
  dependencies: { kind: "nothing" },
} as const;
const JOB: JobSpec = { ...COMMAND, tree: digestOf("tree"), limits: LIMITS };
const REQUEST: EpisodeRequest = { ...COMMAND, wallMs: LIMITS.wallMs, memoryBytes: LIMITS.memoryBytes };

function previewOf(id: PreviewId, paths: readonly string[]): EgressPreview {
  return {
    kind: "egress-preview",
    previewId: id,
    episodeId: episodeId.from(ENTROPY),
    jobId: jobId.from(ENTROPY),
    title: "npm test",
    payload: digestOfJson(JOB),
    payloadBytes: byteCount(1_000),
    items: paths.map((path) => ({ path, bytes: byteCount(10), classification: "internal", digest: digestOf(path) })),
    leftOut: [],
    destination: { nodeId: nodeId.from(ENTROPY), name: "gpubox", keyWords: ["amber", "otter"], carrier: "direct" },
    why: { rule: "asked-for", localAlternative: "This machine can do it too." },
    cost: { kind: "unknown", reason: "the node has no price card" },
    leaseMs: durationMs(600_000),
  };
}

const LOCAL: NodeView = {
  nodeId: nodeId.from(Buffer.alloc(32, 4)),
  name: "local",
  local: true,
  state: "ready",
  reason: "",
  since: epochMs(1),
  keyWords: [],
  running: 0,
  capabilities: {
    version: "1",
    os: "linux",
    architecture: "x64",
    cpuModel: "cpu",
    cpuCount: 1,
    memoryBytes: byteCount(1),
    gpus: [],
    sandbox: { kind: "none", reason: "absent" },
    engines: [{ kind: "command", state: "ready" }],
    slots: 1,
  },
};

/** A Home of two previews, the second of which takes the place of the first when something is taken out. */
class FakeHome {
  readonly calls: { readonly name: string; readonly params: unknown }[] = [];
  readonly shown = new Map<PreviewId, ResultOf<"readPreview">>();
  /** Runs before a method answers: what happens meanwhile. */
  readonly meanwhile = new Map<string, () => void>();

  constructor() {
    this.set(FIRST, previewOf(FIRST, ["(file list)", "src/a.ts", "src/b.ts", "top.md"]));
  }

  set(id: PreviewId, preview: EgressPreview, change: Partial<ResultOf<"readPreview">> = {}): Digest {
    const digest = digestOfJson(preview);
    this.shown.set(id, { preview, digest, state: "waiting", ...change });
    return digest;
  }

  change(id: PreviewId, change: Partial<ResultOf<"readPreview">>): void {
    const held = this.shown.get(id);
    assert.ok(held);
    this.shown.set(id, { ...held, ...change });
  }

  async call<Params, Result>(method: Method<Params, Result>, params: Params): Promise<Result> {
    this.calls.push({ name: method.name, params });
    this.meanwhile.get(method.name)?.();
    const decoded = decode(method.result, JSON.parse(JSON.stringify(this.#answer(method.name, params))));
    assert.ok(decoded.ok, JSON.stringify(decoded));
    return decoded.value;
  }

  named(name: MethodName): readonly unknown[] {
    return this.calls.filter((call) => call.name === METHODS[name].name).map(({ params }) => params);
  }

  #answer(name: string, params: unknown): unknown {
    const id = Object.getOwnPropertyDescriptor(params, "previewId")?.value;
    switch (name) {
      case METHODS.readPreview.name:
        return this.shown.get(id);
      case METHODS.readPreviewItem.name: {
        const from = Number(Object.getOwnPropertyDescriptor(params, "fromByte")?.value);
        return { base64: Buffer.from(canonicalJson(JOB)).subarray(from).toString("base64") };
      }
      case METHODS.approveEgress.name:
        if (this.shown.get(id)?.state !== "waiting") {
          throw new ArwError("preview-answered", "This preview was already answered.", "Start again.");
        }
        this.change(id, { state: "approved" });
        return { leaseId: leaseId.from(ENTROPY), recordId: egressRecordId.from(ENTROPY) };
      case METHODS.denyEgress.name:
        this.change(id, { state: "denied" });
        return {};
      case METHODS.reviseEgress.name: {
        const digest = this.set(SECOND, previewOf(SECOND, ["(file list)", "top.md"]));
        this.change(FIRST, { state: "withdrawn", replacedBy: SECOND });
        return { previewId: SECOND, digest };
      }
      case METHODS.startEpisode.name:
        return {
          episodeId: episodeId.from(ENTROPY),
          jobId: jobId.from(ENTROPY),
          target: { nodeId: LOCAL.nodeId, name: "local", local: true },
          why: "you asked for it",
          sequence: sequence(1),
        };
      default:
        throw new Error(name);
    }
  }
}

interface Bench {
  readonly home: FakeHome;
  readonly desk: ReviewDesk;
  readonly questions: SendQuestion[];
  readonly views: ReviewView[];
  readonly started: unknown[];
  readonly revoked: unknown[];
  answer: (question: SendQuestion) => boolean;
  lines: readonly LineRange[] | undefined;
  readonly clock: { nowMs: number };
  readonly last: () => ReviewView;
}

const FACTS: HomeFacts = {
  nodes: [LOCAL],
  episodes: [],
  leases: [],
  clustering: true,
  waiting: [],
};

async function opened(): Promise<Bench> {
  const home = new FakeHome();
  const questions: SendQuestion[] = [];
  const views: ReviewView[] = [];
  const started: unknown[] = [];
  const revoked: unknown[] = [];
  const clock = { nowMs: 1_000 };
  const bench: Bench = {
    home,
    questions,
    views,
    started,
    revoked,
    answer: () => true,
    lines: undefined,
    clock,
    desk: new ReviewDesk(
      {
        call: (method, params) => home.call(method, params),
        confirmSend: async (question) => {
          questions.push(question);
          return bench.answer(question);
        },
        changed: (view) => {
          assert.ok(decode(reviewToPageSchema, JSON.parse(JSON.stringify({ kind: "review", review: view }))).ok);
          views.push(view);
        },
        startedHere: (result) => started.push(result),
        showItem: async () => undefined,
        reviewNext: async () => undefined,
        askLines: async () => bench.lines,
        revokeLease: async (id) => void revoked.push(id),
        leaseMs: () => durationMs(600_000),
        nowMs: () => clock.nowMs,
      },
      FACTS,
    ),
    last: () => {
      const view = views.at(-1);
      assert.ok(view);
      return view;
    },
  };
  await bench.desk.show(FIRST);
  return bench;
}

describe("sending", () => {
  test("asks first, and approves with the digest and the lease that were confirmed", async () => {
    const { desk, home, last, questions } = await opened();
    const { digest } = last();
    await desk.ask({ kind: "send", digest, lease: ONCE });
    assert.deepEqual(
      questions.map((question) => [question.digest, question.lease]),
      [[digest, ONCE]],
    );
    assert.deepEqual(home.named("approveEgress"), [{ previewId: FIRST, digest, leaseMs: 600_000 }]);
    assert.deepEqual([last().state, last().answeredHere, last().busy], ["approved", true, "nothing"]);
  });

  test("a no in the confirmation approves nothing and leaves it waiting", async () => {
    const bench = await opened();
    bench.answer = () => false;
    await bench.desk.ask({ kind: "send", digest: bench.last().digest, lease: ONCE });
    assert.equal(bench.home.named("approveEgress").length, 0);
    assert.deepEqual([bench.last().state, bench.last().busy], ["waiting", "nothing"]);
  });

  test("an ask about another digest than the one on the screen asks nobody and approves nothing", async () => {
    const { desk, home, questions } = await opened();
    await desk.ask({ kind: "send", digest: digestOf("another"), lease: ONCE });
    assert.equal(questions.length + home.named("approveEgress").length, 0);
  });

  test("a second ask while the first is being confirmed is dropped", async () => {
    const bench = await opened();
    const { digest } = bench.last();
    let second: Promise<void> | undefined;
    bench.answer = () => {
      second ??= bench.desk.ask({ kind: "send", digest, lease: ONCE });
      assert.equal(bench.last().busy, "confirming");
      return true;
    };
    await bench.desk.ask({ kind: "send", digest, lease: ONCE });
    await second;
    assert.equal(bench.questions.length, 1);
    assert.equal(bench.home.named("approveEgress").length, 1);
  });

  test("what was answered elsewhere during the confirmation is refused, and the panel says both", async () => {
    const bench = await opened();
    bench.answer = () => {
      bench.home.change(FIRST, { state: "denied" });
      return true;
    };
    await bench.desk.ask({ kind: "send", digest: bench.last().digest, lease: ONCE });
    const { answeredHere, problem, state } = bench.last();
    assert.deepEqual([state, answeredHere], ["denied", false]);
    assert.match(problem?.message ?? "", /already answered/u);
  });

  test("what changed during the confirmation is approved by the digest that was confirmed, so the Home refuses it", async () => {
    const bench = await opened();
    const { digest } = bench.last();
    bench.answer = () => {
      bench.home.change(FIRST, { state: "withdrawn", replacedBy: SECOND });
      bench.home.set(SECOND, previewOf(SECOND, ["top.md"]));
      return true;
    };
    await bench.desk.ask({ kind: "send", digest, lease: ONCE });
    assert.deepEqual(bench.home.named("approveEgress"), [{ previewId: FIRST, digest, leaseMs: 600_000 }]);
    assert.deepEqual([bench.last().state, bench.last().replaced?.by], ["waiting", "changed"]);
    assert.notEqual(bench.last().digest, digest);
  });
});

describe("taking out", () => {
  test("gives a new revision on the screen, and the old digest is dead from then on", async () => {
    const { desk, home, last, questions, views } = await opened();
    const { digest } = last();
    await desk.ask({ kind: "take-out", digest, taken: [{ item: 1, folderDepth: 1 }] });
    assert.deepEqual(home.named("reviseEgress"), [{ previewId: FIRST, digest, leaveOut: ["src"] }]);
    assert.ok(views.some(({ busy }) => busy === "revising"));
    assert.deepEqual(last().replaced, { digest, by: "taken-out" });
    assert.equal(last().preview.previewId, SECOND);
    await desk.ask({ kind: "send", digest, lease: ONCE });
    assert.equal(questions.length, 0);
  });

  test("while a revision is on its way nothing can be sent", async () => {
    const { desk, home, last, questions } = await opened();
    const { digest } = last();
    let sent: Promise<void> | undefined;
    home.meanwhile.set(METHODS.reviseEgress.name, () => {
      sent = desk.ask({ kind: "send", digest, lease: ONCE });
    });
    await desk.ask({ kind: "take-out", digest, taken: [{ item: 1 }] });
    await sent;
    assert.equal(questions.length + home.named("approveEgress").length, 0);
  });

  test("a wish that names no file of the preview asks the Home nothing", async () => {
    const { desk, home, last } = await opened();
    await desk.ask({
      kind: "take-out",
      digest: last().digest,
      taken: [{ item: 0 }, { item: 99 }, { item: 3, folderDepth: 1 }],
    });
    assert.equal(home.named("reviseEgress").length, 0);
  });
});

describe("other answers", () => {
  test("a deny is recorded, and said as this window's", async () => {
    const { desk, home, last } = await opened();
    await desk.ask({ kind: "deny", digest: last().digest });
    assert.equal(home.named("denyEgress").length, 1);
    assert.deepEqual([last().state, last().answeredHere], ["denied", true]);
  });

  test("run here denies first and then starts the same request on this machine", async () => {
    const { desk, home, last, started } = await opened();
    await desk.ask({ kind: "run-here", digest: last().digest });
    const names = home.calls.map(({ name }) => name);
    assert.ok(names.indexOf(METHODS.denyEgress.name) < names.indexOf(METHODS.startEpisode.name));
    assert.deepEqual(home.named("startEpisode"), [{ request: REQUEST, on: "local", title: "npm test" }]);
    assert.equal(started.length, 1);
  });

  test("where this machine cannot, it is said why, and the ask does nothing", async () => {
    const { desk, home, last } = await opened();
    await desk.follow({ ...FACTS, nodes: [{ ...LOCAL, state: "unreachable" }] });
    assert.deepEqual(last().runHere, { possible: false, why: "not-ready", detail: "" });
    await desk.ask({ kind: "run-here", digest: last().digest });
    assert.equal(home.named("denyEgress").length, 0);
  });
});

describe("following", () => {
  test("before the Home's nodes were read, nothing is said of the node and nothing can run here", async () => {
    const { desk, last } = await opened();
    await desk.follow({ ...FACTS, nodes: [] });
    assert.equal(last().node.state, "unread");
    assert.deepEqual(last().runHere, { possible: false, why: "unread", detail: "" });
    await desk.follow(FACTS);
    assert.equal(last().node.state, "gone");
  });

  test("an answer given elsewhere is shown as given elsewhere", async () => {
    const { desk, home, last } = await opened();
    home.change(FIRST, { state: "approved" });
    await desk.follow(FACTS);
    assert.deepEqual([last().state, last().answeredHere], ["approved", false]);
  });

  test("a revision made elsewhere takes the screen and says that it changed", async () => {
    const { desk, home, last } = await opened();
    const { digest } = last();
    home.set(SECOND, previewOf(SECOND, ["top.md"]));
    home.change(FIRST, { state: "withdrawn", replacedBy: SECOND });
    await desk.follow(FACTS);
    assert.deepEqual(last().replaced, { digest, by: "changed" });
    assert.equal(last().preview.previewId, SECOND);
  });
});

describe("lines of an item", () => {
  const LINES = [{ from: 10, to: 20 }];

  test("go out of the revision that was shown, as the person named them, and come back with one ask", async () => {
    const bench = await opened();
    const { desk, home, last } = bench;
    const { digest } = last();
    await desk.ask({ kind: "leave-out-lines", digest, item: 1 });
    assert.deepEqual(
      [home.named("reviseEgress"), last().busy],
      [[], "nothing"],
      "a person who names none changes nothing",
    );
    bench.lines = LINES;
    await desk.ask({ kind: "leave-out-lines", digest, item: 1 });
    const cut = [{ path: "src/a.ts", lines: LINES }];
    assert.deepEqual(home.named("reviseEgress"), [{ previewId: FIRST, digest, leaveOut: [], cut }]);
    assert.deepEqual(last().replaced, { digest, by: "taken-out" });
    const revised = last().digest;
    await desk.ask({ kind: "put-back", digest: revised, item: 1 });
    const back = { previewId: SECOND, digest: revised, leaveOut: [], putBack: ["top.md"] };
    assert.deepEqual(home.named("reviseEgress")[1], back);
  });

  test("selected in a document of an older revision change nothing, and the panel says why", async () => {
    const { desk, home, last } = await opened();
    await desk.ask({ kind: "take-out", digest: last().digest, taken: [{ item: 1, folderDepth: 1 }] });
    await desk.leaveOutLines(FIRST, "src/a.ts", LINES);
    assert.equal(home.named("reviseEgress").length, 1);
    assert.match(last().problem?.message ?? "", /its lines are others now/);
    await desk.leaveOutLines(SECOND, "top.md", LINES);
    assert.deepEqual(home.named("reviseEgress")[1], {
      previewId: SECOND,
      digest: home.shown.get(SECOND)?.digest,
      leaveOut: [],
      cut: [{ path: "top.md", lines: LINES }],
    });
  });
});

describe("leases", () => {
  test("only live ones for the node are shown, with the time that is left now, and one is revoked by its id", async () => {
    const bench = await opened();
    const { desk, last, revoked } = bench;
    assert.deepEqual(last().leases, []);
    const { nodeId: subject } = last().preview.destination;
    const live = leaseOf(subject, "live");
    await desk.follow({ ...FACTS, leases: [live, leaseOf(LOCAL.nodeId, "live"), leaseOf(subject, "spent")] });
    const { lease, usesLeft, bytesLeft, remainingMs, inUse } = live;
    assert.deepEqual(last().leases, [{ lease, usesLeft, bytesLeft, remainingMs, inUse }]);
    bench.clock.nowMs += 59_000;
    await desk.ask({ kind: "deny", digest: digestOf("another") });
    assert.deepEqual(last().leases, [{ lease, usesLeft, bytesLeft, remainingMs: 1_000, inUse }]);
    bench.clock.nowMs += 2_000;
    await desk.ask({ kind: "revoke-lease", digest: last().digest, leaseId: live.lease.leaseId });
    assert.deepEqual(revoked, [live.lease.leaseId]);
    await desk.ask({ kind: "deny", digest: digestOf("another") });
    assert.equal(last().leases[0]?.remainingMs, 0);
  });

  function leaseOf(subject: NodeId, state: LeaseView["state"]): LeaseView {
    const lease: LeaseView["lease"] = {
      leaseId: leaseId.from(ENTROPY),
      subject,
      capability: "offload",
      scope: { kind: "scoped", job: "command", paths: ["src/**"], ceiling: "internal" },
      grantedAt: epochMs(1),
      expiresAt: epochMs(60_001),
      budget: { uses: 5, bytes: byteCount(1_000) },
      issuer: "owner",
      reason: "",
    };
    return {
      lease,
      node: "gpubox",
      state,
      usesLeft: 3,
      bytesLeft: byteCount(500),
      remainingMs: durationMs(60_000),
      inUse: 0,
    };
  }
});
