// A review desk for tests, over a Home of two previews that says what it was asked, and answers only what it decoded.
import assert from "node:assert/strict";
import { canonicalJson } from "#protocol/canonicalJson.ts";
import { decode } from "#protocol/decode.ts";
import { type Digest, digestOf, digestOfJson } from "#protocol/digest.ts";
import type { EgressPreview } from "#protocol/egress.ts";
import { ArwError } from "#protocol/errors.ts";
import { egressRecordId, episodeId, jobId, leaseId, nodeId, type PreviewId, previewId } from "#protocol/ids.ts";
import type { JobSpec } from "#protocol/job.ts";
import type { LineRange } from "#protocol/lineCut.ts";
import { byteCount, durationMs, epochMs, sequence } from "#protocol/quantities.ts";
import { type LeaseAsk, reviewToPageSchema, type ReviewView } from "#protocol/webview/review.ts";
import { METHODS, type Method, type MethodName, type ResultOf } from "#protocol/wire/client.ts";
import type { EpisodeRequest, NodeView } from "#protocol/wire/clientViews.ts";
import type { HomeFacts } from "../home/homeMirror.ts";
import { ReviewDesk, type SendQuestion } from "./reviewDesk.ts";

export const FIRST: PreviewId = previewId.from(Buffer.alloc(32, 1));
export const SECOND: PreviewId = previewId.from(Buffer.alloc(32, 2));
export const ENTROPY: Buffer = Buffer.alloc(32, 9);
export const ONCE: LeaseAsk = { kind: "once", leaseMs: durationMs(600_000) };
const LIMITS = { wallMs: durationMs(60_000), memoryBytes: byteCount(1_000_000), outputBytes: byteCount(1_000_000) };
const COMMAND = {
  kind: "command",
  argv: ["npm", "test"],
  folder: ".",
  outputs: [],
  dependencies: { kind: "nothing" },
} as const;
const JOB: JobSpec = { ...COMMAND, tree: digestOf("tree"), limits: LIMITS };
export const REQUEST: EpisodeRequest = { ...COMMAND, wallMs: LIMITS.wallMs, memoryBytes: LIMITS.memoryBytes };

export function previewOf(id: PreviewId, paths: readonly string[]): EgressPreview {
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

export const LOCAL: NodeView = {
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
export class FakeHome {
  readonly calls: { readonly name: string; readonly params: unknown }[] = [];
  readonly shown: Map<PreviewId, ResultOf<"readPreview">> = new Map();
  /** Runs before a method answers: what happens meanwhile. */
  readonly meanwhile: Map<string, () => void> = new Map();

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

export interface Bench {
  readonly home: FakeHome;
  readonly desk: ReviewDesk;
  readonly questions: SendQuestion[];
  readonly views: ReviewView[];
  readonly started: unknown[];
  readonly revoked: unknown[];
  readonly ledgers: unknown[];
  answer: (question: SendQuestion) => boolean;
  lines: readonly LineRange[] | undefined;
  readonly clock: { nowMs: number };
  readonly last: () => ReviewView;
}

export const FACTS: HomeFacts = {
  nodes: [LOCAL],
  episodes: [],
  leases: [],
  clustering: true,
  waiting: [],
};

export async function opened(): Promise<Bench> {
  const home = new FakeHome();
  const questions: SendQuestion[] = [];
  const views: ReviewView[] = [];
  const started: unknown[] = [];
  const revoked: unknown[] = [];
  const ledgers: unknown[] = [];
  const clock = { nowMs: 1_000 };
  const bench: Bench = {
    home,
    questions,
    views,
    started,
    revoked,
    ledgers,
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
        openLedger: async (id) => void ledgers.push(id),
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
