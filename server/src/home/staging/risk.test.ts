// Every row of the table of risks, by an action that only this row makes so risky.
import assert from "node:assert/strict";
import { test } from "node:test";
import { costMicros } from "#protocol/quantities.ts";
import type { StagedAction } from "#protocol/staging.ts";
import { terms } from "../../../../test/simulation/leaseCommands.ts";
import { GPU } from "../../../../test/simulation/homeScenario.ts";
import { applying, RESUME, running, unmarking } from "../../../../test/simulation/stagingCommands.ts";
import { RISK_TABLE, riskOf } from "./risk.ts";

const lease = (budget: Parameters<typeof terms>[1]): StagedAction => ({
  kind: "grant-lease",
  nodeId: GPU.nodeId,
  job: "command",
  terms: terms({}, budget),
});
function touching(change: Partial<{ deletes: number; outside: number; protected: number }>): StagedAction {
  const action = applying(1);
  if (action.kind !== "apply-proposal") throw new Error("it is an application");
  return { ...action, touched: { files: 3, deletes: 0, outside: 0, protected: 0, ...change } };
}

const EXAMPLES: readonly (readonly [string, string, StagedAction])[] = [
  ["writes-protected", "high", touching({ protected: 1, deletes: 1 })],
  ["runs-uncontained", "high", running(1, false)],
  ["spends-money", "high", lease({ cost: { currency: "EUR", micros: costMicros(1) } })],
  ["lets-data-leave", "high", lease({})],
  ["lets-data-leave", "high", unmarking(1)],
  ["changes-policy", "high", { kind: "adopt-policy", name: "mine", text: "{}" }],
  [
    "opens-port",
    "high",
    { kind: "change-setting", change: { name: "turn-clustering-on", host: "127.0.0.1", port: 7_411 } },
  ],
  ["deletes", "medium", touching({ deletes: 1, outside: 1 })],
  ["writes-outside", "medium", touching({ outside: 1 })],
  ["loosens", "medium", RESUME],
  ["writes-asked-for", "low", touching({})],
  ["runs-contained", "low", running(1, true)],
];

for (const [rule, level, action] of EXAMPLES) {
  test(`${action.kind} is ${level} by ${rule}, with a reason`, () => {
    const risk = riskOf(action);
    assert.deepEqual([risk.rule, risk.level], [rule, level]);
    assert.match(risk.reason, /\.$/);
  });
}

test("no row of the table is without an example", () => {
  assert.deepEqual(
    RISK_TABLE.map(({ rule }) => rule).filter((rule) => !EXAMPLES.some(([example]) => example === rule)),
    [],
  );
});
