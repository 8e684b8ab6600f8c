// Does what the pure core decides about attempts: runs them on engines, keeps their output until it is durable at the Home,
// receives and serves blobs. The remote worker and the node `local` are this same runner; it knows no socket and no file.
import { ArwError, messageOf } from "#protocol/errors.ts";
import type { AttemptId } from "#protocol/ids.ts";
import type { JobSpec } from "#protocol/job.ts";
import type { EngineAdvert } from "#protocol/node.ts";
import { byteCount } from "#protocol/quantities.ts";
import type { JobOutcome } from "#protocol/result.ts";
import {
  BLOB_CHUNK_BYTES_MAX,
  type Hello,
  type HomeMessage,
  type Offer,
  type Welcome,
  type WorkerMessage,
} from "#protocol/wire/worker.ts";
import type { AttemptsEffect, AttemptsInput } from "../../core/attemptInputs.ts";
import { step } from "../../core/attempts.ts";
import { type AttemptsState, noAttempts } from "../../core/attemptsState.ts";
import type { Engine, EngineEnding, EngineUsage } from "../../core/engine.ts";
import type { Owner } from "../../core/owner.ts";
import { AttemptRecord } from "./attemptRecord.ts";
import { conclude, type Conclusion, type ConclusionPorts, NOTHING_USED } from "./conclusion.ts";
import { missingInputs } from "./missingInputs.ts";
import { OutputCoalescer } from "./outputCoalescer.ts";

/** An attempt whose inputs come with more gaps than this is given up. */
export const INTERRUPTIONS_MAX = 8;

export interface AttemptRunnerOptions extends ConclusionPorts {
  readonly engines: readonly Engine[];
  readonly slots: number;
  /** Sends in the order of the calls; resolves when there is room for more. */
  readonly send: (message: WorkerMessage, bytes?: Uint8Array) => Promise<unknown>;
  /** Every attempt is gone: the shell may close. `leaving` with reason `drain` is already said, `stop` is not. */
  readonly leave: (reason: "drain" | "stop") => void;
  readonly log: (fact: string, detail: Readonly<Record<string, unknown>>) => void;
  /** Who lends this machine, where that is somebody else than the Home's owner. */
  readonly owner?: Owner;
}

export interface AttemptRunner {
  /** What the engines can do now; offers are judged by it. */
  advertise(adverts: readonly EngineAdvert[]): void;
  /** Resolves when the next message may come. */
  receive(message: HomeMessage, bytes: Uint8Array): Promise<void>;
  linkUp(resume: Welcome["resume"]): void;
  linkDown(): void;
  /** The Home has given this worker up: whatever still runs is ended. */
  leaseLapsed(): void;
  drain(): void;
  /** Resolves once every process group is gone. */
  stop(): Promise<void>;
  /** What `hello` says of the attempts still held. */
  held(): Hello["attempts"];
  /** Attempts that use the machine. */
  running(): number;
}

export function createAttemptRunner(options: AttemptRunnerOptions): AttemptRunner {
  return new Runner(options);
}

class Runner implements AttemptRunner {
  readonly #options: AttemptRunnerOptions;
  readonly #records: Map<AttemptId, AttemptRecord> = new Map();
  readonly #tasks: Set<Promise<void>> = new Set();
  readonly #releases: Set<Promise<void>> = new Set();
  #state: AttemptsState;
  /** Grows with every link: what was queued for a link that is gone is not sent on the next. */
  #linkNumber = 0;
  #outbox: Promise<unknown> = Promise.resolve();

  constructor(options: AttemptRunnerOptions) {
    this.#options = options;
    this.#state = noAttempts(options.slots);
  }

  advertise(adverts: readonly EngineAdvert[]): void {
    this.#input({ kind: "engines-probed", adverts });
  }

  async receive(message: HomeMessage, bytes: Uint8Array): Promise<void> {
    if (!("attemptId" in message)) return;
    const effects =
      message.kind === "offer" ? this.#decideOffer(message) : this.#decide({ kind: "home-message", message });
    if (!this.#state.attempts.has(message.attemptId)) this.#forgetUnheld(message.attemptId, effects);
    for (const effect of effects) {
      // Only a chunk makes the next message wait: the blob store, not memory, is where inputs gather.
      if (effect.kind === "StoreChunk") await this.#storeChunk(effect, bytes);
      else this.#perform(effect);
    }
  }

  linkUp(resume: Welcome["resume"]): void {
    this.#linkNumber += 1;
    this.#outbox = Promise.resolve();
    this.#input({ kind: "link-up", resume });
  }

  linkDown(): void {
    this.#linkNumber += 1;
    this.#input({ kind: "link-down" });
  }

  leaseLapsed(): void {
    this.#input({ kind: "lease-lapsed" });
  }

  drain(): void {
    this.#input({ kind: "drain" });
  }

  async stop(): Promise<void> {
    this.#input({ kind: "stop" });
    await Promise.all([...this.#releases, ...this.#tasks]);
  }

  held(): Hello["attempts"] {
    return [...this.#state.attempts.values()].map(({ attemptId, fencingToken, output }) => ({
      attemptId,
      fencingToken,
      lastNumber: output.lastNumber,
    }));
  }

  running(): number {
    return [...this.#state.attempts.values()].filter(({ phase }) => phase.kind !== "finishing").length;
  }

  #decide(input: AttemptsInput): readonly AttemptsEffect[] {
    const { state, effects } = step(this.#state, input);
    this.#state = state;
    return effects;
  }

  #decideOffer(message: Offer): readonly AttemptsEffect[] {
    const { attemptId, job } = message;
    if (this.#state.attempts.has(attemptId)) return this.#decide({ kind: "home-message", message });
    const { owner } = this.#options;
    const objection = owner?.judge(job);
    this.#records.set(attemptId, new AttemptRecord(job));
    const effects = this.#decide({ kind: "home-message", message, ...(objection === undefined ? {} : { objection }) });
    for (const effect of effects) {
      if (effect.kind === "SendMessage" && effect.message.kind === "refused") owner?.refused(attemptId, effect.message);
    }
    if (owner !== undefined && this.#state.attempts.has(attemptId)) {
      // What is not counted is not taken: the Home hears nothing of it before.
      const counted = owner.taken(attemptId, job);
      this.#own(attemptId, counted);
      this.#enqueue(() => counted);
    }
    return effects;
  }

  #input(input: AttemptsInput, bytes: Uint8Array = NO_BYTES): void {
    for (const effect of this.#decide(input)) this.#perform(effect, bytes);
  }

  #forgetUnheld(attemptId: AttemptId, effects: readonly AttemptsEffect[]): void {
    if (!effects.some((effect) => effect.kind === "ReleaseAttempt")) this.#records.delete(attemptId);
  }

  /** `bytes` are those of the output at hand. */
  #perform(effect: AttemptsEffect, bytes: Uint8Array = NO_BYTES): void {
    switch (effect.kind) {
      case "SendMessage":
        this.#enqueue(() => this.#options.send(effect.message));
        return;
      case "CheckInputs":
        return this.#own(effect.attemptId, this.#checkInputs(effect));
      case "StoreChunk":
        return this.#own(effect.attemptId, this.#storeChunk(effect, bytes));
      case "StartEngine":
        return this.#own(effect.attemptId, this.#run(effect.attemptId, effect.job));
      case "CancelEngine":
        return this.#own(effect.attemptId, this.#cancel(effect.attemptId, effect.outcome));
      case "ConcludeUnstarted":
        return this.#own(effect.attemptId, this.#conclude(effect.attemptId, { outcome: effect.outcome }, NOTHING_USED));
      case "RetainRange":
        this.#records.get(effect.attemptId)?.retain(effect.range, bytes);
        return;
      case "SendRange":
        return this.#sendRange(effect);
      case "DropRanges":
        this.#records.get(effect.attemptId)?.dropThrough(effect.throughNumber);
        return;
      case "SendBlob":
        return this.#own(effect.attemptId, this.#sendBlob(effect));
      case "ReleaseAttempt":
        return this.#ownRelease(this.#release(effect.attemptId));
      case "Leave":
        return this.#ownRelease(this.#leave(effect.reason));
    }
  }

  async #checkInputs({ attemptId, job, stage }: Extract<AttemptsEffect, { kind: "CheckInputs" }>): Promise<void> {
    try {
      const missing = await missingInputs(this.#options.blobs, job, stage);
      this.#input({ kind: "inputs-checked", attemptId, stage, missing });
    } catch (error) {
      this.#input({ kind: "inputs-unusable", attemptId, outcome: failedBy(error) });
    }
  }

  async #storeChunk(effect: Extract<AttemptsEffect, { kind: "StoreChunk" }>, chunk: Uint8Array): Promise<void> {
    const { attemptId, digest, fromByte, blobBytes } = effect;
    const record = this.#records.get(attemptId);
    record?.received(chunk);
    const { blobs } = this.#options;
    try {
      // Also where another attempt has completed the blob meanwhile.
      const outcome = await blobs.receive(digest, blobBytes, fromByte, chunk);
      if (outcome === "complete") this.#input({ kind: "input-complete", attemptId, digest });
    } catch (error) {
      if (!(error instanceof ArwError && error.code === "blob-gap") || record === undefined) {
        return this.#input({ kind: "inputs-unusable", attemptId, outcome: failedBy(error) });
      }
      // Two attempts that fetch one blob send its chunks twice: those that are here already are no gap.
      if ((await blobs.partialBytes(digest)) >= fromByte + chunk.length) return;
      record.interruptions += 1;
      if (record.interruptions > INTERRUPTIONS_MAX) {
        return this.#input({ kind: "inputs-unusable", attemptId, outcome: failedBy(error) });
      }
      this.#input({ kind: "input-interrupted", attemptId });
    }
  }

  async #run(attemptId: AttemptId, job: JobSpec): Promise<void> {
    const record = this.#records.get(attemptId);
    const engine = this.#options.engines.find(({ kind }) => kind === job.kind);
    if (record === undefined || engine === undefined) return;
    const running = this.#runOn(engine, attemptId, record);
    record.run = running.catch(() => undefined);
    try {
      await running;
    } catch (error) {
      if (record.released.signal.aborted) return;
      this.#options.log("engine failed", { attemptId, error: String(error) });
      await this.#conclude(attemptId, { outcome: failedBy(error) }, NOTHING_USED);
    }
  }

  async #runOn(engine: Engine, attemptId: AttemptId, record: AttemptRecord): Promise<void> {
    await engine.submit({ attemptId, jobKey: record.jobKey, job: record.job });
    // Cancelled or released while it was being submitted: the engine may not have known it yet.
    if (record.cancelledAs !== undefined || record.released.signal.aborted) await engine.cancel(attemptId);
    this.#input({ kind: "engine-started", attemptId });
    const coalescer = new OutputCoalescer((stream, bytes) =>
      this.#input({ kind: "engine-output", attemptId, stream, bytes: byteCount(bytes.length) }, bytes),
    );
    try {
      for await (const item of engine.stream(attemptId, 0, record.released.signal)) {
        if (item.kind === "chunk") coalescer.push(item.stream, item.bytes);
        else {
          coalescer.flush();
          await this.#conclude(attemptId, item.ending, engine.usage(attemptId));
        }
      }
    } finally {
      coalescer.flush();
    }
  }

  async #cancel(attemptId: AttemptId, outcome: JobOutcome): Promise<void> {
    const record = this.#records.get(attemptId);
    if (record === undefined) return;
    record.cancelledAs ??= outcome;
    await this.#engineOf(record)?.cancel(attemptId);
  }

  async #conclude(attemptId: AttemptId, ending: EngineEnding, used: EngineUsage): Promise<void> {
    const attempt = this.#state.attempts.get(attemptId);
    const record = this.#records.get(attemptId);
    if (attempt === undefined || record === undefined) return;
    try {
      this.#concluded(attemptId, await conclude(this.#options, attempt, record, ending, used));
    } catch (error) {
      // The proposal could not be read: the run counts as failed, without it.
      const failed: EngineEnding = { outcome: failedBy(error) };
      this.#concluded(attemptId, await conclude(this.#options, attempt, record, failed, used));
    }
  }

  #concluded(attemptId: AttemptId, conclusion: Conclusion): void {
    const { busy, bytesIn, bytesOut } = conclusion.receipt.receipt.usage;
    const { outcome } = conclusion.result;
    const used = { outcome, busyMs: busy.durationMs, bytesIn: bytesIn.bytes, bytesOut: bytesOut.bytes };
    const counted = this.#options.owner?.ended(attemptId, used);
    if (counted !== undefined) {
      this.#ownRelease(counted);
      this.#enqueue(() => counted);
    }
    this.#input({ kind: "concluded", attemptId, ...conclusion });
  }

  #sendRange({ attemptId, range }: Extract<AttemptsEffect, { kind: "SendRange" }>): void {
    const fencingToken = this.#state.attempts.get(attemptId)?.fencingToken;
    const bytes = this.#records.get(attemptId)?.range(range.number);
    if (fencingToken === undefined || bytes === undefined) return;
    const { number, stream, fromByte } = range;
    this.#enqueue(() =>
      this.#options.send({ kind: "output", attemptId, fencingToken, number, stream, fromByte }, bytes),
    );
  }

  async #sendBlob({ attemptId, digest, fromByte }: Extract<AttemptsEffect, { kind: "SendBlob" }>): Promise<void> {
    const fencingToken = this.#state.attempts.get(attemptId)?.fencingToken;
    const blobBytes = await this.#options.blobs.size(digest);
    if (fencingToken === undefined || blobBytes === undefined) return;
    const link = this.#linkNumber;
    let from: number = fromByte;
    do {
      const chunk = await this.#options.blobs.read(digest, byteCount(from), BLOB_CHUNK_BYTES_MAX);
      if (link !== this.#linkNumber) return;
      const message = { kind: "blob", attemptId, fencingToken, digest, fromByte: byteCount(from), blobBytes } as const;
      this.#enqueue(() => this.#options.send(message, chunk));
      // One chunk in memory at a time, however large the blob.
      await this.#outbox;
      if (chunk.length === 0) return;
      from += chunk.length;
    } while (from < blobBytes);
  }

  async #release(attemptId: AttemptId): Promise<void> {
    const record = this.#records.get(attemptId);
    if (record === undefined) return;
    this.#records.delete(attemptId);
    record.released.abort(RELEASED);
    const engine = this.#engineOf(record);
    try {
      await engine?.cancel(attemptId);
      await record.run;
      await engine?.release(attemptId);
    } finally {
      this.#options.owner?.released(attemptId);
    }
  }

  async #leave(reason: "drain" | "stop"): Promise<void> {
    await Promise.all(this.#releases);
    await this.#outbox;
    this.#options.leave(reason);
  }

  #engineOf(record: AttemptRecord): Engine | undefined {
    return this.#options.engines.find(({ kind }) => kind === record.job.kind);
  }

  /** One at a time and in order: a link that is slow makes the queue wait, not the engine. */
  #enqueue(send: () => Promise<unknown>): void {
    const link = this.#linkNumber;
    this.#outbox = this.#outbox
      .then(() => (link === this.#linkNumber ? send() : undefined))
      .catch((error: unknown) => {
        this.#options.log("send failed", { error: String(error) });
      });
  }

  /** A task of an attempt that fails in a way nobody foresaw ends that attempt, not the worker. */
  #own(attemptId: AttemptId, work: Promise<void>): void {
    const task = work
      .catch((error: unknown) => {
        this.#options.log("attempt failed", { attemptId, error: String(error) });
        this.#input({ kind: "inputs-unusable", attemptId, outcome: failedBy(error) });
      })
      .finally(() => this.#tasks.delete(task));
    this.#tasks.add(task);
  }

  #ownRelease(work: Promise<void>): void {
    const task = work
      .catch((error: unknown) => this.#options.log("release failed", { error: String(error) }))
      .finally(() => this.#releases.delete(task));
    this.#releases.add(task);
  }
}

const NO_BYTES = new Uint8Array(0);

/** One for all: nobody looks at where it was made. */
const RELEASED = new ArwError("attempt-released", "The attempt was released.", "Nothing to do.");

function failedBy(error: unknown): JobOutcome {
  if (error instanceof ArwError) {
    return { kind: "failed", code: error.code, message: error.message, advice: error.advice };
  }
  return {
    kind: "failed",
    code: "worker-fault",
    message: `The worker met a fault of its own: ${messageOf(error)}`.slice(0, 2_048),
    advice: "Start the episode again; if it happens again, report it with the worker's log.",
  };
}
