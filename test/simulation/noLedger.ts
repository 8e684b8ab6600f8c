// A ledger for tests whose workers do not look at it. Whoever asks it for something has found a test that lies.
import type { LedgerDesk } from "../../server/src/adapters/ledger/ledgerDesk.ts";

export const NO_LEDGER: Pick<LedgerDesk, "show" | "proofOf" | "take"> = {
  show: async () => {
    throw new Error("no worker of this test is a witness");
  },
  proofOf: () => undefined,
  take: () => false,
};
