// Mints ids from the operating system's chance. The core never does: an id arrives there on a command.
import { randomBytes } from "node:crypto";
import { ID_ENTROPY_BYTES } from "#protocol/ids.ts";

/** `mint(jobId)` is a fresh JobId. */
export function mint<Id>(kind: { readonly from: (bytes: Uint8Array) => Id }): Id {
  return kind.from(randomBytes(ID_ENTROPY_BYTES));
}
