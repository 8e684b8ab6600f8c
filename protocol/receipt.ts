// A worker's signed statement of what it received and what it did. The Home compares `received` with its own record:
// unequal digests are an alarm, not a rounding error.
import * as z from "zod";
import { canonicalJson } from "./canonicalJson.ts";
import { type Digest, digestSchema } from "./digest.ts";
import { type AttemptId, attemptId, type JobId, jobId, type NodeId, nodeId } from "./ids.ts";
import { type Bytes, bytesSchema, type FencingToken, fencingTokenSchema } from "./quantities.ts";
import { type Signature, signatureSchema } from "./signature.ts";
import { type Usage, usageSchema } from "./usage.ts";

export interface Receipt {
  readonly nodeId: NodeId;
  readonly jobId: JobId;
  readonly attemptId: AttemptId;
  readonly fencingToken: FencingToken;
  /** The digest of the job as received: equals the egress record's. */
  readonly received: Digest;
  readonly receivedBytes: Bytes;
  /** The digest of the canonical result (outcome, output digests, proposal). */
  readonly result: Digest;
  readonly usage: Usage;
}

export interface SignedReceipt {
  readonly receipt: Receipt;
  readonly signature: Signature;
}

/** The bytes a receipt's signature covers, with purpose `arw-receipt-v1`. */
export function receiptBytes(receipt: Receipt): Uint8Array {
  return new TextEncoder().encode(canonicalJson(receipt));
}

export const signedReceiptSchema: z.ZodType<SignedReceipt> = z.strictObject({
  receipt: z.strictObject({
    nodeId: nodeId.schema,
    jobId: jobId.schema,
    attemptId: attemptId.schema,
    fencingToken: fencingTokenSchema,
    received: digestSchema,
    receivedBytes: bytesSchema,
    result: digestSchema,
    usage: usageSchema,
  }),
  signature: signatureSchema,
});
