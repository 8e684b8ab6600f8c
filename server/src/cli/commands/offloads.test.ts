// The two switches at the terminal: whether anything may leave, and whether workers can reach this Home.
import assert from "node:assert/strict";
import { test } from "node:test";
import { epochMs } from "#protocol/quantities.ts";
import { bench, calls } from "../../../../test/clients/commandBench.ts";
import { helloOf, OWNER_SECRET } from "../../../../test/clients/fakeHome.ts";
import { runCli } from "../program.ts";

const env = { ARW_OWNER_SECRET: OWNER_SECRET };

test("anyone pauses offloads, and what anyone but the owner resumes waits for the owner", async (t) => {
  const { home, terminal } = await bench(t);
  const paused = terminal();
  assert.equal(await runCli(["offloads", "pause"], paused.host), 0);
  assert.match(paused.stdout(), /nothing new leaves this machine.*arw-home offloads resume/);
  assert.equal(await runCli(["offloads", "resume"], terminal().host), 74);
  assert.equal(await runCli(["offloads", "resume"], terminal({ env }).host), 0);
  const asked = calls(home, "resumeOffloads").map(({ session }) => session.owner);
  assert.deepEqual(asked, [false, true]);
});

test("nodes says that offloads are paused, since when and by whom", async (t) => {
  const { terminal, workspace } = await bench(t, () => ({
    hello: () => ({ ...helloOf(workspace), offloadsPaused: { since: epochMs(1_700_000_000_000), by: "vscode" } }),
  }));
  const screen = terminal();
  assert.equal(await runCli(["nodes"], screen.host), 0);
  assert.match(screen.stdout(), /All offloads are paused since .+, by vscode/);
});

test("clustering on says where workers reach this Home, and waits for the owner where somebody else asks", async (t) => {
  const { terminal } = await bench(t);
  assert.equal(await runCli(["clustering", "on"], terminal().host), 74);
  const screen = terminal({ env });
  assert.equal(await runCli(["--json", "clustering", "on"], screen.host), 0);
  assert.deepEqual(screen.lines(), [{ kind: "clustering-on", host: "127.0.0.1", port: 7_411 }]);
});
