// The egress ledger for whoever checks it: the checkpoint of what is durable, and its leaves with their inclusion proofs.
import { decodeJson } from "#protocol/decode.ts";
import { type Refusal, refuse } from "#protocol/errors.ts";
import type { EpisodeId } from "#protocol/ids.ts";
import { readLeaf } from "#protocol/ledger/egressLeaf.ts";
import type { LeafProof } from "#protocol/ledger/leafProof.ts";
import { RECEIPT_CHARACTERS_MAX, type ReceiptFile, receiptText } from "#protocol/ledger/receiptFile.ts";
import { byteCount } from "#protocol/quantities.ts";
import { signedReceiptSchema } from "#protocol/receipt.ts";
import { LEDGER_PAGE_LEAVES_MAX, type WitnessView } from "#protocol/wire/ledgerViews.ts";
import { nodeName } from "../../home/node/state.ts";
import type { HomeState } from "../../home/state.ts";
import type { HomeApi } from "../clientServer/homeApi.ts";
import type { SeenLedger } from "../ledger/witnesses.ts";
import type { HomeServices } from "./services.ts";

type LedgerApi = Pick<HomeApi, "showLedger" | "readLeaves" | "showReceipt">;

export function ledgerApi(services: HomeServices): LedgerApi {
  const { home, tree, view, witnesses } = services;
  return {
    showLedger: async () => {
      const { checkpoint, head } = tree.signed();
      const { nodeId, publicKey } = home.state.identity;
      const { size, root } = head;
      const seen = witnesses.all().map((witness) => witnessView(witness, home.state));
      return { homeId: nodeId, homeKey: publicKey, checkpoint, size, root, witnesses: seen };
    },
    showReceipt: ({ episodeId }) => receiptFile(services, episodeId),
    readLeaves: async ({ size, from }) => {
      const current = await view.current();
      const { hashes } = current;
      if (size > hashes.size) return SIZE_UNKNOWN;
      const to = Math.min(size, from + LEDGER_PAGE_LEAVES_MAX);
      const leaves = current.egressLeaves(from, to);
      return {
        leaves: leaves.map((leaf, at) => ({ index: from + at, leaf, proof: hashes.inclusionProof(from + at, size) })),
      };
    },
  };
}

/** The receipt of an episode with the proofs of its record and settlement, all under one checkpoint. */
async function receiptFile(
  { home, tree, view, blobs }: HomeServices,
  id: EpisodeId,
): Promise<{ readonly text: string } | Refusal> {
  const { checkpoint, head } = tree.signed();
  const current = await view.current();
  const digest = current.receiptOf(id);
  const leaves = current.leavesOf(id).filter(({ position }) => position < head.size);
  if (digest === undefined || leaves.length === 0) return RECEIPT_UNKNOWN;
  const bytes = await blobs.size(digest);
  if (bytes === undefined) return RECEIPT_NOT_KEPT;
  const text = Buffer.from(await blobs.read(digest, byteCount(0), RECEIPT_CHARACTERS_MAX)).toString("utf8");
  const receipt = decodeJson(signedReceiptSchema, text);
  if (!receipt.ok) return RECEIPT_NOT_KEPT;
  const { attemptId, nodeId } = receipt.value.receipt;
  const nodeKey = home.state.nodes.byId.get(nodeId)?.publicKey;
  const read = leaves.flatMap(({ position, leaf }) => {
    const decoded = readLeaf(leaf);
    return decoded.ok ? [{ position, text: leaf, leaf: decoded.value }] : [];
  });
  const record = read.find(({ leaf }) => leaf.kind === "EgressRecorded" && leaf.attemptId === attemptId);
  if (record === undefined || nodeKey === undefined) return RECEIPT_NOT_KEPT;
  const settlement = read.find(({ leaf }) => leaf.kind === "EgressSettled" && leaf.recordId === record.leaf.recordId);
  const proven = ({ position, text: leaf }: { readonly position: number; readonly text: string }): LeafProof => {
    return { leaf, index: position, checkpoint, proof: current.hashes.inclusionProof(position, head.size) };
  };
  const { workspaceId, nodeId: homeId, publicKey: homeKey } = home.state.identity;
  const file: ReceiptFile = {
    kind: "arw-receipt",
    v: 1,
    workspaceId,
    homeId,
    homeKey,
    nodeKey,
    receipt: receipt.value,
    record: proven(record),
    ...(settlement === undefined ? {} : { settlement: proven(settlement) }),
  };
  return { text: receiptText(file) };
}

const RECEIPT_UNKNOWN = refuse(
  "episode-unknown",
  "No other machine gave a receipt for this episode.",
  "See what left and came back: arw-home egress.",
);
const RECEIPT_NOT_KEPT = refuse(
  "receipt-not-kept",
  "The receipt of this episode was not kept: an earlier version of the Home took it, or its worker is unknown now.",
  "Receipts are kept from this version on; the ledger has the record: arw-home egress export.",
);

function witnessView({ nodeId, at, size, signed }: SeenLedger, { nodes }: HomeState): WitnessView {
  return { nodeId, name: nodeName(nodes, nodeId), at, size, state: signed === undefined ? "ahead" : "agrees" };
}

const SIZE_UNKNOWN = refuse(
  "ledger-size-unknown",
  "The ledger does not have so many entries.",
  "Ask for the checkpoint first, and for leaves up to its size.",
);
