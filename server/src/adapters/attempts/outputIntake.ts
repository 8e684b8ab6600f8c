// Takes the output of attempts: bytes into their file and the fact of them into the journal, side by side, and the
// acknowledgement when both are on the disk. It must never acknowledge what a power cut could take, nor write over what
// is on record. The next message of a node need not wait for the disk: a few ranges of an attempt may be on their way.
import type { RecordOutput } from "#protocol/commands.ts";
import { digestOf } from "#protocol/digest.ts";
import { ArwError, type Refusal, refuse } from "#protocol/errors.ts";
import type { AttemptId } from "#protocol/ids.ts";
import type { JobKind } from "#protocol/job.ts";
import { byteCount, type EpochMs } from "#protocol/quantities.ts";
import type { Output } from "#protocol/wire/worker.ts";
import type { Executed } from "../../home/home.ts";
import { liveAttempt } from "../../home/job/state.ts";
import type { NodeChannel } from "../../home/nodeChannel.ts";
import type { OutputFiles, OutputStream } from "../outputFiles.ts";
import { type AttemptHome, type DealtAttempts, HOME } from "./dealtAttempts.ts";
import type { LinkFault } from "./linkFault.ts";
import { isFenced, tellSettled } from "./settling.ts";

/** Ranges of one attempt that may wait for the disk before its node's next message does: a megabyte at most. */
export const RANGES_ON_THEIR_WAY_MAX = 16;

const FIRST_STREAM: Readonly<Record<JobKind, OutputStream>> = { ask: "text", command: "stdout" };

export interface OutputIntakeTerms {
  readonly home: () => AttemptHome;
  readonly outputs: OutputFiles;
  readonly now: () => EpochMs;
  readonly onTrouble: (what: string, error: unknown) => void;
}

export class OutputIntake {
  readonly #terms: OutputIntakeTerms;
  readonly #attempts: DealtAttempts;
  readonly #onTheirWay = new Map<AttemptId, Set<Promise<void>>>();

  constructor(terms: OutputIntakeTerms, attempts: DealtAttempts) {
    this.#terms = terms;
    this.#attempts = attempts;
  }

  /** Makes the file of what the attempt will most likely print, while its node prepares or works. */
  expect(attemptId: AttemptId): void {
    const dealt = this.#attempts.get(attemptId);
    if (dealt !== undefined) this.#terms.outputs.prepare(attemptId, FIRST_STREAM[dealt.offer.job.kind]);
  }

  async take(channel: NodeChannel, output: Output, bytes: Uint8Array): Promise<LinkFault> {
    const { attemptId, number } = output;
    await this.#room(attemptId);
    switch (this.#placeOf(output)) {
      case "gap":
        return { code: "message-out-of-order", detail: `output ${number} does not follow` };
      case "recorded":
        // What is on record is never written again: its bytes are those that its digest names.
        this.#attempts.crossings.cameBack(attemptId, bytes.length);
        await acknowledge(channel, output);
        return undefined;
      case "on-its-way":
        this.#attempts.crossings.cameBack(attemptId, bytes.length);
        return this.#answer(channel, output, this.#record(channel, output, bytes));
      case "next":
        return this.#keep(channel, output, bytes);
    }
  }

  async #keep(channel: NodeChannel, output: Output, bytes: Uint8Array): Promise<LinkFault> {
    const { attemptId, stream, fromByte, number } = output;
    const { home, outputs } = this.#terms;
    try {
      const { durable } = await outputs.begin(attemptId, stream, fromByte, bytes);
      const recording = this.#record(channel, output, bytes, durable);
      // Where it was not taken, the reason is the node's business, and its next message has to wait.
      if (home().attemptAhead(attemptId)?.lastNumber !== number) return await this.#answer(channel, output, recording);
      this.#attempts.crossings.cameBack(attemptId, bytes.length);
      this.#detach(attemptId, this.#answer(channel, output, recording));
      return undefined;
    } catch (error) {
      if (!(error instanceof ArwError)) throw error;
      return this.#notStored(channel, output, refuse(error.code, error.message, error.advice));
    }
  }

  /** Where an output stands to what is decided, and to what is on record. */
  #placeOf({ attemptId, number, stream, fromByte }: Output): "recorded" | "on-its-way" | "next" | "gap" {
    const home = this.#terms.home();
    const ahead = home.attemptAhead(attemptId);
    const lastNumber = ahead?.lastNumber ?? 0;
    if (number > lastNumber) {
      return number === lastNumber + 1 && fromByte === (ahead?.produced.get(stream) ?? 0) ? "next" : "gap";
    }
    const durable = liveAttempt(home.state.jobs, attemptId)?.attempt.lastNumber ?? 0;
    return number <= durable ? "recorded" : "on-its-way";
  }

  /** `beside` are the bytes on their way to their file. */
  #record(
    { nodeId }: NodeChannel,
    { attemptId, fencingToken, number, stream, fromByte }: Output,
    bytes: Uint8Array,
    beside?: Promise<void>,
  ): Promise<Executed | Refusal> {
    const { home, now } = this.#terms;
    const command: RecordOutput = {
      kind: "record-output",
      at: now(),
      by: HOME,
      nodeId,
      attemptId,
      fencingToken,
      number,
      stream,
      fromByte,
      bytes: byteCount(bytes.length),
      digest: digestOf(bytes),
      transfer: this.#attempts.crossings.transfer(attemptId),
    };
    return home().execute(command, beside);
  }

  async #answer(channel: NodeChannel, output: Output, recording: Promise<Executed | Refusal>): Promise<LinkFault> {
    const executed = await recording;
    if (executed.kind === "executed") {
      await acknowledge(channel, output);
      return undefined;
    }
    if (executed.code === "output-gap") return { code: "message-out-of-order", detail: executed.message };
    if (!isFenced(executed)) return this.#notStored(channel, output, executed);
    const { attemptId, fencingToken } = output;
    await tellSettled(this.#terms.home().state.jobs, channel, attemptId, fencingToken);
    return undefined;
  }

  /** Output that the Home could not keep is not acknowledged. Over a new link it comes again, once the Home can. */
  async #notStored(channel: NodeChannel, { attemptId }: Output, why: Refusal): Promise<LinkFault> {
    const dealt = this.#attempts.get(attemptId);
    if (dealt !== undefined && (channel.local || why.code === "output-unwritable")) {
      await this.#attempts.loseUnlessEnded(dealt, channel, why);
      return undefined;
    }
    return { code: "goodbye", detail: why.message };
  }

  async #room(attemptId: AttemptId): Promise<void> {
    for (;;) {
      const ranges = this.#onTheirWay.get(attemptId);
      if (ranges === undefined || ranges.size < RANGES_ON_THEIR_WAY_MAX) return;
      await Promise.race(ranges);
    }
  }

  #detach(attemptId: AttemptId, answering: Promise<LinkFault>): void {
    const ranges = this.#onTheirWay.get(attemptId) ?? new Set();
    this.#onTheirWay.set(attemptId, ranges);
    const task = answering
      // A frame that was taken ends in an acknowledgement or in the end of this Home's life, never in a word to the node.
      .catch((error: unknown) => this.#terms.onTrouble("recording output", error))
      .then(() => {
        ranges.delete(task);
        if (ranges.size === 0) this.#onTheirWay.delete(attemptId);
      });
    ranges.add(task);
  }
}

async function acknowledge(channel: NodeChannel, { attemptId, fencingToken, number }: Output): Promise<void> {
  await channel.deliver({ kind: "acknowledge", attemptId, fencingToken, number });
}
