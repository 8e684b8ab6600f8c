// What a node asks for to run its job: its requests wait in a short line of each attempt, so that the node goes on being
// heard while blobs are sent. It must never send for an attempt that has ended, nor for one that an earlier process began.
import type { BlobStore } from "#platform/blobs/blobStore.ts";
import { type Refusal, refuse } from "#protocol/errors.ts";
import type { Need } from "#protocol/wire/worker.ts";
import type { NodeChannel } from "../../home/nodeChannel.ts";
import { digestsOf, serveBlobs } from "./blobService.ts";
import type { Dealt, DealtAttempts } from "./dealtAttempts.ts";
import type { EgressGate } from "./egressGate.ts";
import type { LinkFault } from "./linkFault.ts";

/** Requests for blobs that wait for those before them; a tree with the most entries needs half as many. */
export const NEEDS_WAITING_MAX = 128;

export interface InputRequestsTerms {
  readonly blobs: BlobStore;
  readonly onTrouble: (what: string, error: unknown) => void;
}

export class InputRequests {
  readonly #terms: InputRequestsTerms;
  readonly #attempts: DealtAttempts;
  readonly #gate: EgressGate;

  constructor(terms: InputRequestsTerms, attempts: DealtAttempts, gate: EgressGate) {
    this.#terms = terms;
    this.#attempts = attempts;
    this.#gate = gate;
  }

  /** Queues a request. Resolves with nothing: blobs go out by themselves, or the attempt ends in words. */
  take(channel: NodeChannel, need: Need): LinkFault {
    const dealt = this.#attempts.get(need.attemptId);
    // What runs is judged no more when policy or marks change, so it must not be able to ask for more either.
    if (dealt === undefined || dealt.supplied.signal.aborted) return undefined;
    if (dealt.needsWaiting >= NEEDS_WAITING_MAX) {
      return { code: "unexpected-message", detail: "it asks for more blobs than a job can have" };
    }
    dealt.needsWaiting += 1;
    dealt.serving = dealt.serving
      .then(() => this.#serve(dealt, channel, need))
      .catch((error: unknown) => this.#terms.onTrouble("sending blobs", error))
      .finally(() => (dealt.needsWaiting -= 1));
    return undefined;
  }

  async #serve(dealt: Dealt, channel: NodeChannel, need: Need): Promise<void> {
    const { offer, ended, supplied } = dealt;
    const { crossings } = this.#attempts;
    if (need.blobs.length === 0) return;
    if (!crossings.isWhole(need.attemptId)) return this.#attempts.loseUnlessEnded(dealt, channel, INTERRUPTED);
    const terms = {
      blobs: this.#terms.blobs,
      crossings,
      gate: this.#gate,
      ended: ended.signal,
      supplied: supplied.signal,
    };
    try {
      dealt.permitted ??= digestsOf(offer.job, this.#terms.blobs);
      const refused = await serveBlobs(terms, channel, offer, await dealt.permitted, need);
      if (refused !== undefined) await this.#attempts.loseUnlessEnded(dealt, channel, refused);
    } catch (error) {
      await this.#attempts.loseFor(error, "sending blobs", dealt, channel);
    }
  }
}

const INTERRUPTED: Refusal = refuse(
  "send-interrupted",
  "The Home ended while this was being sent; how much had left is not known, so it is not sent again.",
  "Start the episode again.",
);
