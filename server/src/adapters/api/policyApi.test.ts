// The policy through the API, over real files and a real core: adopted, broken, narrowed by the workspace, and asked what it
// would have decided otherwise.
import assert from "node:assert/strict";
import { chmod, mkdir, mkdtemp, readFile, rm, stat, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { decode } from "#protocol/decode.ts";
import { METHODS } from "#protocol/wire/client.ts";
import { POLICY_CHARACTERS_MAX } from "#protocol/policy.ts";
import { byteCount } from "#protocol/quantities.ts";
import { ANYONE, answered, codeOf, command, OWNER } from "../../../../test/simulation/apiBench.ts";
import { documentText, policyBench, rule, writeWorkspace } from "../../../../test/simulation/policyBench.ts";
import { stagingOf } from "../../home/staging/state.ts";
import { GPU } from "../../../../test/simulation/homeScenario.ts";
import { approveAndDo } from "../staging/actionRuns.ts";
import { POLICY_RETRY_FIRST_MS, POLICY_RETRY_MS_MAX, PolicyDesk } from "../policy/policyDesk.ts";
import type { PolicyFiles } from "../policy/policyFiles.ts";
import { POSTURE_TEXTS } from "../policy/postures.ts";
import { egressApi } from "./egressApi.ts";
import { episodeApi } from "./episodeApi.ts";

test("a Home begins with ask-always, in a file of its own that nobody else may read", async (t) => {
  const bench = await policyBench(t);
  const view = answered(await bench.api.showPolicy({}, ANYONE));
  assert.deepEqual([view.name, view.epoch, view.edited, view.adopted], ["ask-always", 0, false, undefined]);
  assert.equal(await readFile(bench.files.homeFile, "utf8"), POSTURE_TEXTS["ask-always"]);
  assert.equal((await stat(bench.files.homeFile)).mode & 0o777, 0o600);
  const { previewId } = answered(await bench.start());
  assert.ok(previewId !== undefined);
  const { preview } = answered(await egressApi(bench.here).readPreview({ previewId }, ANYONE));
  assert.deepEqual(preview.why.policy, {
    effect: "ask",
    rules: ["offload-asks"],
    explanation: "The owner reads and approves every offload.",
  });
});

test("what the owner adopts is in force, kept with its comments, and ends what it forbids", async (t) => {
  const bench = await policyBench(t);
  const { previewId } = answered(await bench.start());
  const text = documentText(rule("asks", "ask"), rule("no-notes", "deny", { resource: { paths: ["notes/**"] } }));
  const adopted = answered(await bench.api.adoptPolicy({ text }, OWNER));
  assert.deepEqual([adopted.name, adopted.epoch, adopted.withdrawn], ["mine", 1, [previewId]]);
  assert.equal(await readFile(bench.files.homeFile, "utf8"), text);
  assert.equal(codeOf(await bench.start()), "policy-denied");
  assert.equal(answered(await bench.api.showPolicy({}, ANYONE)).text, text);
  const { entries } = answered(await bench.api.policyHistory({}, ANYONE));
  assert.deepEqual(
    entries.map(({ epoch }) => epoch),
    [1],
  );
  await bench.api.usePosture({ posture: "local-only" }, OWNER);
  assert.match(answered(await bench.api.policyHistory({}, ANYONE)).entries[0]?.text ?? "", /local-only/);
});

test("a text that is no policy is not adopted, and its fault is named with line and column", async (t) => {
  const bench = await policyBench(t);
  const refused = await bench.api.adoptPolicy({ text: '{\n  "version": 1\n  "rules": []\n}' }, OWNER);
  assert.ok("code" in refused && refused.code === "policy-invalid");
  assert.match(refused.message, /:3:3 expects a comma/);
  assert.equal(bench.here.home.state.policy, undefined);
});

test("an edit of the file counts only once it is adopted; one that cannot be read denies until it is mended", async (t) => {
  const bench = await policyBench(t);
  await bench.desk.look();
  await writeFile(bench.files.homeFile, documentText(rule("all", "allow")));
  assert.ok(answered(await bench.start()).previewId !== undefined, "an edit loosens nothing");
  assert.equal(answered(await bench.api.showPolicy({}, ANYONE)).edited, true);
  await writeFile(bench.files.homeFile, '{ "version": 1,\n "rules": [ }');
  const refused = await bench.start();
  assert.ok("code" in refused && refused.code === "policy-denied");
  assert.match(refused.message, /policy\.jsonc:2:\d+ /);
  assert.match(answered(await bench.api.showPolicy({}, ANYONE)).problem ?? "", /policy\.jsonc:2:/);
  await rm(bench.files.homeFile);
  assert.ok(answered(await bench.start()).previewId !== undefined);
});

test("the workspace's own document makes things stricter at the next send, and never looser", async (t) => {
  const bench = await policyBench(t);
  await bench.api.adoptPolicy({ text: documentText(rule("all", "allow")) }, OWNER);
  assert.ok(answered(await bench.start()).leaseId !== undefined);
  await writeWorkspace(bench, documentText(rule("asks", "ask"), rule("more", "allow")));
  const { previewId } = answered(await bench.start());
  assert.ok(previewId !== undefined);
  const { workspace } = answered(await bench.api.showPolicy({}, ANYONE));
  assert.deepEqual(
    workspace?.findings.map(({ code }) => code),
    ["policy-widens"],
  );
  await writeWorkspace(bench, "{ broken");
  const refused = await bench.start();
  assert.ok("code" in refused && refused.code === "policy-denied");
  assert.match(refused.message, /\.arw\/policy\.jsonc:1:3 /);
  const { digest } = answered(await egressApi(bench.here).readPreview({ previewId }, ANYONE));
  assert.equal(codeOf(await egressApi(bench.here).approveEgress({ previewId, digest }, OWNER)), "preview-answered");
  await rm(bench.files.workspaceFile);
  const waiting = answered(await bench.start());
  assert.ok(waiting.leaseId === undefined, "the rule that asks counts without its file");
  const removed = answered(await bench.api.showPolicy({}, ANYONE));
  assert.ok(decode(METHODS.showPolicy.result, removed).ok);
  assert.deepEqual([removed.workspace?.unconfirmed, removed.workspace?.name], ["removed", "mine"]);
  const { entries } = answered(await bench.api.policyHistory({}, ANYONE));
  assert.match(entries[0]?.text ?? "", /is gone; what mine forbade counts until the owner adopts a policy/);
  await bench.api.adoptPolicy({ text: documentText(rule("all", "allow")) }, OWNER);
  assert.ok(answered(await bench.start()).leaseId !== undefined);
});

test("a folder that is a link is not followed out of the workspace: what lies there is no policy, and denies", async (t) => {
  const bench = await policyBench(t);
  const elsewhere = await mkdtemp(join(tmpdir(), "arw-elsewhere-"));
  t.after(() => rm(elsewhere, { recursive: true, force: true }));
  await writeFile(join(elsewhere, "policy.jsonc"), documentText());
  await symlink(elsewhere, dirname(bench.files.workspaceFile));
  const refused = await bench.start();
  assert.ok("code" in refused && refused.code === "policy-denied");
  assert.match(refused.message, /its folder is a link/);
  await rm(dirname(bench.files.workspaceFile));
  assert.equal(codeOf(await bench.start()), undefined);
});

test("a file that cannot be read for a moment denies, and is read again by itself though nothing about it changes", async (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const bench = await policyBench(t);
  let failing = true;
  const reading: PolicyFiles = {
    ...bench.files,
    read: async (file) => (failing ? { kind: "unreadable", reason: "EMFILE", passing: true } : bench.files.read(file)),
  };
  const desk = new PolicyDesk({ services: bench.here, files: reading, onTrouble: (what) => assert.fail(what) });
  t.after(() => desk[Symbol.asyncDispose]());
  const problem = (): string | undefined => bench.here.home.state.policy?.fileProblem;
  await desk.look();
  assert.match(problem() ?? "", /EMFILE/);
  failing = false;
  for (let turns = 0; problem() !== undefined && turns < 10_000; turns++) {
    t.mock.timers.tick(POLICY_RETRY_FIRST_MS);
    await new Promise((resume) => setImmediate(resume));
  }
  assert.equal(problem(), undefined);
});

test("a look that fails is said and repeated, ever later up to the limit, until it is known what the files say", async (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const bench = await policyBench(t);
  let looks = 0;
  const failing: PolicyFiles = {
    ...bench.files,
    stamp: async () => {
      looks += 1;
      throw new Error("the disk is away");
    },
  };
  const troubles: string[] = [];
  const desk = new PolicyDesk({ services: bench.here, files: failing, onTrouble: (what) => troubles.push(what) });
  await assert.rejects(desk.look(), /the disk is away/);
  const settled = async (): Promise<void> => {
    for (let turn = 0; turn < 5; turn++) await new Promise((resume) => setImmediate(resume));
  };
  let delayMs = POLICY_RETRY_FIRST_MS;
  for (let tries = 1; tries <= 10; tries++) {
    t.mock.timers.tick(delayMs - 1);
    await settled();
    assert.equal(looks, tries);
    t.mock.timers.tick(1);
    await settled();
    assert.equal(looks, tries + 1);
    delayMs = Math.min(POLICY_RETRY_MS_MAX, 2 * delayMs);
  }
  assert.equal(troubles.length, 10);
  await desk[Symbol.asyncDispose]();
  t.mock.timers.tick(POLICY_RETRY_MS_MAX);
  await settled();
  assert.equal(looks, 11, "a desk that ended looks no more");
});

test("what starts here, a revision and a staged run know what the files say at that moment", async (t) => {
  const bench = await policyBench(t);
  const { previewId } = answered(await bench.start());
  assert.ok(previewId !== undefined);
  const { digest } = answered(await egressApi(bench.here).readPreview({ previewId }, ANYONE));
  const staged = await episodeApi(bench.here).startEpisode({ request: command("make"), on: "local" }, ANYONE);
  assert.ok("code" in staged && staged.code === "waits-for-owner", "nothing holds a command here, so it waits");
  const [item] = stagingOf(bench.here.home.state).byId.values();
  assert.ok(item !== undefined);
  const never = { actions: ["run-here", "offload"] };
  await writeWorkspace(bench, documentText(rule("never", "deny", never)));
  const here = await episodeApi(bench.here).startEpisode({ request: command("make"), on: "local" }, OWNER);
  assert.equal(codeOf(here), "policy-denied");
  await rm(bench.files.workspaceFile);
  await bench.api.usePosture({ posture: "ask-always" }, OWNER);
  await writeWorkspace(bench, documentText(rule("never", "deny", never)));
  const leaveOut = ["a.txt"];
  const revised = await egressApi(bench.here).reviseEgress({ previewId, digest, leaveOut }, OWNER);
  assert.ok(codeOf(revised) !== undefined, "the preview was withdrawn by what the file says now");
  await rm(bench.files.workspaceFile);
  await bench.api.usePosture({ posture: "ask-always" }, OWNER);
  await writeWorkspace(bench, documentText(rule("never", "deny", never)));
  const done = await approveAndDo(bench.here, OWNER, item);
  assert.notEqual(done.outcome, "done");
  assert.equal(bench.here.home.state.policy?.workspace?.kind, "document", "the file was looked at before the run");
});

test("what the files say counts without a send as well: what waits is withdrawn once a watched file forbids it", async (t) => {
  const bench = await policyBench(t);
  const { previewId } = answered(await bench.start());
  assert.ok(previewId !== undefined);
  bench.desk.begin();
  t.after(() => bench.desk[Symbol.asyncDispose]());
  await writeWorkspace(bench, documentText(rule("never", "deny")));
  const stateOf = (): string | undefined => bench.here.home.state.egress.previews.get(previewId)?.state;
  while (stateOf() === "waiting") await new Promise((resume) => setTimeout(resume, 20));
  assert.equal(stateOf(), "withdrawn");
});

test("a document in the place of which there is a link, a folder or too much is not read, and denies", async (t) => {
  const bench = await policyBench(t);
  const { workspaceFile } = bench.files;
  await writeWorkspace(bench, "x".repeat(4 * POLICY_CHARACTERS_MAX + 1));
  assert.equal(codeOf(await bench.start()), "policy-denied");
  await rm(workspaceFile);
  await symlink(join(bench.here.workspaceFolder, "a.txt"), workspaceFile);
  assert.equal(codeOf(await bench.start()), "policy-denied");
  await rm(workspaceFile);
  await mkdir(workspaceFile);
  assert.equal(codeOf(await bench.start()), "policy-denied");
  await rm(workspaceFile, { recursive: true });
  await writeFile(workspaceFile, Buffer.from([0x7b, 0xff, 0x7d]));
  assert.equal(codeOf(await bench.start()), "policy-denied");
  await rm(workspaceFile);
  assert.equal(codeOf(await bench.start()), undefined);
});

test("of a text it is said which past offloads it would have decided otherwise, denied ones among them", async (t) => {
  const bench = await policyBench(t);
  await bench.start();
  await bench.api.usePosture({ posture: "local-only" }, OWNER);
  assert.equal(codeOf(await bench.start()), "policy-denied");
  await bench.api.usePosture({ posture: "ask-always" }, OWNER);
  const denying = documentText(rule("asks", "ask"), rule("no-notes", "deny", { resource: { paths: ["notes"] } }));
  const checked = answered(await bench.api.checkPolicy({ text: denying, of: "home" }, ANYONE));
  assert.deepEqual(
    [checked.looked, checked.changed.map(({ before, after }) => [before, after])],
    [
      2,
      [
        ["ask", "deny"],
        ["ask", "deny"],
      ],
    ],
  );
  assert.equal(checked.changed[0]?.explanation, "because of no-notes");
  // One was withdrawn, one denied at once: the ledger has neither. What the owner denies is a record.
  const { previewId } = answered(await bench.start());
  assert.ok(previewId !== undefined);
  answered(await egressApi(bench.here).denyEgress({ previewId, reason: "no" }, OWNER));
  const recorded = answered(await bench.api.checkPolicy({ text: denying, of: "home" }, ANYONE));
  assert.deepEqual(
    recorded.changed.filter((change) => change.recorded).map(({ title }) => title),
    [answered(await egressApi(bench.here).readPreview({ previewId }, ANYONE)).preview.title],
  );
  const same = answered(await bench.api.checkPolicy({ text: POSTURE_TEXTS["ask-always"], of: "home" }, ANYONE));
  assert.deepEqual(same.changed, []);
  const broken = answered(await bench.api.checkPolicy({ text: "{", of: "home" }, ANYONE));
  assert.deepEqual([broken.name, broken.findings[0]?.severity], [undefined, "error"]);
});

test("what is of no effect is found: unknown workers, rules that never decide, obligations of a denial", async (t) => {
  const bench = await policyBench(t);
  const text = documentText(
    rule("elsewhere", "ask", { destination: { nodes: ["nowhere", GPU.name] } }),
    rule("no-size", "allow", { resource: { bytesMax: 5, bytesOver: 5 } }),
    rule("secrets", "allow", { resource: { classes: ["secret"] } }),
    rule("never", "deny", { obligations: { redact: true } }),
    rule("here", "ask", { actions: ["run-here"] }),
  );
  const { findings } = answered(await bench.api.checkPolicy({ text, of: "home" }, ANYONE));
  const found = findings.map(({ code, message }) => `${code} ${/rule ([a-z-]+)/.exec(message)?.[1] ?? ""}`.trim());
  assert.deepEqual(found, [
    "policy-unknown-node",
    "policy-unreachable elsewhere",
    "policy-unreachable no-size",
    "policy-unreachable secrets",
    "policy-idle-obligation never",
    "policy-ask-here here",
  ]);
});

test("a request that nobody makes is explained, by the rules that fit", async (t) => {
  const bench = await policyBench(t);
  const plain = answered(await bench.api.explainPolicy({ action: "run-here" }, ANYONE));
  assert.ok(decode(METHODS.explainPolicy.result, plain).ok, "the answer is what its method says");
  const ask = { action: "offload", node: GPU.name } as const;
  const explained = answered(await bench.api.explainPolicy({ ...ask, bytes: byteCount(10) }, ANYONE));
  assert.deepEqual([explained.effect, explained.rules], ["ask", ["offload-asks"]]);
  const secret = answered(await bench.api.explainPolicy({ ...ask, classification: "secret" }, ANYONE));
  assert.deepEqual([secret.effect, secret.rules[0]], ["deny", "secrets-never-leave"]);
  const nowhere = answered(await bench.api.explainPolicy({ action: "offload", node: "nobody" }, ANYONE));
  assert.equal(nowhere.rules[0], "only-enrolled-nodes");
  assert.equal(answered(await bench.api.explainPolicy({ action: "run-here" }, ANYONE)).effect, "allow");
});

test("a crash between the fact and the file is mended: the file that was in force before is no edit", async (t) => {
  const bench = await policyBench(t);
  await bench.api.usePosture({ posture: "local-only" }, OWNER);
  await bench.api.usePosture({ posture: "trusted-workers" }, OWNER);
  await writeFile(bench.files.homeFile, POSTURE_TEXTS["local-only"]);
  await chmod(bench.files.homeFile, 0o644);
  assert.equal(answered(await bench.api.showPolicy({}, ANYONE)).edited, false);
  assert.equal(await readFile(bench.files.homeFile, "utf8"), POSTURE_TEXTS["trusted-workers"]);
  assert.equal((await stat(bench.files.homeFile)).mode & 0o777, 0o600);
});
