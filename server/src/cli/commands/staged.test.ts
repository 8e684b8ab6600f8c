// The staged commands at a terminal: what they print, which digest they send, and the exit codes that scripts rely on.
import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { digestOf } from "#protocol/digest.ts";
import { byteCount, epochMs } from "#protocol/quantities.ts";
import { stagedDigest } from "#protocol/staging.ts";
import type { ProposalView } from "#protocol/wire/clientViews.ts";
import { STAGED_EDIT_BYTES_MAX, type StagedResult, type StagedView } from "#protocol/wire/stagingViews.ts";
import { workspacePathSchema } from "#protocol/workspacePath.ts";
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
    showProposal: async () => proposalOf("b.ts"),
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

test("staged revise --file path=file brings the bytes of the file, of the whole set or of what is named alone", async (t) => {
  const folder = await mkdtemp(join(tmpdir(), "arw-revise-"));
  t.after(() => rm(folder, { recursive: true, force: true }));
  const mine = join(folder, "mine=this.ts");
  await writeFile(mine, "edited");
  const { home, terminal } = await bench(t, () => ({
    showStaged: async () => ({ items: [VIEW] }),
    showProposal: async () => proposalOf("src/a.ts", "b=c.ts"),
  }));
  const revised = async (...words: readonly string[]): Promise<unknown> => {
    const files = words.flatMap((word) => ["--file", word]);
    assert.equal(await runCli(["staged", "revise", IDS.staged, ...files], terminal().host), 0);
    return calls(home, "reviseStaged").at(-1)?.params;
  };
  const of = { stagedId: IDS.staged, digest: VIEW.digest };
  const kind = "apply-proposal";
  const base64 = Buffer.from("edited").toString("base64");
  const contents = [{ path: "src/a.ts", base64 }];
  assert.deepEqual(await revised(`src/a.ts=${mine}`), { ...of, change: { kind, contents } });
  assert.deepEqual(await revised("b=c.ts"), { ...of, change: { kind, paths: ["b=c.ts"] } });
  const both = { kind, paths: ["b=c.ts", "src/a.ts"], contents };
  assert.deepEqual(await revised("b=c.ts", `src/a.ts=${mine}`), { ...of, change: both });
  const equal = { kind, contents: [{ path: "b=c.ts", base64 }] };
  assert.deepEqual(await revised(`b=c.ts=${mine}`), { ...of, change: equal });
  const gone = ["staged", "revise", IDS.staged, "--file", `src/a.ts=${folder}/gone`];
  assert.notEqual(await runCli(gone, terminal().host), 0);
  await writeFile(mine, Buffer.alloc(STAGED_EDIT_BYTES_MAX + 1));
  const large = ["staged", "revise", IDS.staged, "--file", `src/a.ts=${mine}`];
  assert.equal(await runCli(large, terminal().host), 91);
});

test("staged revise --policy brings another text, and show says what was edited and what stops counting", async (t) => {
  const folder = await mkdtemp(join(tmpdir(), "arw-revise-"));
  t.after(() => rm(folder, { recursive: true, force: true }));
  const file = join(folder, "policy.jsonc");
  await writeFile(file, "{}");
  const drops = { document: digestOf("kept"), rules: ["never-a"], noEgress: true };
  const action = { kind: "adopt-policy", name: "mine", text: "{ }", base: { epoch: 3, drops } } as const;
  const policy: StagedView = { ...VIEW, action, digest: stagedDigest(action) };
  const edited = [{ path: workspacePathSchema.parse("b.ts"), digest: digestOf("b"), bytes: byteCount(12) }];
  let shown = policy;
  const { home, terminal } = await bench(t, () => ({ showStaged: async () => ({ items: [shown] }) }));
  assert.equal(await runCli(["staged", "revise", IDS.staged, "--policy", file], terminal().host), 0);
  const change = { kind: "adopt-policy", text: "{}" };
  assert.deepEqual(calls(home, "reviseStaged")[0]?.params, { stagedId: IDS.staged, digest: policy.digest, change });
  const screen = terminal();
  assert.equal(await runCli(["staged", "show", IDS.staged], screen.host), 0);
  assert.match(screen.stdout(), /No more in force then .*: never-a and its gate/);
  shown = { ...VIEW, action: { ...ACTION, edited } };
  assert.equal(await runCli(["staged", "show", IDS.staged], screen.host), 0);
  assert.match(screen.stdout(), /edited since it was made: b\.ts, now 12 B \(sha256:/);
});

function proposalOf(...paths: readonly string[]): ProposalView {
  const content = { digest: digestOf("proposed"), bytes: byteCount(8), executable: false };
  const changes = paths.map((path) => ({ kind: "create", path: workspacePathSchema.parse(path), ...content }) as const);
  const proposal = { kind: "proposal", changes, leftOut: [] } as const;
  return { proposalId: IDS.proposal, episodeId: IDS.episode, digest: ACTION.proposal, proposal, conflicts: [] };
}
