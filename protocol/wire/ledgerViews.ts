// What clients are told about the egress ledger as a tree that others check: its checkpoint, and its leaves with their proofs.
// A client believes none of it: it verifies, or hands it on to whoever does.
import * as z from "zod";
import { type Digest, digestSchema } from "../digest.ts";
import { type EpisodeId, episodeId, type NodeId, nodeId } from "../ids.ts";
import { checkpointNoteSchema } from "../ledger/checkpointNote.ts";
import { leafTextSchema } from "../ledger/egressLeaf.ts";
import { treeSizeSchema } from "../ledger/merkleTree.ts";
import { RECEIPT_CHARACTERS_MAX } from "../ledger/receiptFile.ts";
import { proofSchema } from "../ledger/proofs.ts";
import { type EpochMs, epochMsSchema } from "../quantities.ts";
import { type PublicKey, publicKeySchema } from "../signature.ts";

/** Leaves of one page. */
export const LEDGER_PAGE_LEAVES_MAX = 200;

export interface LedgerView {
  readonly homeId: NodeId;
  readonly homeKey: PublicKey;
  /** A signed note over `size` and `root`, as of the last durable record. */
  readonly checkpoint: string;
  readonly size: number;
  readonly root: Digest;
  /** What each worker that checks the ledger last saw of it. */
  readonly witnesses: readonly WitnessView[];
}

export interface WitnessView {
  readonly nodeId: NodeId;
  readonly name: string;
  readonly at: EpochMs;
  /** How many entries it saw. */
  readonly size: number;
  /** `ahead`: it saw more than this ledger has, so the ledger was rolled back or another Home has its key. */
  readonly state: "agrees" | "ahead";
}

export interface LeavesParams {
  /** The size of the checkpoint that the proofs are for. */
  readonly size: number;
  readonly from: number;
}

export interface LeavesPage {
  readonly leaves: readonly ProvenLeaf[];
}

export interface ProvenLeaf {
  readonly index: number;
  readonly leaf: string;
  readonly proof: readonly Digest[];
}

export interface ReceiptParams {
  readonly episodeId: EpisodeId;
}

export interface ReceiptResult {
  /** A receipt file. */
  readonly text: string;
}

export const receiptParamsSchema: z.ZodType<ReceiptParams> = z.strictObject({ episodeId: episodeId.schema });
export const receiptResultSchema: z.ZodType<ReceiptResult> = z.strictObject({
  text: z.string().max(RECEIPT_CHARACTERS_MAX),
});

export const ledgerViewSchema: z.ZodType<LedgerView> = z.strictObject({
  homeId: nodeId.schema,
  homeKey: publicKeySchema,
  checkpoint: checkpointNoteSchema,
  size: treeSizeSchema,
  root: digestSchema,
  witnesses: z.array(
    z.strictObject({
      nodeId: nodeId.schema,
      name: z.string(),
      at: epochMsSchema,
      size: treeSizeSchema,
      state: z.enum(["agrees", "ahead"]),
    }),
  ),
});

export const leavesParamsSchema: z.ZodType<LeavesParams> = z.strictObject({
  size: treeSizeSchema,
  from: treeSizeSchema,
});

export const leavesPageSchema: z.ZodType<LeavesPage> = z.strictObject({
  leaves: z.array(z.strictObject({ index: treeSizeSchema, leaf: leafTextSchema, proof: proofSchema })),
});
