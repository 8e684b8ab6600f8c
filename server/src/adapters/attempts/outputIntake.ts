// Takes what attempts print: bytes first, then the fact of them, then the acknowledgement, so that an acknowledged range is
// on the disk. It must never write again what is on record, nor acknowledge what it could not keep.
import { digestOf } from "#protocol/digest.ts";
import { ArwError, type Refusal, refuse } from "#protocol/errors.ts";
import { byteCount, type EpochMs } from "#protocol/quantities.ts";
import type { Output } from "#protocol/wire/worker.ts";
import { liveAttempt } from "../../home/job/state.ts";
import type { NodeChannel } from "../../home/nodeChannel.ts";
import type { OutputFiles } from "../outputFiles.ts";
import { type AttemptHome, type DealtAttempts, HOME } from "./dealtAttempts.ts";
import type { LinkFault } from "./linkFault.ts";
import { isFenced, tellSettled } from "./settling.ts";

export interface OutputIntakeTerms {
  readonly home: () => AttemptHome;
  readonly outputs: OutputFiles;
  readonly now: () => EpochMs;
}

export class OutputIntake {
  readonly #terms: OutputIntakeTerms;
  readonly #attempts: DealtAttempts;

  constructor(terms: OutputIntakeTerms, attempts: DealtAttempts) {
    this.#terms = terms;
    this.#attempts = attempts;
  }

  async take(channel: NodeChannel, message: Output, bytes: Uint8Array): Promise<LinkFault> {
    const { attemptId, fencingToken, number, stream, fromByte } = message;
    const { crossings } = this.#attempts;
    const place = this.#placeOf(message);
    if (place === "gap") return { code: "message-out-of-order", detail: `output ${number} does not follow` };
    // What is on record is never written again: its bytes are those that its digest names.
    if (place === "recorded") {
      crossings.cameBack(attemptId, bytes.length);
      await channel.deliver({ kind: "acknowledge", attemptId, fencingToken, number });
      return undefined;
    }
    try {
      await this.#terms.outputs.append(attemptId, stream, fromByte, bytes);
    } catch (error) {
      if (!(error instanceof ArwError)) throw error;
      return this.#notStored(channel, message, refuse(error.code, error.message, error.advice));
    }
    const executed = await this.#terms.home().execute({
      kind: "record-output",
      at: this.#terms.now(),
      by: HOME,
      nodeId: channel.nodeId,
      attemptId,
      fencingToken,
      number,
      stream,
      fromByte,
      bytes: byteCount(bytes.length),
      digest: digestOf(bytes),
      transfer: crossings.transfer(attemptId),
    });
    if (executed.kind === "executed") {
      crossings.cameBack(attemptId, bytes.length);
      await channel.deliver({ kind: "acknowledge", attemptId, fencingToken, number });
      return undefined;
    }
    if (executed.code === "output-gap") return { code: "message-out-of-order", detail: executed.message };
    if (!isFenced(executed)) return this.#notStored(channel, message, executed);
    await tellSettled(this.#terms.home().state.jobs, channel, attemptId, fencingToken);
    return undefined;
  }

  /** Where an output stands to what is on record. Of an attempt whose offer is still in flight nothing is. */
  #placeOf({ attemptId, number, stream, fromByte }: Output): "recorded" | "next" | "gap" {
    const attempt = liveAttempt(this.#terms.home().state.jobs, attemptId)?.attempt;
    const lastNumber = attempt?.lastNumber ?? 0;
    if (number <= lastNumber) return "recorded";
    return number === lastNumber + 1 && fromByte === (attempt?.produced.get(stream) ?? 0) ? "next" : "gap";
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
}
