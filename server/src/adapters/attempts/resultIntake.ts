// Takes the result of an attempt: fetches the proposal it names, whole, and only then tells the core.
// It must never count a result whose contents are not here, nor the same result twice over two links.
import type { BeginningBlobStore } from "#platform/blobs/blobStore.ts";
import type { Transfer } from "#protocol/commands.ts";
import { canonicalJson } from "#protocol/canonicalJson.ts";
import { ArwError } from "#protocol/errors.ts";
import type { ProposalId } from "#protocol/ids.ts";
import { byteCount, type EpochMs } from "#protocol/quantities.ts";
import type { BlobChunk, Finished } from "#protocol/wire/worker.ts";
import type { NodeChannel } from "../../home/nodeChannel.ts";
import { isOverloaded } from "../reportLine.ts";
import { type AttemptHome, type DealtAttempts, HOME } from "./dealtAttempts.ts";
import type { LinkFault } from "./linkFault.ts";
import { ProposalFetch } from "./proposalFetch.ts";
import { isFenced, tellSettled } from "./settling.ts";

export interface ResultIntakeTerms {
  readonly home: () => AttemptHome;
  readonly blobs: BeginningBlobStore;
  readonly now: () => EpochMs;
  readonly mintProposalId: () => ProposalId;
}

export class ResultIntake {
  readonly #terms: ResultIntakeTerms;
  readonly #attempts: DealtAttempts;
  readonly #proposals: ProposalFetch;

  constructor(terms: ResultIntakeTerms, attempts: DealtAttempts) {
    this.#terms = terms;
    this.#attempts = attempts;
    this.#proposals = new ProposalFetch(terms.blobs);
  }

  /** A chunk of what a result names. */
  async takeChunk(message: BlobChunk, bytes: Uint8Array): Promise<LinkFault> {
    this.#attempts.crossings.cameBack(message.attemptId, bytes.length);
    const asked = await this.#proposals.receive(message, bytes);
    return asked ? undefined : { code: "unexpected-message", detail: "it sent a blob that nobody asked for" };
  }

  /** Resolves when the result is durable, or the attempt has ended otherwise. */
  async take(channel: NodeChannel, message: Finished): Promise<void> {
    const { attemptId, fencingToken } = message;
    const dealt = this.#attempts.get(attemptId);
    if (dealt === undefined || dealt.taking?.channel === channel) return;
    // The same result over a new link: what was asked for over the old one will never come.
    dealt.taking?.replaced.abort(new ArwError("link-replaced", "The node opened another link.", "Nothing to do."));
    const replaced = new AbortController();
    dealt.taking = { channel, replaced };
    this.#attempts.crossings.cameBack(attemptId, Buffer.byteLength(JSON.stringify(message)));
    if (message.result.proposal !== undefined) {
      const stopped = AbortSignal.any([dealt.ended.signal, replaced.signal]);
      try {
        await this.#proposals.fetch(channel, message, dealt.given, stopped);
      } catch (error) {
        if (!stopped.aborted) await this.#attempts.loseFor(error, "taking a result", dealt, channel);
        return;
      }
    }
    // Named by the fact of the contribution, and durable with it: receipts are given out long after.
    const kept = channel.local ? undefined : this.#keptReceipt(message);
    const finished = {
      kind: "record-finished",
      at: this.#terms.now(),
      by: HOME,
      nodeId: channel.nodeId,
      attemptId,
      fencingToken,
      lastNumber: message.lastNumber,
      result: message.result,
      receipt: message.receipt,
      proposalId: this.#terms.mintProposalId(),
      transfer: this.#transferOf(message),
    } as const;
    const executed = await this.#terms.home().execute(finished, kept);
    if (executed.kind === "executed") return;
    // The same result may have been recorded meanwhile, from another link.
    if (isFenced(executed)) return tellSettled(this.#terms.home().state.jobs, channel, attemptId, fencingToken);
    if (isOverloaded(executed) && channel.hangUp !== undefined) {
      // Nothing has happened, and the node keeps its result until it is settled: it brings it again over its next link.
      dealt.taking = undefined;
      return channel.hangUp("goodbye", executed.message);
    }
    // All output that came before it was kept, or had closed the link: what the result claims besides was never sent.
    if (executed.code !== "home-read-only") await this.#attempts.loseUnlessEnded(dealt, channel, executed);
  }

  async #keptReceipt({ receipt }: Finished): Promise<void> {
    const { durable } = await this.#terms.blobs.begin(Buffer.from(canonicalJson(receipt)));
    await durable;
  }

  #transferOf({ attemptId, receipt }: Finished): Transfer {
    const { crossings } = this.#attempts;
    const counted = crossings.transfer(attemptId);
    if (crossings.isWhole(attemptId)) return counted;
    // What had left before this process is only in the worker's signed receipt.
    return { ...counted, bytesOut: byteCount(Math.max(counted.bytesOut, receipt.receipt.receivedBytes)) };
  }
}
