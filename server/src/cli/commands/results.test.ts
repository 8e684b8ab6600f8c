// The result commands at a terminal: what they show, that they read as the owner who looks, and what they ask before an answer.
import assert from "node:assert/strict";
import { test } from "node:test";
import { refuse } from "#protocol/errors.ts";
import { byteCount } from "#protocol/quantities.ts";
import type { EpisodeView } from "#protocol/wire/clientViews.ts";
import { bench, calls, local } from "../../../../test/clients/commandBench.ts";
import { DIGEST, EPISODE, type FakeApi, IDS, OWNER_SECRET, outputKey } from "../../../../test/clients/fakeHome.ts";
import { runCli } from "../program.ts";

const env = { ARW_OWNER_SECRET: OWNER_SECRET };
const HELD: EpisodeView = {
  ...EPISODE,
  title: "npm run \u001b[2Jreport",
  target: { nodeId: IDS.worker, name: "gpu-box-1", local: false },
  produced: [
    { stream: "stdout", bytes: byteCount(12) },
    { stream: "stderr", bytes: byteCount(0) },
  ],
  proposalId: IDS.proposal,
  review: "waiting",
};

function holding(): FakeApi {
  return {
    listResults: async () => ({ episodes: [HELD] }),
    showResult: async () => ({ episode: HELD }),
    showProposal: async () => ({
      proposalId: IDS.proposal,
      episodeId: IDS.episode,
      digest: DIGEST,
      proposal: { kind: "proposal", changes: [], leftOut: [] },
      conflicts: [],
    }),
  };
}

test("result list names what waits, and no foreign control character", async (t) => {
  const { terminal } = await bench(t, holding);
  const screen = terminal();
  assert.equal(await runCli(["result", "list"], screen.host), 0);
  assert.match(screen.stdout(), /gpu-box-1 .*npm run/u);
  assert.match(screen.stdout(), new RegExp(`look at what came back: arw-home result show ${IDS.episode}`, "u"));
  assert.ok(!screen.stdout().includes("\u001b"));
  const nothing = await bench(t);
  const empty = nothing.terminal();
  assert.equal(await runCli(["result", "list"], empty.host), 0);
  assert.match(empty.stdout(), /Nothing that came back waits/u);
});

test("result show is the owner's: it prints the output and the files, and says that it reads to decide", async (t) => {
  const { home, terminal } = await bench(t, holding);
  home.output.set(outputKey(IDS.attempt, "stdout"), Buffer.from("one\u001b[2J\ntwo"));
  const without = terminal();
  assert.equal(await runCli(["result", "show", IDS.episode], without.host), 73);
  const screen = terminal({ env });
  assert.equal(await runCli(["result", "show", IDS.episode], screen.host), 0);
  assert.match(screen.stdout(), /From gpu-box-1, of npm run .*: 12 B of stdout, changed files/u);
  assert.match(screen.stdout(), /one<001B>\[2J\ntwo/u);
  assert.ok(!screen.stdout().includes("\u001b"));
  assert.match(screen.stderr(), /result accept .*result discard/u);
  const reads = [...calls(home, "readOutput"), ...calls(home, "showProposal")];
  assert.ok(reads.length >= 2);
  for (const { params, session } of reads) {
    assert.deepEqual([session.owner, Reflect.get(Object(params), "review")], [true, true]);
  }
});

test("an answer repeats what it is about and asks; nobody there means that nothing is decided", async (t) => {
  const { home, terminal } = await bench(t, holding);
  const alone = terminal({ env });
  assert.equal(await runCli(["result", "discard", IDS.episode], alone.host), 74);
  assert.match(alone.stderr(), /From gpu-box-1, of npm run/u);
  assert.equal(await runCli(["result", "accept", IDS.episode, "--yes"], terminal().host), 73);
  assert.deepEqual(calls(home, "reviewResult"), []);
  for (const [word, verdict, said] of [
    ["accept", "accepted", /can be applied/u],
    ["discard", "discarded", /Its output is gone/u],
  ] as const) {
    const screen = terminal({ env });
    assert.equal(await runCli(["result", word, IDS.episode, "--yes"], screen.host), 0);
    assert.match(screen.stdout(), said);
    assert.deepEqual(calls(home, "reviewResult").at(-1)?.params, { episodeId: IDS.episode, verdict });
  }
});

test("an answer that came too late has its exit code", async (t) => {
  const { terminal } = await bench(t, () => ({
    showResult: async () => refuse("result-reviewed", "What came back was already discarded.", "Run it again."),
  }));
  assert.equal(await runCli(["result", "accept", IDS.episode, "--yes"], terminal({ env }).host), 91);
});

test("run prints nothing of what is held back, and says where it can be looked at", async (t) => {
  const { terminal } = await bench(t, (home) => ({
    ...local({ kind: "exited", exitCode: 0 })(home),
    readOutput: async () => refuse("result-waits", "It waits for the owner.", "Look at it."),
    showEpisode: async () => ({ ...HELD, outcome: { kind: "exited", exitCode: 0 } }),
  }));
  const screen = terminal();
  assert.equal(await runCli(["run", "--", "npm", "test"], screen.host), 0);
  assert.equal(screen.stdout(), "");
  assert.match(screen.stderr(), new RegExp(`waits for your look first: arw-home result show ${IDS.episode}`, "u"));
  assert.doesNotMatch(screen.stderr(), /proposal apply/u);
});
