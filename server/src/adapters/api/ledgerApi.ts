// The egress ledger for whoever checks it: the checkpoint of what is durable, and its leaves with their inclusion proofs.
import { refuse } from "#protocol/errors.ts";
import { LEDGER_PAGE_LEAVES_MAX, type WitnessView } from "#protocol/wire/ledgerViews.ts";
import { nodeName } from "../../home/node/state.ts";
import type { HomeState } from "../../home/state.ts";
import type { HomeApi } from "../clientServer/homeApi.ts";
import type { SeenLedger } from "../ledger/witnesses.ts";
import type { HomeServices } from "./services.ts";

type LedgerApi = Pick<HomeApi, "showLedger" | "readLeaves">;

export function ledgerApi({ home, tree, view, witnesses }: HomeServices): LedgerApi {
  return {
    showLedger: async () => {
      const { checkpoint, head } = tree.signed();
      const { nodeId, publicKey } = home.state.identity;
      const { size, root } = head;
      const seen = witnesses.all().map((witness) => witnessView(witness, home.state));
      return { homeId: nodeId, homeKey: publicKey, checkpoint, size, root, witnesses: seen };
    },
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

function witnessView({ nodeId, at, size, signed }: SeenLedger, { nodes }: HomeState): WitnessView {
  return { nodeId, name: nodeName(nodes, nodeId), at, size, state: signed === undefined ? "ahead" : "agrees" };
}

const SIZE_UNKNOWN = refuse(
  "ledger-size-unknown",
  "The ledger does not have so many entries.",
  "Ask for the checkpoint first, and for leaves up to its size.",
);
