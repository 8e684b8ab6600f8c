// The egress ledger for whoever checks it: the checkpoint of what is durable, and its leaves with their inclusion proofs.
import { refuse } from "#protocol/errors.ts";
import { LEDGER_PAGE_LEAVES_MAX } from "#protocol/wire/ledgerViews.ts";
import type { HomeApi } from "../clientServer/homeApi.ts";
import type { HomeServices } from "./services.ts";

type LedgerApi = Pick<HomeApi, "showLedger" | "readLeaves">;

export function ledgerApi({ home, tree, view }: HomeServices): LedgerApi {
  return {
    showLedger: async () => {
      const { checkpoint, head } = tree.signed();
      const { nodeId, publicKey } = home.state.identity;
      return { homeId: nodeId, homeKey: publicKey, checkpoint, size: head.size, root: head.root };
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

const SIZE_UNKNOWN = refuse(
  "ledger-size-unknown",
  "The ledger does not have so many entries.",
  "Ask for the checkpoint first, and for leaves up to its size.",
);
