// A Home of a few lines for tests of its clients: real socket, real border, and functions that record how they were called.
// It decides nothing: a test says what each method answers. It must never be what a program ships.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Digest, digestOf } from "#protocol/digest.ts";
import { ArwError, type Refusal, refuse } from "#protocol/errors.ts";
import {
  type AttemptId,
  attemptId,
  type EgressRecordId,
  egressRecordId,
  type EpisodeId,
  episodeId,
  type InviteId,
  inviteId,
  type JobId,
  jobId,
  type LeaseId,
  leaseId,
  type NodeId,
  nodeId,
  type PreviewId,
  previewId,
  type ProposalId,
  proposalId,
  type StagedId,
  stagedId,
  type WorkspaceId,
  workspaceId,
} from "#protocol/ids.ts";
import { byteCount, durationMs, epochMs, sequence } from "#protocol/quantities.ts";
import type { TimelineEntry } from "#protocol/timeline.ts";
import type { EpisodeView, HelloResult, NodeView, StorageView, TimelinePage } from "#protocol/wire/clientViews.ts";
import type { PolicyView } from "#protocol/wire/policyViews.ts";
import type { RequestView } from "#protocol/wire/requestView.ts";
import type { DiagnosisCheck } from "#protocol/wire/diagnosis.ts";
import { PROTOCOL_VERSION } from "#protocol/wire/version.ts";
import { openClientServer } from "../../server/src/adapters/clientServer/clientServer.ts";
import type { ClientSession, HomeApi } from "../../server/src/adapters/clientServer/homeApi.ts";

export const OWNER_SECRET = "arw-owner-of-the-fake-home";

const seed = (letter: string): Uint8Array => Buffer.alloc(32, letter);
export const IDS: {
  readonly workspace: WorkspaceId;
  readonly home: NodeId;
  readonly worker: NodeId;
  readonly episode: EpisodeId;
  readonly job: JobId;
  readonly attempt: AttemptId;
  readonly lease: LeaseId;
  readonly preview: PreviewId;
  readonly record: EgressRecordId;
  readonly proposal: ProposalId;
  readonly invite: InviteId;
  readonly staged: StagedId;
} = {
  workspace: workspaceId.from(seed("w")),
  home: nodeId.from(seed("h")),
  worker: nodeId.from(seed("n")),
  episode: episodeId.from(seed("e")),
  job: jobId.from(seed("j")),
  attempt: attemptId.from(seed("a")),
  lease: leaseId.from(seed("l")),
  preview: previewId.from(seed("p")),
  record: egressRecordId.from(seed("r")),
  proposal: proposalId.from(seed("q")),
  staged: stagedId.from(seed("s")),
  invite: inviteId.from(seed("i")),
};
export const DIGEST: Digest = digestOf("preview");

export interface Call {
  readonly name: string;
  readonly params: unknown;
  readonly session: ClientSession;
}

/** A timeline in memory. */
export class FakeTimeline {
  readonly entries: TimelineEntry[] = [];
  readonly #listeners = new Set<() => void>();
  pageEntriesMax = 1_000;
  /** How many pages were read, by followers and by calls. */
  reads = 0;

  append(entry: Partial<TimelineEntry> & Pick<TimelineEntry, "kind">): void {
    const position = this.entries.length + 1;
    this.entries.push({
      sequence: sequence(position),
      index: 0,
      at: epochMs(1_700_000_000_000 + position),
      level: "info",
      text: entry.kind,
      ...entry,
    });
    for (const listener of this.#listeners) listener();
  }

  read(fromSequence: number, episode?: EpisodeId): TimelinePage {
    this.reads++;
    const found = this.entries.filter(
      (entry) => entry.sequence >= fromSequence && (episode === undefined || entry.corrId === episode),
    );
    const entries = found.slice(0, this.pageEntriesMax);
    const more = found.length > entries.length;
    const last = more ? entries.at(-1)?.sequence : this.entries.at(-1)?.sequence;
    return { entries, nextSequence: sequence(Math.max(fromSequence, (last ?? 0) + 1)), more };
  }

  onDurable(listener: () => void): Disposable {
    this.#listeners.add(listener);
    return { [Symbol.dispose]: () => void this.#listeners.delete(listener) };
  }

  get listeners(): number {
    return this.#listeners.size;
  }
}

export interface FakeHome {
  readonly socketPath: string;
  readonly calls: Call[];
  readonly timeline: FakeTimeline;
  readonly logged: string[];
  readonly clientCounts: number[];
  /** Output bytes by attempt and stream. */
  readonly output: Map<string, Buffer>;
  close(): Promise<void>;
}

/** What a test says instead of the defaults. */
export type FakeApi = Partial<HomeApi>;

export interface FakeHomeOptions {
  readonly api?: FakeApi;
  readonly workspaceFolder?: string;
  /** Where to listen; otherwise a folder of its own. */
  readonly socketPath?: string;
}

/** Opens a fake Home. The caller closes it. */
export async function openFakeHome(options: FakeHomeOptions = {}): Promise<FakeHome> {
  const folder = await mkdtemp(join(tmpdir(), "arw-fake-"));
  const socketPath = options.socketPath ?? join(folder, "home.sock");
  const calls: Call[] = [];
  const logged: string[] = [];
  const clientCounts: number[] = [];
  const timeline = new FakeTimeline();
  const output = new Map<string, Buffer>();
  const api = { ...defaultApi(timeline, output, options.workspaceFolder ?? "/projects/parser"), ...options.api };
  const server = await openClientServer({
    socketPath,
    api: recorded(api, calls),
    checkOwnerSecret: (secret) => secret === OWNER_SECRET,
    onClients: (count) => clientCounts.push(count),
    log: (text, facts) => logged.push(`${text} ${JSON.stringify(facts)}`),
  });
  const close = async (): Promise<void> => {
    await server.close();
    await rm(folder, { recursive: true, force: true });
  };
  return { socketPath, calls, timeline, logged, clientCounts, output, close };
}

/** The same functions, each call written down first. */
function recorded(api: HomeApi, calls: Call[]): HomeApi {
  return new Proxy(api, {
    get: (target, name): unknown => {
      const member: unknown = Reflect.get(target, name);
      if (typeof member !== "function" || name === "hello" || name === "onDurable") return member;
      return (params: unknown, session: ClientSession): unknown => {
        calls.push({ name: String(name), params, session });
        return Reflect.apply(member, target, [params, session]);
      };
    },
  });
}

export function outputKey(attempt: AttemptId, stream: string): string {
  return `${attempt} ${stream}`;
}

export function helloOf(workspaceFolder: string): HelloResult {
  return {
    v: PROTOCOL_VERSION,
    workspaceId: IDS.workspace,
    workspaceFolder,
    homeId: IDS.home,
    processId: process.pid,
    lastSequence: sequence(0),
    clustering: { on: false },
  };
}

export const EPISODE: EpisodeView = {
  episodeId: IDS.episode,
  kind: "command",
  title: "npm test",
  startedAt: epochMs(1_700_000_000_000),
  finishedAt: epochMs(1_700_000_001_200),
  state: "finished",
  outcome: { kind: "exited", exitCode: 0 },
  jobId: IDS.job,
  attemptId: IDS.attempt,
  target: { nodeId: IDS.home, name: "local", local: true },
  produced: [],
};

export const WORKER_NODE: NodeView = {
  nodeId: IDS.worker,
  name: "gpu-box-1",
  local: false,
  state: "ready",
  reason: "linked",
  since: epochMs(1_700_000_000_000),
  keyWords: ["babab", "dodod"],
  running: 0,
};

function defaultApi(timeline: FakeTimeline, output: Map<string, Buffer>, workspaceFolder: string): HomeApi {
  const nothing = async (): Promise<Record<string, never>> => ({});
  const owned = <Answer>({ owner }: ClientSession, answer: Answer): Answer | Refusal =>
    owner ? answer : refuse("waits-for-owner", "This waits for the owner.", "See `arw-home staged list`.");
  const owners = async (_: object, session: ClientSession): Promise<Record<string, never> | Refusal> =>
    owned(session, {});
  const notInThisTest = async (): Promise<never> => {
    throw new ArwError("not-in-this-test", "The test did not say what this method answers.", "Say it.");
  };
  return {
    hello: () => ({ ...helloOf(workspaceFolder), lastSequence: sequence(timeline.entries.length) }),
    onDurable: (listener) => timeline.onDurable(listener),
    readTimeline: async ({ fromSequence, episodeId: episode }) => timeline.read(fromSequence, episode),
    readOutput: async ({ attemptId: attempt, stream, fromByte }) => {
      const bytes = output.get(outputKey(attempt, stream)) ?? Buffer.alloc(0);
      return { base64: bytes.subarray(fromByte, fromByte + 8).toString("base64") };
    },
    startEpisode: notInThisTest,
    readPreview: notInThisTest,
    readPreviewItem: async () => ({ base64: "" }),
    reviseEgress: async () => ({ previewId: IDS.preview, digest: DIGEST }),
    itemChanges: async ({ paths }) => ({
      commit: "c".repeat(40),
      items: paths.map((path) => ({
        kind: "changed",
        path,
        changes: [
          { from: 2, to: 3 },
          { from: 9, to: 9 },
        ],
        more: 0,
      })),
    }),
    showProposal: notInThisTest,
    readProposedFile: notInThisTest,
    showEpisode: async () => EPISODE,
    diagnose: async () => ({ checks: CHECKS }),
    showRequest: async () => REQUEST,
    listEpisodes: async () => ({ episodes: [EPISODE] }),
    listEgress: async () => ({ rows: [] }),
    listNodes: async () => ({ nodes: [WORKER_NODE] }),
    createInvite: async ({ lifetimeMs }) => ({
      inviteId: IDS.invite,
      text: "arw1.invite-text",
      addresses: ["192.0.2.7:7411"],
      expiresAt: epochMs(Date.now() + (lifetimeMs ?? durationMs(900_000))),
    }),
    approveEgress: async () => ({ leaseId: IDS.lease, recordId: IDS.record }),
    applyProposal: async () => ({ files: 1 }),
    cancelEpisode: nothing,
    denyEgress: nothing,
    showPolicy: async () => POLICY,
    checkPolicy: async () => ({ name: "mine", findings: [], changed: [], looked: 0, decided: [] }),
    explainPolicy: async () => ({
      effect: "ask",
      rules: ["offload-asks"],
      obligations: {},
      explanation: "The owner reads it.",
    }),
    adoptPolicy: async (_, session) => owned(session, { epoch: 1, name: "mine", withdrawn: [IDS.preview] }),
    usePosture: async ({ posture }, session) => owned(session, { epoch: 1, name: posture, withdrawn: [] }),
    policyHistory: async () => ({ entries: [{ at: epochMs(1_700_000_000_000), epoch: 1, text: "cli adopted mine" }] }),
    listNeverLeaves: async () => ({ marks: [{ glob: "secrets/", markedAt: epochMs(1_700_000_000_000), by: "cli" }] }),
    markNeverLeaves: async () => ({ withdrawn: [IDS.preview] }),
    unmarkNeverLeaves: owners,
    listClasses: async () => ({
      marks: [{ path: "docs", classification: "public", markedAt: epochMs(1_700_000_000_000), by: "cli" }],
      derived: [],
    }),
    explainClasses: async ({ paths }) => ({
      files: paths.map((path) => ({
        path,
        classification: "internal",
        reasons: [{ source: "unknown", classification: "internal", text: "nothing says that it is anything else" }],
      })),
    }),
    restrictClass: async () => ({ withdrawn: [IDS.preview] }),
    declareClass: async () => ({ withdrawn: [] }),
    clearClass: nothing,
    inspectPaths: async ({ paths }) => ({
      files: paths.map((path) => ({ path, classification: "internal", why: "no rule", findings: [], leaves: true })),
    }),
    pauseOffloads: nothing,
    resumeOffloads: owners,
    turnClusteringOn: async (_, session) => owned(session, { host: "127.0.0.1", port: 7_411 }),
    stopHome: nothing,
    showLedger: notInThisTest,
    listRecords: async () => ({ records: [], total: 0, unread: 0 }),
    showRecord: notInThisTest,
    showReceipt: notInThisTest,
    readLeaves: async () => ({ leaves: [] }),
    grantLease: async () => ({ leaseId: IDS.lease }),
    listLeases: async () => ({ epoch: 1, leases: [] }),
    revokeLease: nothing,
    approveNode: nothing,
    refuseNode: nothing,
    revokeNode: nothing,
    turnClusteringOff: nothing,
    reopenJournal: nothing,
    listResults: async () => ({ episodes: [] }),
    showResult: async () => ({ episode: EPISODE }),
    reviewResult: nothing,
    listStaged: async () => ({ items: [] }),
    showStaged: async () => ({ items: [] }),
    approveStaged: async () => ({ results: [] }),
    rejectStaged: nothing,
    withdrawStaged: nothing,
    endorseStaged: nothing,
    reviseStaged: async () => ({ stagedId: IDS.staged, digest: DIGEST }),
    collectStorage: async ({ dryRun }) => ({ ...STORAGE, dryRun }),
  };
}

export const POLICY: PolicyView = {
  epoch: 0,
  name: "ask-always",
  text: "{}",
  file: "/state/policy.jsonc",
  edited: false,
  findings: [],
};

const REQUEST: RequestView = {
  request: { kind: "command", argv: ["npm", "test"], folder: ".", outputs: [], dependencies: { kind: "nothing" } },
  title: "npm test",
  target: EPISODE.target,
  limits: { wallMs: durationMs(60_000), memoryBytes: byteCount(1_000_000), outputBytes: byteCount(1_000) },
  truncated: false,
};

const CHECKS: readonly DiagnosisCheck[] = [
  { id: "journal", title: "Journal", state: "ok", cause: "it takes writes" },
  { id: "nodes", title: "Workers", state: "attention", cause: "gpu-box-1 is silent", fix: "arw-worker run" },
];

const STORAGE: Omit<StorageView, "dryRun"> = {
  blobs: { kept: 3, dropped: 2, droppedBytes: byteCount(2_048) },
  outputs: { kept: 1, dropped: 1, droppedBytes: byteCount(512) },
};
