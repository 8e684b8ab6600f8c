// The postures that a Home can start from, as the texts that people read: they lie in the folder beside this file.
import askAlways from "./postures/ask-always.jsonc";
import localOnly from "./postures/local-only.jsonc";
import trustedWorkers from "./postures/trusted-workers.jsonc";
import type { PostureName } from "#protocol/policy.ts";

export const POSTURE_TEXTS: Readonly<Record<PostureName, string>> = {
  "local-only": localOnly,
  "ask-always": askAlways,
  "trusted-workers": trustedWorkers,
};
