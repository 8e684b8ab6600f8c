// Writes what an attempt came to: its result, its use with the method of each figure, and the receipt that is signed.
// It says only what this node has seen itself: digests of the bytes that came and of the bytes that were made.
import { decodeJson } from "#protocol/decode.ts";
import { type Digest, digestOfJson } from "#protocol/digest.ts";
import type { NodeId } from "#protocol/ids.ts";
import { PROPOSED_CHANGES_MAX, type Proposal, proposalSchema } from "#protocol/proposal.ts";
import { type Bytes, byteCount, durationMs } from "#protocol/quantities.ts";
import type { Receipt, SignedReceipt } from "#protocol/receipt.ts";
import type { JobResult } from "#protocol/result.ts";
import type { Signature } from "#protocol/signature.ts";
import type { Usage } from "#protocol/usage.ts";
import type { BlobStore } from "#platform/blobs/blobStore.ts";
import type { Attempt } from "../../core/attempt.ts";
import type { EngineEnding, EngineUsage } from "../../core/engine.ts";
import type { AttemptRecord } from "./attemptRecord.ts";
import { readSmallBlob } from "./missingInputs.ts";

/** A proposal of PROPOSED_CHANGES_MAX changes with long paths fits. */
export const PROPOSAL_BYTES_MAX: number = PROPOSED_CHANGES_MAX * 5 * 1024;

export const NOTHING_USED: EngineUsage = { busyMs: durationMs(0) };

export interface Conclusion {
  readonly result: JobResult;
  readonly receipt: SignedReceipt;
  /** What the Home may fetch: the proposal and the contents that it names. */
  readonly returns: ReadonlySet<Digest>;
}

export interface ConclusionPorts {
  readonly nodeId: NodeId;
  /** Signs a receipt with the node's identity, purpose `arw-receipt-v1`. */
  readonly sign: (receipt: Receipt) => Signature;
  readonly blobs: BlobStore;
}

/** Throws ArwError where the engine's proposal is not in the store or not a proposal. */
export async function conclude(
  ports: ConclusionPorts,
  attempt: Attempt,
  record: AttemptRecord,
  ending: EngineEnding,
  used: EngineUsage,
): Promise<Conclusion> {
  const returned = await returnedBlobs(ports.blobs, ending);
  const cancelledAs = ending.outcome.kind === "cancelled" ? record.cancelledAs : undefined;
  const result: JobResult = {
    outcome: cancelledAs ?? ending.outcome,
    streams: record.produced(),
    ...(returned.proposal === undefined ? {} : { proposal: returned.proposal }),
  };
  const outputBytes = result.streams.reduce((sum, { bytes }) => sum + bytes, 0);
  const receipt: Receipt = {
    nodeId: ports.nodeId,
    jobId: attempt.jobId,
    attemptId: attempt.attemptId,
    fencingToken: attempt.fencingToken,
    // Made anew from the job that arrived; every input it names was verified against its digest when it was stored.
    received: record.jobKey,
    receivedBytes: record.receivedBytes,
    result: digestOfJson(result),
    usage: usageOf(used, record.receivedBytes, byteCount(outputBytes + returned.bytes)),
  };
  return { result, receipt: { receipt, signature: ports.sign(receipt) }, returns: returned.digests };
}

function usageOf(used: EngineUsage, bytesIn: Bytes, bytesOut: Bytes): Usage {
  return {
    ...(used.tokensIn === undefined ? {} : { tokensIn: { tokens: used.tokensIn, method: "engine-count" } }),
    ...(used.tokensOut === undefined ? {} : { tokensOut: { tokens: used.tokensOut, method: "engine-count" } }),
    busy: { durationMs: used.busyMs, method: "exclusive-wall" },
    bytesIn: { bytes: bytesIn, method: "byte-count" },
    bytesOut: { bytes: bytesOut, method: "byte-count" },
  };
}

interface ReturnedBlobs {
  readonly proposal?: NonNullable<JobResult["proposal"]>;
  readonly digests: ReadonlySet<Digest>;
  readonly bytes: number;
}

async function returnedBlobs(blobs: BlobStore, ending: EngineEnding): Promise<ReturnedBlobs> {
  if (ending.proposal === undefined) return { digests: new Set(), bytes: 0 };
  const { digest, changes } = ending.proposal;
  const text = await readSmallBlob(blobs, digest, PROPOSAL_BYTES_MAX);
  const decoded = decodeJson(proposalSchema, new TextDecoder().decode(text));
  if (!decoded.ok) throw new Error(`the engine's proposal is malformed: ${decoded.path} ${decoded.problem}`);
  const contents = contentsOf(decoded.value);
  const contentBytes = [...contents.values()].reduce((sum, bytes) => sum + bytes, 0);
  return {
    proposal: { digest, bytes: byteCount(text.length), changes },
    digests: new Set([digest, ...contents.keys()]),
    bytes: text.length + contentBytes,
  };
}

function contentsOf(proposal: Proposal): ReadonlyMap<Digest, Bytes> {
  return new Map(
    proposal.changes.flatMap((change) =>
      change.kind === "create" || change.kind === "edit" ? [[change.digest, change.bytes]] : [],
    ),
  );
}
