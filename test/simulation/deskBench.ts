// A Home with its attempt desk and nobody around it: the real core on a journal in memory, blobs and outputs in memory, and
// nodes whose links a test holds in its hand. It decides nothing; effects are performed as `wireHome` performs them.
import type { Command } from "#protocol/commands.ts";
import { canonicalJson } from "#protocol/canonicalJson.ts";
import { type Digest, digestOf } from "#protocol/digest.ts";
import { ArwError } from "#protocol/errors.ts";
import type { JournalEvent } from "#protocol/events.ts";
import type { NodeId } from "#protocol/ids.ts";
import type { StoredBlob } from "#platform/blobs/blobStore.ts";
import type { CommandJob, TreeEntry, TreeManifest } from "#protocol/job.ts";
import type { JobResult } from "#protocol/result.ts";
import { byteCount, type EpochMs, epochMs, fencingToken, sequence } from "#protocol/quantities.ts";
import { workspacePathSchema } from "#protocol/workspacePath.ts";
import type { BlobChunk, Finished, HomeMessage, Need, Offer, Output } from "#protocol/wire/worker.ts";
import { egressOrigin } from "#protocol/ledger/checkpointNote.ts";
import { emptyFrontier } from "#protocol/ledger/merkleTree.ts";
import { AttemptDesk } from "../../server/src/adapters/attempts/attemptDesk.ts";
import type { LinkFault } from "../../server/src/adapters/attempts/linkFault.ts";
import type { BegunOutput, OutputFiles, OutputStream } from "../../server/src/adapters/outputFiles.ts";
import { EgressTree } from "../../server/src/adapters/ledger/egressTree.ts";
import { ReportLine } from "../../server/src/adapters/reportLine.ts";
import type { Effect } from "../../server/src/home/effects.ts";
import { Home } from "../../server/src/home/home.ts";
import type { ControlMessage, NodeChannel, PayloadMessage } from "../../server/src/home/nodeChannel.ts";
import type { HomeState } from "../../server/src/home/state.ts";
import { approve, commandJob, connect, exited, homeWith, idsOf, NOW, preview, receiptOf } from "./homeCommands.ts";
import { GPU, LOCAL, only, steadyAt } from "./homeScenario.ts";
import { MemoryBlobs } from "./memoryBlobs.ts";
import { MemoryJournal, settled } from "./memoryJournal.ts";

/** Of attempt `number`, as a worker names it. */
export function ofAttempt(number: number): Pick<Offer, "attemptId" | "fencingToken"> {
  return { attemptId: idsOf(number).attemptId, fencingToken: fencingToken(1) };
}

/** Asks for whole blobs. */
export function need(number: number, ...digests: readonly Digest[]): Need {
  return { kind: "need", ...ofAttempt(number), blobs: digests.map((digest) => ({ digest, fromByte: byteCount(0) })) };
}

/** The `index`-th ten bytes of stdout. */
export function outputs(number: number, index: number, change: Partial<Output> = {}): Output {
  const fromByte = byteCount((index - 1) * 10);
  return { kind: "output", ...ofAttempt(number), number: index, stream: "stdout", fromByte, ...change };
}

/** A result with the receipt that stands for it. */
export function ends(
  number: number,
  job: CommandJob,
  lastNumber = 0,
  result: JobResult = exited(lastNumber),
): Finished {
  return { kind: "finished", ...ofAttempt(number), lastNumber, result, receipt: receiptOf(number, GPU, result, job) };
}

const NO_BYTES = new Uint8Array();

/** One end of a link: what the Home said to the node. */
export class HeldLink implements NodeChannel {
  readonly nodeId: NodeId;
  readonly local = false;
  readonly said: HomeMessage[] = [];
  /** Why the Home ended this link. */
  hungUp: string | undefined;
  readonly chunks: { readonly message: BlobChunk; readonly bytes: Uint8Array }[] = [];
  /** Called before a message is taken: a test closes the link or changes the world between two messages. */
  onDeliver: (message: HomeMessage) => void | Promise<void> = () => undefined;
  open = true;

  constructor(nodeId: NodeId = GPU.nodeId) {
    this.nodeId = nodeId;
  }

  async deliver(message: ControlMessage): Promise<boolean> {
    return this.#take(message, NO_BYTES);
  }

  async carry(message: PayloadMessage, bytes: Uint8Array = NO_BYTES): Promise<boolean> {
    return this.#take(message, bytes);
  }

  async #take(message: HomeMessage, bytes: Uint8Array): Promise<boolean> {
    await this.onDeliver(message);
    if (!this.open) return false;
    this.said.push(message);
    if (message.kind === "blob") this.chunks.push({ message, bytes });
    return true;
  }

  hangUp(code: string): void {
    this.hungUp = code;
    this.open = false;
  }

  kinds(): readonly string[] {
    return this.said.map(({ kind }) => kind);
  }

  /** The answers to what counts no more, or counts for good. */
  verdicts(): readonly boolean[] {
    return this.said.flatMap((message) => (message.kind === "settled" ? [message.accepted] : []));
  }
}

export class MemoryOutputs implements OutputFiles {
  readonly files: Map<string, Buffer> = new Map();
  /** What the disk answers the next writes with. */
  refuses: ArwError | undefined;
  onAppend: () => void = () => undefined;

  prepare(): void {}

  async append(attemptId: string, stream: OutputStream, fromByte: number, bytes: Uint8Array): Promise<void> {
    this.onAppend();
    if (this.refuses !== undefined) throw this.refuses;
    const before = this.files.get(`${attemptId}.${stream}`) ?? Buffer.alloc(0);
    if (fromByte > before.length) throw new ArwError("output-gap", "It does not follow.", "Send it again.");
    const after = Buffer.alloc(Math.max(before.length, fromByte + bytes.length));
    before.copy(after);
    after.set(bytes, fromByte);
    this.files.set(`${attemptId}.${stream}`, after);
  }

  async begin(...range: Parameters<OutputFiles["begin"]>): Promise<BegunOutput> {
    await this.append(...range);
    return { durable: Promise.resolve() };
  }

  async renew(attemptId: string, stream: OutputStream, fromByte: number, is: StoredBlob): Promise<boolean> {
    return digestOf(await this.read(attemptId, stream, fromByte, is.bytes)) === is.digest;
  }

  async read(attemptId: string, stream: OutputStream, fromByte: number, bytesMax: number): Promise<Uint8Array> {
    const file = this.files.get(`${attemptId}.${stream}`) ?? Buffer.alloc(0);
    return file.subarray(fromByte, fromByte + bytesMax);
  }

  async attempts(): Promise<ReadonlyMap<string, number>> {
    const bytes = new Map<string, number>();
    for (const [name, file] of this.files) {
      const [attempt = ""] = name.split(".");
      bytes.set(attempt, (bytes.get(attempt) ?? 0) + file.length);
    }
    return bytes;
  }

  async remove(attemptId: string): Promise<void> {
    for (const stream of ["stdout", "stderr", "text"]) this.files.delete(`${attemptId}.${stream}`);
  }

  async close(): Promise<void> {}
}

export class DeskBench {
  readonly journal: MemoryJournal = new MemoryJournal();
  readonly blobs: MemoryBlobs = new MemoryBlobs();
  readonly outputs: MemoryOutputs = new MemoryOutputs();
  readonly troubles: string[] = [];
  readonly tree: EgressTree;
  readonly home: Home;
  readonly desk: AttemptDesk;
  readonly reports: ReportLine;
  readonly ending: AbortController = new AbortController();
  link: HeldLink | undefined = new HeldLink();
  now: EpochMs = NOW;

  constructor(state: HomeState = homeWith(GPU).state) {
    this.tree = new EgressTree({
      frontier: emptyFrontier,
      origin: egressOrigin(state.identity.workspaceId),
      privateKey: LOCAL.key,
    });
    this.home = new Home(state, {
      journal: this.journal,
      perform: (effect) => this.#perform(effect),
      onDurable: (frame) => {
        this.tree.take(frame.events);
        this.reports.wake();
      },
      onReadOnly: () => this.reports.wake(),
    });
    this.reports = new ReportLine(this.home, this.ending.signal);
    this.desk = new AttemptDesk({
      home: () => this.reports,
      blobs: this.blobs,
      outputs: this.outputs,
      now: () => this.now,
      steady: () => steadyAt(this.now - NOW),
      mintProposalId: () => idsOf(1).proposalId,
      channelOf: (nodeId) => (nodeId === GPU.nodeId ? this.link : undefined),
      onTrouble: (what, error) => this.troubles.push(`${what}: ${String(error)}`),
    });
  }

  /** The link that is up; fails a test that has none. */
  get up(): HeldLink {
    if (this.link === undefined) throw new Error("no link is up");
    return this.link;
  }

  after(ms: number): void {
    this.now = epochMs(this.now + ms);
  }

  async give(...commands: readonly Command[]): Promise<void> {
    for (const command of commands) {
      const executed = await this.home.execute(command);
      if (executed.kind === "refusal") throw new Error(`${command.kind} was refused: ${executed.message}`);
    }
    await quiet();
  }

  /** Offers a command over these files to the worker: previewed, approved, sent. The lease names so many bytes more than needed. */
  async offer(number: number, files: readonly Uint8Array[], spareBytes = 1_000_000): Promise<CommandJob> {
    const job = { ...commandJob(number), tree: await this.#tree(files) };
    const blobBytes = files.reduce((sum, { length }) => sum + length, (await this.blobs.size(job.tree)) ?? 0);
    const payloadBytes = byteCount(Buffer.byteLength(canonicalJson(job)) + blobBytes + spareBytes);
    await this.give(preview(number, GPU, { job, payloadBytes }), approve(number));
    return job;
  }

  /** Says something as the worker, over the link that is up. */
  async say(message: Parameters<AttemptDesk["receive"]>[1], bytes: Uint8Array = new Uint8Array()): Promise<LinkFault> {
    const fault = await this.desk.receive(this.up, message, bytes);
    await quiet();
    return fault;
  }

  /** As a worker that dials again and still holds the attempt. */
  async reconnect(...numbers: readonly number[]): Promise<HeldLink> {
    if (this.link !== undefined) this.link.open = false;
    this.link = new HeldLink();
    await this.give(connect(GPU, { held: numbers.map((number) => idsOf(number).attemptId) }));
    return this.link;
  }

  async events(): Promise<readonly JournalEvent[]> {
    const all: JournalEvent[] = [];
    for await (const frame of this.journal.read(sequence(1), 10_000)) all.push(...frame.events);
    return all;
  }

  async #tree(files: readonly Uint8Array[]): Promise<Digest> {
    const entries: TreeEntry[] = [];
    for (const [index, content] of files.entries()) {
      const { digest, bytes } = await this.blobs.put(content);
      const path = workspacePathSchema.parse(`file-${String(index).padStart(5, "0")}`);
      entries.push({ kind: "file", path, digest, bytes, executable: false });
    }
    const tree: TreeManifest = { kind: "tree", entries };
    return (await this.blobs.put(Buffer.from(canonicalJson(tree)))).digest;
  }

  #perform(effect: Effect): void {
    const performed =
      effect.kind === "SendOffer"
        ? this.desk.sendOffer(effect)
        : effect.kind === "CancelAttempt" || effect.kind === "SettleAttempt"
          ? this.desk.end(effect)
          : undefined;
    performed?.catch((error: unknown) => this.troubles.push(`performing ${effect.kind}: ${String(error)}`));
  }
}

/** Lets everything that memory alone holds up come to its end. */
export async function quiet(): Promise<void> {
  for (let turn = 0; turn < 4; turn++) await settled();
}

/** The code that the one failed job failed with. */
export async function failure(bench: DeskBench): Promise<string> {
  return only(await bench.events(), "JobFailed").code;
}
