// The rules over every request there can be: a deny beats an ask, an ask beats an allow, and what no rule names is denied.
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Classification } from "#protocol/egress.ts";
import { evaluate, type PolicyRequest } from "./evaluate.ts";

const DESTINATIONS = ["ready", "unreachable", "pending", "revoked", "unknown"] as const;
const CLASSIFICATIONS: readonly Classification[] = ["public", "internal", "secret", "regulated"];

test("what runs here needs no approval", () => {
  assert.deepEqual(
    [evaluate({ action: "run-here" }).effect, evaluate({ action: "run-here" }).rule],
    ["allow", "local-first"],
  );
});

test("an offload is asked about, and denied for its data or its destination whatever else would allow it", () => {
  for (const destination of DESTINATIONS) {
    for (const highestClassification of CLASSIFICATIONS) {
      const request: PolicyRequest = { action: "offload", destination, highestClassification };
      const decision = evaluate(request);
      const harmless = highestClassification === "public" || highestClassification === "internal";
      const enrolled = destination === "ready" || destination === "unreachable";
      const expected = !harmless
        ? ["deny", "secrets-never-leave"]
        : enrolled
          ? ["ask", "offload-asks"]
          : ["deny", "only-enrolled-nodes"];
      assert.deepEqual([decision.effect, decision.rule], expected, JSON.stringify(request));
      assert.notEqual(decision.explanation, "");
    }
  }
});
