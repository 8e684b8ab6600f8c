// A receipt as a file that anybody can check: the worker's signed word on what it received and did, and the record that let it
// leave, proven by the Home's signed checkpoint. Neither side can claim more alone than both signed.
// It judges and never repairs; what it cannot read counts as altered.
import * as z from "zod";
import { canonicalJson } from "../canonicalJson.ts";
import { decodeJson } from "../decode.ts";
import { keyWords, nodeIdOf } from "../identity.ts";
import { type NodeId, nodeId, type WorkspaceId, workspaceId } from "../ids.ts";
import { receiptBytes, type SignedReceipt, signedReceiptSchema } from "../receipt.ts";
import { type PublicKey, publicKeySchema, verify } from "../signature.ts";
import { egressOrigin } from "./checkpointNote.ts";
import { type LedgerOwner, type LeafProof, leafProofSchema, readLeafProof } from "./leafProof.ts";

export interface ReceiptFile {
  readonly kind: "arw-receipt";
  readonly v: 1;
  readonly workspaceId: WorkspaceId;
  readonly homeId: NodeId;
  readonly homeKey: PublicKey;
  readonly nodeKey: PublicKey;
  readonly receipt: SignedReceipt;
  /** The decision that let the job leave. */
  readonly record: LeafProof;
  /** What the Home recorded of the send's end; absent from a worker's own copy. */
  readonly settlement?: LeafProof;
}

/** Two leaves with their proofs and a receipt take about 12,000. */
export const RECEIPT_CHARACTERS_MAX: number = 256 * 1024;

export interface ReceiptReport {
  readonly valid: boolean;
  readonly problems: readonly string[];
  /** What the file says, where it could be read. */
  readonly file?: ReceiptFile;
  /** Two words of each key, to be compared with what its owner sees. */
  readonly homeWords: readonly string[];
  readonly nodeWords: readonly string[];
}

export function receiptText(file: ReceiptFile): string {
  return `${canonicalJson(file)}\n`;
}

export function verifyReceipt(text: string): ReceiptReport {
  if (text.length > RECEIPT_CHARACTERS_MAX) return unreadable("it is longer than any receipt");
  const decoded = decodeJson(receiptFileSchema, text);
  if (!decoded.ok) return unreadable(`it is no receipt: ${decoded.path} ${decoded.problem}`);
  const file = decoded.value;
  const problems = [
    ...(receiptText(file) === text || receiptText(file) === `${text}\n` ? [] : ["it is not written as it was made"]),
    ...keyProblems(file),
    ...ledgerProblems(file),
  ];
  const { homeKey, nodeKey } = file;
  const words = { homeWords: keyWords(homeKey), nodeWords: keyWords(nodeKey) };
  return { valid: problems.length === 0, problems, file, ...words };
}

function keyProblems({ homeId, homeKey, nodeKey, receipt: { receipt, signature } }: ReceiptFile): readonly string[] {
  return [
    ...(nodeIdOf(homeKey) === homeId ? [] : ["it names a Home that its key is not of"]),
    ...(nodeIdOf(nodeKey) === receipt.nodeId ? [] : ["it names a worker that its key is not of"]),
    ...(verify("arw-receipt-v1", receiptBytes(receipt), signature, nodeKey)
      ? []
      : ["the worker did not sign this receipt"]),
  ];
}

function ledgerProblems({
  homeKey,
  workspaceId: id,
  receipt: { receipt },
  record,
  settlement,
}: ReceiptFile): readonly string[] {
  const owner: LedgerOwner = { origin: egressOrigin(id), key: homeKey };
  const recorded = readLeafProof(record, owner);
  if (!recorded.ok) return [`the record: ${recorded.problem}`];
  const { leaf } = recorded;
  if (leaf.kind !== "EgressRecorded" || leaf.decision !== "allow") return ["the record lets nothing leave"];
  const isIts =
    leaf.payload === receipt.received &&
    leaf.attemptId === receipt.attemptId &&
    leaf.jobId === receipt.jobId &&
    leaf.nodeId === receipt.nodeId;
  const problems = isIts ? [] : ["the record and the receipt are not of the same bytes, job, attempt and worker"];
  if (settlement === undefined) return problems;
  const settled = readLeafProof(settlement, owner);
  if (!settled.ok) return [...problems, `the settlement: ${settled.problem}`];
  const agrees =
    settled.leaf.kind === "EgressSettled" &&
    settled.leaf.recordId === leaf.recordId &&
    settled.leaf.received === receipt.received;
  return agrees ? problems : [...problems, "the Home's settlement says something else than the receipt"];
}

function unreadable(problem: string): ReceiptReport {
  return { valid: false, problems: [problem], homeWords: [], nodeWords: [] };
}

const receiptFileSchema: z.ZodType<ReceiptFile> = z.strictObject({
  kind: z.literal("arw-receipt"),
  v: z.literal(1),
  workspaceId: workspaceId.schema,
  homeId: nodeId.schema,
  homeKey: publicKeySchema,
  nodeKey: publicKeySchema,
  receipt: signedReceiptSchema,
  record: leafProofSchema,
  settlement: leafProofSchema.exactOptional(),
});
