// The posture of a Home whose owner has adopted no document: ask before everything that leaves. It is the same document as
// `server/src/adapters/policy/postures/ask-always.jsonc`, here because the core reads no file.
import type { PolicyDocument } from "#protocol/policy.ts";

export const ASK_ALWAYS: PolicyDocument = {
  version: 1,
  name: "ask-always",
  rules: [
    {
      id: "offload-asks",
      effect: "ask",
      actions: ["offload"],
      reason: "The owner reads and approves every offload.",
    },
  ],
};
