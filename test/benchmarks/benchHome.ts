// A Home in this process with all its real adapters: journal, blobs, outputs and door on the disk and the network as ever.
// Only its engines are doubles. It is spoken to by its API, without the hop over the client socket.
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { randomBytes } from "node:crypto";
import { setImmediate } from "node:timers/promises";
import type { Refusal } from "#protocol/errors.ts";
import type { JournalEvent } from "#protocol/events.ts";
import { ID_ENTROPY_BYTES, type EpisodeId, type PreviewId, workspaceId } from "#protocol/ids.ts";
import { emptyFrontier } from "#protocol/ledger/merkleTree.ts";
import { LEASE_USES_MAX } from "#protocol/lease.ts";
import { byteCount, durationMs, epochMs } from "#protocol/quantities.ts";
import type { EpisodeRequest, NodeView } from "#protocol/wire/clientViews.ts";
import { openBlobFiles } from "#platform/blobs/blobFiles.ts";
import { openNodeFileSystem } from "#platform/files/nodeFileSystem.ts";
import { type Identity, identityOf } from "#platform/identity/identityFile.ts";
import { openLeaves } from "#platform/identity/leafFile.ts";
import type { ClientSession, HomeApi } from "../../server/src/adapters/clientServer/homeApi.ts";
import { Followers } from "../../server/src/adapters/followers.ts";
import { openJournal } from "../../server/src/adapters/journal/journalFile.ts";
import { openOutputFiles } from "../../server/src/adapters/outputFiles.ts";
import { openSteadyClock } from "../../server/src/adapters/steadyClock.ts";
import { initialState } from "../../server/src/home/state.ts";
import { type WiredHome, wireHome } from "../../server/src/wireHome.ts";
import { Child } from "./child.ts";
import { DurableWatch } from "./durableWatch.ts";
import { instantEngines, type OwnTime } from "../simulation/instantEngine.ts";
import { TEST_REDACTION } from "../simulation/testRedaction.ts";

const SESSION: ClientSession = { client: "bench", owner: true, signal: new AbortController().signal };

export interface WaitingOffload {
  readonly episodeId: EpisodeId;
  /** Approves what was previewed. */
  approve(): Promise<void>;
}

export class BenchHome {
  readonly workspace: string;
  readonly watch: DurableWatch;
  readonly #wired: WiredHome;
  readonly #folder: string;
  readonly #close: () => Promise<void>;

  private constructor(
    folder: string,
    workspace: string,
    watch: DurableWatch,
    wired: WiredHome,
    close: () => Promise<void>,
  ) {
    this.#folder = folder;
    this.workspace = workspace;
    this.watch = watch;
    this.#wired = wired;
    this.#close = close;
  }

  /** `own`: the time of its local engines, which otherwise answer at once. */
  static async open(folder: string, own?: OwnTime): Promise<BenchHome> {
    const [workspace, invitesFolder] = [join(folder, "workspace"), join(folder, "invites")];
    for (const made of [workspace, invitesFolder]) mkdirSync(made, { recursive: true, mode: 0o700 });
    const identity: Identity = identityOf(randomBytes(32));
    const { nodeId, publicKey } = identity;
    const of = { workspaceId: workspaceId.from(randomBytes(ID_ENTROPY_BYTES)), nodeId, publicKey };
    const { journal, close } = await openBenchJournal(join(folder, "journal"), { ...of, homeId: nodeId });
    const outputs = await openOutputFiles(join(folder, "outputs"));
    const watch = new DurableWatch(journal);
    const wired = await wireHome({
      state: initialState(of),
      ledger: emptyFrontier,
      journal: watch,
      identity,
      leaves: await openLeaves(join(folder, "leaf"), identity, now(), "mint"),
      blobs: await openBlobFiles(join(folder, "blobs")),
      outputs,
      engines: instantEngines(own),
      examine: async () => [],
      redaction: TEST_REDACTION,
      homeFolder: folder,
      invitesFolder,
      workspaceFolder: workspace,
      now,
      log: { info: () => undefined, trouble: sayTrouble, close: async () => undefined },
      steady: await openSteadyClock(),
      followers: new Followers(),
      onStop: () => undefined,
      onDurable: () => undefined,
      readOnly: () => undefined,
      reopen: async () => ({}),
    });
    await wired.begin(SESSION.signal);
    return new BenchHome(folder, workspace, watch, wired, async () => {
      await wired.dispose();
      await outputs.close();
      await close();
    });
  }

  get api(): HomeApi {
    return this.#wired.api;
  }

  /** Resolves when the end of the episode is durable. */
  async runHere(request: EpisodeRequest): Promise<void> {
    const { episodeId } = granted(await this.api.startEpisode({ request, on: "local" }, SESSION));
    await this.watch.next("EpisodeFinished", episodeId);
  }

  /** Everything up to the approval: collected, previewed, waiting. */
  async preview(request: EpisodeRequest): Promise<WaitingOffload> {
    const { episodeId, previewId } = granted(await this.api.startEpisode({ request, on: WORKER_NAME }, SESSION));
    if (previewId === undefined) throw new Error("nothing was previewed");
    const { digest } = granted(await this.api.readPreview({ previewId: previewId satisfies PreviewId }, SESSION));
    return {
      episodeId,
      approve: async () => void granted(await this.api.approveEgress({ previewId, digest }, SESSION)),
    };
  }

  /**
   * From the submit, under a scoped lease in hand, to the durable event that matters. Throws where no lease covers it. The
   * other events of the episode may be asked for afterwards.
   */
  async offload(request: EpisodeRequest, until: "OutputAppended" | "EpisodeFinished"): Promise<EpisodeId> {
    const { episodeId, leaseId } = granted(await this.api.startEpisode({ request, on: WORKER_NAME }, SESSION));
    if (leaseId === undefined) throw new Error("no lease covers this offload");
    await this.watch.next(until, episodeId);
    return episodeId;
  }

  /** A scoped lease for as many questions as one may cover. */
  async lend(): Promise<void> {
    const { nodes } = granted(await this.api.listNodes({}, SESSION));
    const worker = nodes.find(({ name }) => name === WORKER_NAME);
    if (worker === undefined) throw new Error("there is no worker to lend to");
    const budget = { uses: LEASE_USES_MAX, bytes: byteCount(LEASE_USES_MAX * QUESTION_BYTES_MAX) };
    const terms = { paths: ["**"], ceiling: "internal", budget, leaseMs: durationMs(LEASE_MS) } as const;
    granted(await this.api.grantLease({ nodeId: worker.nodeId, job: "ask", terms, reason: "a benchmark" }, SESSION));
  }

  /** A worker in a process of its own, invited, compared and connected. */
  async pair(): Promise<Child> {
    const { text } = granted(await this.api.createInvite({}, SESSION));
    const connected = this.watch.next("NodeConnected");
    const requested = this.watch.next("EnrolmentRequested");
    const worker = Child.start("worker", [join(this.#folder, "worker"), text]);
    const event = await requested;
    if (event.kind !== "EnrolmentRequested") throw new Error("the watch mixed up its events");
    granted(await this.api.approveNode({ nodeId: event.nodeId }, SESSION));
    await connected;
    await this.workerIs("ready");
    return worker;
  }

  /** The worker's program again, over the state folder it has. */
  async restartWorker(): Promise<Child> {
    const connected = this.watch.next("NodeConnected");
    const worker = Child.start("worker", [join(this.#folder, "worker")]);
    await connected;
    await this.workerIs("ready");
    return worker;
  }

  /** Looks at the worker once a turn of the loop until the Home shows it so: its link is no event of the journal. */
  async workerIs(state: NodeView["state"]): Promise<void> {
    for (;;) {
      const { nodes } = granted(await this.api.listNodes({}, SESSION));
      if (nodes.some((node) => node.name === WORKER_NAME && node.state === state)) return;
      await setImmediate();
    }
  }

  close(): Promise<void> {
    return this.#close();
  }
}

const WORKER_NAME = "box";
/** More than any question of a benchmark and its answer. */
const QUESTION_BYTES_MAX = 64 * 1024;
/** Longer than any row. */
const LEASE_MS = 60 * 60_000;

export function now(): ReturnType<typeof epochMs> {
  return epochMs(Date.now());
}

/** A question that no blob holds yet, of about a kilobyte. */
export function question(number: number): EpisodeRequest {
  return { kind: "ask", prompt: `${number}: ${"what does this function of mine decide, and why? ".repeat(20)}` };
}

export interface BenchJournal {
  readonly journal: Awaited<ReturnType<typeof openJournal<JournalEvent>>>["journal"];
  readonly close: () => Promise<void>;
}

/** An empty journal on the disk. */
export async function openBenchJournal(
  folder: string,
  header: { readonly workspaceId: string; readonly homeId: string },
): Promise<BenchJournal> {
  const fileSystem = await openNodeFileSystem(folder);
  const decodeEvent = (): never => {
    throw new Error("nothing is read here");
  };
  const { journal } = await openJournal<JournalEvent>({ fileSystem, header, decodeEvent });
  const close = async (): Promise<void> => {
    await journal.close();
    await fileSystem.close();
  };
  return { journal, close };
}

function granted<Result extends object>(result: Result | Refusal): Result {
  if (isRefusal(result)) throw new Error(`${result.code}: ${result.message}`);
  return result;
}

function isRefusal(result: object): result is Refusal {
  return "kind" in result && result.kind === "refusal";
}

/** A benchmark of a Home in trouble measures nothing. */
function sayTrouble(what: string, error: unknown): void {
  process.stderr.write(`the Home is in trouble: ${what}: ${String(error)}\n`);
  process.exitCode = 1;
}
