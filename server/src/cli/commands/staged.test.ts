// The staged commands at a terminal: what they print, which digest they send, and the exit codes that scripts rely on.
import assert from "node:assert/strict";
import { test } from "node:test";
import { digestOf } from "#protocol/digest.ts";
import { byteCount, epochMs } from "#protocol/quantities.ts";
import { stagedDigest } from "#protocol/staging.ts";
import type { StagedResult, StagedView } from "#protocol/wire/stagingViews.ts";
import { bench, calls } from "../../../../test/clients/commandBench.ts";
import { IDS, OWNER_SECRET } from "../../../../test/clients/fakeHome.ts";
import { runCli } from "../program.ts";

const env = { ARW_OWNER_SECRET: OWNER_SECRET };
const ACTION = {
  kind: "apply-proposal",
  proposalId: IDS.proposal,
  proposal: digestOf("proposal"),
  changes: digestOf("changes"),
  touched: { files: 2, deletes: 0, protected: 1, outside: 1 },
} as const;
const VIEW: StagedView = {
  stagedId: IDS.staged,
  digest: stagedDigest(ACTION),
  action: ACTION,
  risk: { level: "high", rule: "writes-protected", reason: "It writes files that steer git." },
  title: "Write 2 files of \u001b[2Jnpm test",
  evidence: [
    { kind: "asked", by: "a script", why: "so that it is done" },
    {
      kind: "diff",
      proposal: ACTION.proposal,
      files: 2,
      protectedPaths: [".vscode/tasks.json"],
      outsidePaths: ["b.ts"],
      askedFor: ["out/**"],
    },
    {
      kind: "dry-run",
      episodeId: IDS.episode,
      title: "npm test",
      outcome: { kind: "exited", exitCode: 0 },
      outputBytes: 640,
    },
  ],
  requestedBy: "a script",
  stagedAt: epochMs(1_700_000_000_000),
  revision: 2,
  endorsements: [{ by: "a reader", at: epochMs(1_700_000_000_000) }],
  state: "pending",
};

function answering(...results: readonly StagedResult[]): Parameters<typeof bench>[1] {
  return () => ({
    showStaged: async () => ({ items: [VIEW] }),
    approveStaged: async () => ({ results }),
    listStaged: async () => ({
      items: [
        { kind: "action", staged: VIEW },
        {
          kind: "egress",
          previewId: IDS.preview,
          digest: digestOf("preview"),
          episodeId: IDS.episode,
          title: "npm test",
          node: "gpu-box-1",
          payloadBytes: byteCount(18_400),
          risk: { level: "high", rule: "leaves", reason: "It leaves." },
          stagedAt: epochMs(1_700_000_000_000),
        },
      ],
    }),
  });
}

test("staged list has actions and sends in one table, and no foreign control character", async (t) => {
  const { terminal } = await bench(t, answering());
  const screen = terminal();
  assert.equal(await runCli(["staged", "list"], screen.host), 0);
  assert.match(screen.stdout(), /staged_\S+ +waits .* high +Write 2 files/);
  assert.match(screen.stdout(), /prev_\S+ +waits .* Send 18\.4 KB to gpu-box-1: npm test/);
  assert.ok(!screen.stdout().includes("\u001b"));
});

test("staged show says what, risk with its reason, evidence, endorsements, what it binds and how it is undone", async (t) => {
  const { terminal } = await bench(t, answering());
  const screen = terminal();
  assert.equal(await runCli(["staged", "show", IDS.staged], screen.host), 0);
  for (const part of [
    /Risk — high: It writes files that steer git\. \(rule writes-protected\)/,
    /2 files: 0 deleted, 1 not asked for, 1 protected/,
    /protected: \.vscode\/tasks\.json/,
    /ran in a sandbox: npm test: exit 0, 640 B/,
    /Endorsed by a reader/,
    /exactly this \(sha256:.*\), once, within 10 min/,
    /Undo — git/,
  ]) {
    assert.match(screen.stdout(), part);
  }
});

test("staged approve sends the digest that was shown, and its exit code tells what came of it", async (t) => {
  const of = { stagedId: IDS.staged, detail: "" } as const;
  for (const [result, exitCode] of [
    [{ ...of, outcome: "done", files: 2 }, 0],
    [{ ...of, outcome: "void" }, 91],
    [{ ...of, outcome: "refused", code: "staged-decided" }, 91],
    [{ ...of, outcome: "unknown" }, 91],
  ] as const) {
    const { home, terminal } = await bench(t, answering(result));
    assert.equal(await runCli(["staged", "approve", IDS.staged, "--yes"], terminal({ env }).host), exitCode);
    const params = { items: [{ stagedId: IDS.staged, digest: VIEW.digest }] };
    assert.deepEqual(calls(home, "approveStaged")[0]?.params, params);
  }
});

test("nobody there means nothing approved, and without the secret neither", async (t) => {
  const { home, terminal } = await bench(t, answering());
  assert.equal(await runCli(["staged", "approve", IDS.staged], terminal({ env }).host), 74);
  assert.equal(await runCli(["staged", "approve", IDS.staged, "--yes"], terminal().host), 73);
  assert.deepEqual(calls(home, "approveStaged"), []);
});

test("staged batch shows a table before, and --json has one result a line", async (t) => {
  const { terminal } = await bench(t, answering({ stagedId: IDS.staged, outcome: "done", detail: "" }));
  const screen = terminal({ env });
  assert.equal(await runCli(["--json", "staged", "batch", IDS.staged, "--yes"], screen.host), 0);
  assert.match(screen.stdout(), /"outcome":"done"/);
});

test("staged reject carries the reason, withdraw needs no owner, revise says what is to be different", async (t) => {
  const { home, terminal } = await bench(t, answering());
  const { digest } = VIEW;
  const rejected = ["staged", "reject", IDS.staged, "--reason", "not now"];
  assert.equal(await runCli(rejected, terminal({ env }).host), 0);
  assert.deepEqual(calls(home, "rejectStaged")[0]?.params, { stagedId: IDS.staged, digest, reason: "not now" });
  assert.equal(await runCli(["staged", "withdraw", IDS.staged], terminal().host), 0);
  assert.equal(await runCli(["staged", "revise", IDS.staged, "--file", "b.ts"], terminal().host), 0);
  const change = { kind: "apply-proposal", paths: ["b.ts"] };
  assert.deepEqual(calls(home, "reviseStaged")[0]?.params, { stagedId: IDS.staged, digest, change });
  assert.equal(await runCli(["staged", "revise", IDS.staged], terminal().host), 64);
});
