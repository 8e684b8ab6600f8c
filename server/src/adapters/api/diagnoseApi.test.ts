// The diagnosis finds out what is true of the real core and folder, opens nothing, and survives what it cannot find out.
import assert from "node:assert/strict";
import { test } from "node:test";
import { ArwError } from "#protocol/errors.ts";
import type { DiagnosisCheck } from "#protocol/wire/diagnosis.ts";
import { ANYONE, answered, services } from "../../../../test/simulation/apiBench.ts";
import { DeskBench } from "../../../../test/simulation/deskBench.ts";
import { pauseOffloads } from "../../../../test/simulation/egressCommands.ts";
import { homeAlone, homeWith, lose, NOW, turnOff } from "../../../../test/simulation/homeCommands.ts";
import { ATTIC, GPU } from "../../../../test/simulation/homeScenario.ts";
import { TEST_SECRET } from "../../../../test/simulation/testRedaction.ts";
import { diagnoseApi, type DiagnoseTerms } from "./diagnoseApi.ts";
import type { HomeServices } from "./services.ts";

const MACHINE = [{ check: "sandbox", state: "ok", cause: "bubblewrap enforces all" }] as const;

async function diagnosed(here: HomeServices, change: Partial<DiagnoseTerms> = {}): Promise<readonly DiagnosisCheck[]> {
  const api = diagnoseApi({
    services: here,
    homeFolder: here.workspaceFolder,
    clustering: { listening: undefined, problem: undefined, addresses: () => ["192.0.2.7:7411"] },
    readOnly: () => undefined,
    selfTest: async () => assert.fail("nothing may listen while clustering is off"),
    ownerSecretProblem: async () => undefined,
    examine: async () => MACHINE,
    ...change,
  });
  return answered(await api.diagnose({}, ANYONE)).checks;
}

function stateOf(checks: readonly DiagnosisCheck[], id: string): string | undefined {
  return checks.find((check) => check.id === id)?.state;
}

test("a fresh Home is well, and its runtime is not tried while nothing may listen", async (t) => {
  const checks = await diagnosed(await services(t, new DeskBench(homeAlone().state)));
  const poor = checks.filter(({ id, state }) => state !== "ok" && id !== "disk");
  assert.deepEqual(poor, []);
});

test("silent workers, the pause, a failed self-test and a machine that cannot be examined are told", async (t) => {
  const home = homeWith(GPU, ATTIC);
  home.run(lose(ATTIC), pauseOffloads());
  const here = await services(t, new DeskBench(home.state));
  const problem = new ArwError("clustering-self-test-accept", "The door let nobody in.", "Use Node 24.");
  const checks = await diagnosed(here, {
    clustering: {
      listening: { host: "0.0.0.0", port: 7_411 },
      problem: undefined,
      addresses: () => ["192.0.2.7:7411"],
    },
    selfTest: async () => problem,
    examine: async () => Promise.reject(new Error("no such tool")),
    readOnly: () => ({ reason: "the disk is full", since: NOW, tries: 3 }),
  });
  for (const [id, state] of [
    ["journal", "failed"],
    ["engines", "failed"],
    ["runtime", "failed"],
    ["clustering", "ok"],
    ["nodes", "attention"],
    ["offloads", "attention"],
  ] as const) {
    assert.equal(stateOf(checks, id), state, id);
  }
  assert.match(checks.find(({ id }) => id === "nodes")?.cause ?? "", /attic \(its heartbeat stopped\)/);
});

test("no secret that an error quotes is in a diagnosis", async (t) => {
  const here = await services(t, new DeskBench(homeAlone().state));
  const checks = await diagnosed(here, {
    examine: async () => Promise.reject(new Error(`cannot log in with ${TEST_SECRET}`)),
    readOnly: () => ({ reason: `the disk of ${TEST_SECRET} is full`, since: NOW, tries: 3 }),
  });
  assert.ok(JSON.stringify(checks).includes("[REDACTED:known-secret:"));
  assert.ok(!JSON.stringify(checks).includes(TEST_SECRET));
});

test("turned off, the door and the silence of workers are as they should be", async (t) => {
  const home = homeWith(GPU);
  home.run(turnOff());
  const checks = await diagnosed(await services(t, new DeskBench(home.state)));
  assert.deepEqual([stateOf(checks, "clustering"), stateOf(checks, "nodes")], ["ok", "ok"]);
});
