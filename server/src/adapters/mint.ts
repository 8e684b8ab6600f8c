// Mints ids from the operating system's chance. The core never does: an id arrives there on a command.
import { randomBytes } from "node:crypto";
import { ID_ENTROPY_BYTES } from "#protocol/ids.ts";

/** Chance is fetched for so many ids at once: a job has six, and a call of the system costs more than an id. */
const IDS_FETCHED = 64;

let chance: Uint8Array = new Uint8Array(0);
let usedBytes = 0;

/** `mint(jobId)` is a fresh JobId. */
export function mint<Id>(kind: { readonly from: (bytes: Uint8Array) => Id }): Id {
  if (usedBytes === chance.length) {
    chance = randomBytes(ID_ENTROPY_BYTES * IDS_FETCHED);
    usedBytes = 0;
  }
  const id = kind.from(chance.subarray(usedBytes, usedBytes + ID_ENTROPY_BYTES));
  usedBytes += ID_ENTROPY_BYTES;
  return id;
}
