// A policy that somebody else than the owner asks for: it waits with its whole text, is adopted by the owner's yes alone, and
// upon nothing but what was in force when the owner read it.
import assert from "node:assert/strict";
import { readFile, rm } from "node:fs/promises";
import { test } from "node:test";
import { ANYONE, answered, codeOf, OWNER } from "../../../../test/simulation/apiBench.ts";
import {
  documentText,
  type PolicyBench,
  policyBench,
  rule,
  writeWorkspace,
} from "../../../../test/simulation/policyBench.ts";
import { stagingOf } from "../../home/staging/state.ts";
import { POSTURE_TEXTS } from "../policy/postures.ts";
import { approveAndDo } from "../staging/actionRuns.ts";
import type { HomeServices } from "./services.ts";
import { stagedApi } from "./stagedApi.ts";

/** The one policy that waits, and its answer. */
async function approveWaiting({
  here,
}: PolicyBench): Promise<readonly [outcome: string, replacedBy: string | undefined]> {
  const [held, ...more] = [...stagingOf(here.home.state).byId.values()].filter(
    ({ status }) => status.kind === "pending",
  );
  assert.ok(held !== undefined && more.length === 0);
  const { outcome, replacedBy } = await approveAndDo(here, OWNER, held);
  return [outcome, replacedBy];
}

test("a policy that anyone else asks for waits with its whole text, and is adopted by the owner's yes alone", async (t) => {
  const bench = await policyBench(t);
  const text = documentText(rule("asks", "ask"));
  assert.equal(codeOf(await bench.api.adoptPolicy({ text }, ANYONE)), "waits-for-owner");
  const adopted = (): string | undefined => bench.here.home.state.policy?.adopted?.by;
  assert.equal(adopted(), undefined);
  const [held] = [...stagingOf(bench.here.home.state).byId.values()];
  assert.deepEqual(held?.action, { kind: "adopt-policy", name: "mine", text, base: { epoch: 0 } });
  assert.deepEqual([held.risk.level, held.risk.rule], ["high", "changes-policy"]);
  assert.deepEqual(await approveWaiting(bench), ["done", undefined]);
  assert.equal(await readFile(bench.files.homeFile, "utf8"), text);
  assert.equal(adopted(), ANYONE.client);
});

test("a policy that waits is void once another was adopted, and waits again beside that one", async (t) => {
  const bench = await policyBench(t);
  assert.equal(codeOf(await bench.api.usePosture({ posture: "trusted-workers" }, ANYONE)), "waits-for-owner");
  answered(await bench.api.usePosture({ posture: "local-only" }, OWNER));
  const [outcome, replacedBy] = await approveWaiting(bench);
  assert.equal(outcome, "void");
  assert.ok(replacedBy !== undefined);
  assert.match(bench.here.home.state.policy?.adopted?.text ?? "", /local-only/u);
  assert.deepEqual(await approveWaiting(bench), ["done", undefined]);
  assert.match(bench.here.home.state.policy?.adopted?.text ?? "", /trusted-workers/u);
});

test("a policy that waits is void once rules of the workspace would stop counting with it, which it names from then on", async (t) => {
  const bench = await policyBench(t);
  await writeWorkspace(bench, documentText(rule("never-notes", "deny", { resource: { paths: ["notes/**"] } })));
  await bench.desk.look();
  assert.equal(codeOf(await bench.api.usePosture({ posture: "trusted-workers" }, ANYONE)), "waits-for-owner");
  // Nobody has looked since: the approval does.
  await rm(bench.files.workspaceFile);
  const [outcome, replacedBy] = await approveWaiting(bench);
  assert.deepEqual([outcome, bench.here.home.state.policy?.adopted], ["void", undefined]);
  const again = [...stagingOf(bench.here.home.state).byId.values()].find(({ stagedId }) => stagedId === replacedBy);
  assert.deepEqual(again?.action.kind === "adopt-policy" && again.action.base?.drops?.rules, ["never-notes"]);
  assert.equal(codeOf(await bench.start()), "policy-denied");
  assert.deepEqual(await approveWaiting(bench), ["done", undefined]);
  answered(await bench.start());
});

test("a policy is not adopted upon one that came between its beginning and its deed: it is void, and waits again", async (t) => {
  const bench = await policyBench(t);
  assert.equal(codeOf(await bench.api.usePosture({ posture: "trusted-workers" }, ANYONE)), "waits-for-owner");
  const late: HomeServices["adoptPolicy"] = async (...given) => {
    answered(await bench.desk.adopt(POSTURE_TEXTS["local-only"], { client: "another window", session: "owner" }));
    return bench.desk.adopt(...given);
  };
  const [outcome, replacedBy] = await approveWaiting({ ...bench, here: { ...bench.here, adoptPolicy: late } });
  assert.equal(outcome, "void");
  assert.ok(replacedBy !== undefined);
  assert.match(bench.here.home.state.policy?.adopted?.text ?? "", /local-only/u);
  assert.deepEqual(await approveWaiting(bench), ["done", undefined]);
});

test("a text that is no policy is not even staged", async (t) => {
  const bench = await policyBench(t);
  const code = codeOf(await bench.api.adoptPolicy({ text: "{ no" }, ANYONE));
  assert.equal(code, "policy-invalid");
  assert.equal(stagingOf(bench.here.home.state).byId.size, 0);
});

test("another text takes the place of a policy that waits, and a text that is no policy does not", async (t) => {
  const { api, here, files } = await policyBench(t);
  assert.equal(codeOf(await api.usePosture({ posture: "trusted-workers" }, ANYONE)), "waits-for-owner");
  const [held] = [...stagingOf(here.home.state).byId.values()];
  assert.ok(held !== undefined);
  const { digest, stagedId } = held;
  const { reviseStaged } = stagedApi(here);
  const to = (text: string): ReturnType<typeof reviseStaged> =>
    reviseStaged({ stagedId, digest, change: { kind: "adopt-policy", text } }, OWNER);
  assert.equal(codeOf(await to("{ no")), "policy-invalid");
  const text = documentText(rule("asks", "ask"));
  const next = answered(await to(text));
  const [result] = answered(await stagedApi(here).approveStaged({ items: [next] }, OWNER)).results;
  assert.equal(result?.outcome, "done");
  assert.deepEqual([await readFile(files.homeFile, "utf8"), here.home.state.policy?.adopted?.text], [text, text]);
});
