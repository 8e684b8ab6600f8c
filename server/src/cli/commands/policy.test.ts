// The policy at the terminal: shown, checked, adopted by the owner, explained with an exit code for each answer.
import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { epochMs } from "#protocol/quantities.ts";
import { bench, calls } from "../../../../test/clients/commandBench.ts";
import { IDS, OWNER_SECRET, POLICY } from "../../../../test/clients/fakeHome.ts";
import { runCli } from "../program.ts";

const RANGE = { start: { line: 2, character: 2 }, end: { line: 2, character: 6 } };
const FINDING = {
  code: "policy-invalid",
  severity: "error",
  message: "expects a comma",
  advice: "Mend the text here.",
  range: RANGE,
} as const;

test("policy show prints the document, why nothing leaves, and what the workspace says", async (t) => {
  const { terminal } = await bench(t, () => ({
    showPolicy: async () => ({
      ...POLICY,
      text: "// mine\n{}",
      problem: "policy.jsonc:3:3 expects a comma.",
      workspace: { file: "/w/.arw/policy.jsonc", name: "stricter", findings: [] },
    }),
  }));
  const screen = terminal();
  assert.equal(await runCli(["policy", "show"], screen.host), 0);
  assert.match(screen.stdout(), /ask-always[^]*Nothing leaves: policy\.jsonc:3:3[^]*stricter[^]*\/\/ mine/);
});

test("policy check names line and column and ends with 90 where the file is no policy", async (t) => {
  const offload = { episodeId: IDS.episode, title: "npm test", destination: "gpu-box", at: epochMs(1_700_000_000_000) };
  const changed = [
    { ...offload, before: "ask", after: "deny", explanation: "No rule allows this.", recorded: false },
  ] as const;
  const { home, workspace, terminal } = await bench(t, () => ({
    checkPolicy: async ({ text }) =>
      text === "{"
        ? { findings: [FINDING], changed: [], looked: 0, decided: [] }
        : { name: "mine", findings: [], changed, looked: 3, decided: [] },
  }));
  await writeFile(join(workspace, "bad.jsonc"), "{");
  await writeFile(join(workspace, "good.jsonc"), "{}");
  const bad = terminal();
  assert.equal(await runCli(["policy", "check", "bad.jsonc"], bad.host), 90);
  assert.match(bad.stdout(), /bad\.jsonc:3:3 error expects a comma/);
  const good = terminal();
  assert.equal(await runCli(["policy", "check", "good.jsonc", "--for-workspace"], good.host), 0);
  assert.match(good.stdout(), /1 of the last 3 offloads otherwise[^]*npm test to gpu-box: ask → deny/);
  assert.deepEqual(calls(home, "checkPolicy")[1]?.params, { text: "{}", of: "workspace" });
  assert.equal(await runCli(["policy", "check", "absent.jsonc"], terminal().host), 87);
});

test("policy adopt and use say what they withdrew, and wait for the owner where somebody else asks", async (t) => {
  const { home, workspace, terminal } = await bench(t);
  await writeFile(join(workspace, "mine.jsonc"), "{}");
  const env = { ARW_OWNER_SECRET: OWNER_SECRET };
  const adopting = terminal({ env });
  assert.equal(await runCli(["policy", "adopt", "mine.jsonc"], adopting.host), 0);
  assert.match(adopting.stdout(), /Adopted mine \(epoch 1\)\. It forbids 1 waiting preview/);
  assert.equal(await runCli(["policy", "use", "local-only"], terminal({ env }).host), 0);
  assert.deepEqual(calls(home, "usePosture")[0]?.params, { posture: "local-only" });
  assert.equal(await runCli(["policy", "use", "open"], terminal({ env }).host), 64);
  assert.equal(await runCli(["policy", "use", "local-only"], terminal().host), 74);
  assert.equal(await runCli(["policy", "adopt", "mine.jsonc"], terminal().host), 74);
});

test("policy explain ends with 0, 74 or 75, and names the rules", async (t) => {
  for (const [effect, exitCode] of [
    ["allow", 0],
    ["ask", 74],
    ["deny", 75],
  ] as const) {
    const { home, terminal } = await bench(t, () => ({
      explainPolicy: async () => ({ effect, rules: ["a", "b"], obligations: { redact: true }, explanation: "So." }),
    }));
    const screen = terminal();
    const words = ["--to", "gpu-box-1", "--path", "src/a.ts", "--bytes", "10", "--subject", "agent:reviewer"];
    assert.equal(await runCli(["policy", "explain", ...words], screen.host), exitCode);
    assert.match(screen.stdout(), new RegExp(`${effect}  So\\.[^]*a, b[^]*redacted`));
    assert.deepEqual(calls(home, "explainPolicy")[0]?.params, {
      action: "offload",
      paths: ["src/a.ts"],
      node: "gpu-box-1",
      bytes: 10,
      subject: { kind: "agent", id: "reviewer" },
    });
    assert.equal(await runCli(["policy", "explain"], terminal().host), 64);
    assert.equal(await runCli(["policy", "explain", "--to", "nobody"], terminal().host), 76);
  }
});

test("policy history lists the changes, the newest first", async (t) => {
  const { terminal } = await bench(t);
  const screen = terminal();
  assert.equal(await runCli(["policy", "history"], screen.host), 0);
  assert.match(screen.stdout(), /cli adopted mine/);
});
