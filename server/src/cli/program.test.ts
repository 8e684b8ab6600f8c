// The other commands of arw-home, from words to exit code, against a Home of a few lines behind the real socket and border.
import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { digestOf } from "#protocol/digest.ts";
import { ArwError, refuse } from "#protocol/errors.ts";
import { byteCount, epochMs } from "#protocol/quantities.ts";
import type { LeaseView } from "#protocol/wire/clientViews.ts";
import { workspacePathSchema } from "#protocol/workspacePath.ts";
import { AWAY_NODE, bench, calls, LEASE, offloaded } from "../../../test/clients/commandBench.ts";
import { DIGEST, EPISODE, IDS, OWNER_SECRET, WORKER_NODE } from "../../../test/clients/fakeHome.ts";
import { runCli } from "./program.ts";

test("an unknown flag, command or folder is one sentence with its fix, and exit code 64", async (t) => {
  const { home, terminal } = await bench(t);
  for (const [words, fix] of [
    [["run", "--speed", "--", "ls"], /arw-home run -- <command>/],
    [["run", "--onn", "box", "--", "ls"], /Did you mean --on\?/],
    [["runn"], /Did you mean run\?/],
    [["cancel", "ep_short"], /arw-home help/],
    [["run", "--with", "a", "--install", "npm ci", "--", "ls"], /Send the folders/],
    [["--workspace", "/nowhere/at/all", "nodes"], /--workspace/],
    [["invite", "--listen", "here"], /0\.0\.0\.0:7411/],
    [[], /arw-home help/],
  ] as const) {
    const screen = terminal();
    assert.equal(await runCli(words, screen.host), 64, words.join(" "));
    assert.match(screen.stderr(), /^error: .+\nfix: .+\n$/, words.join(" "));
    assert.match(screen.stderr(), fix, words.join(" "));
  }
  assert.deepEqual(home.calls, []);
});

test("help and its exit codes need no Home", async (t) => {
  const { home, terminal } = await bench(t);
  const screen = terminal();
  assert.equal(await runCli(["help", "exit-codes"], screen.host), 0);
  assert.equal(await runCli(["help"], screen.host), 0);
  assert.equal(await runCli(["help", "journal", "verify"], screen.host), 0);
  assert.equal(await runCli(["run", "--help"], screen.host), 0);
  assert.match(screen.stdout(), /74 {2}an approval is needed/);
  assert.match(screen.stdout(), /proposal/);
  assert.deepEqual(home.clientCounts, []);
});

test("leases shows what is left, and lease grants and revokes as the owner", async (t) => {
  const env = { ARW_OWNER_SECRET: OWNER_SECRET };
  const { home, terminal } = await bench(t, () => ({ listLeases: async () => ({ epoch: 4, leases: LEASES }) }));
  const live = terminal();
  assert.equal(await runCli(["leases"], live.host), 0);
  const [head = "", row = "", ...more] = live.stdout().trimEnd().split("\n");
  assert.match(head, /^LEASE +NODE +COVERS +JOBS LEFT +BYTES LEFT +COST LEFT +TIME +STATE +REASON$/);
  assert.match(
    row,
    /gpu-box-1 +command, internal, src\/\*\* +2 of 5, 1 running +12 KB of 20 KB +0\.060000 EUR of 0\.100000 EUR/,
  );
  assert.match(row, /30 min +● live +nightly runs$/);
  assert.deepEqual(more, []);
  const all = terminal();
  assert.equal(await runCli(["leases", "--all", "--json"], all.host), 0);
  assert.deepEqual(
    all.lines().map((line) => line["epoch"]),
    [4, 4],
  );
  assert.equal(await runCli(["lease", "revoke", IDS.lease, "--reason", "enough"], terminal({ env }).host), 0);
  assert.equal(await runCli(["lease", "revoke", IDS.lease], terminal().host), 73);
  assert.equal(await runCli(["lease", "revoke", "lease_x"], terminal({ env }).host), 64);
  const terms = "uses=5,bytes=5MB,paths=src/**";
  assert.equal(await runCli(["lease", "grant", "gpu-box-1", terms, "--for", "ask"], terminal({ env }).host), 0);
  assert.equal(await runCli(["lease", "grant", "gpu-box-1", "uses=5", "--for", "ask"], terminal({ env }).host), 64);
  assert.equal(await runCli(["lease", "grant", "gpu-box-1", terms, "--for", "agent"], terminal({ env }).host), 64);
  const owner = home.calls.filter(({ name }) => name === "revokeLease" || name === "grantLease");
  assert.deepEqual(
    owner.map(({ params }) => params),
    [
      { leaseId: IDS.lease, reason: "enough" },
      {
        nodeId: IDS.worker,
        job: "ask",
        terms: {
          paths: ["src/**"],
          ceiling: "internal",
          budget: { uses: 5, bytes: 5_000_000 },
          leaseMs: 3_600_000,
        },
        reason: "granted at the terminal",
      },
    ],
  );
});

const LEASES: readonly LeaseView[] = [LEASE, { ...LEASE, state: "revoked", reason: "enough", inUse: 0 }];

test("nodes, episodes, egress and timeline print what the Home has", async (t) => {
  const { home, terminal } = await bench(t);
  home.timeline.append({ kind: "EpisodeStarted", corrId: IDS.episode, text: "Started npm test" });
  home.timeline.append({ kind: "NodeLost", text: "gpu-box-1 lost" });
  home.timeline.pageEntriesMax = 1;
  const screen = terminal();
  for (const words of [["nodes"], ["episodes"], ["egress"], ["timeline"]])
    assert.equal(await runCli(words, screen.host), 0);
  assert.match(screen.stdout(), /gpu-box-1 {2}● ready/);
  assert.match(screen.stdout(), /✓ exit 0 {2}npm test/);
  assert.match(screen.stdout(), /Nothing has left this machine/);
  assert.match(screen.stdout(), /Started npm test\n.*gpu-box-1 lost\n$/);
  const one = terminal();
  assert.equal(await runCli(["timeline", IDS.episode, "--json"], one.host), 0);
  assert.equal(one.lines().length, 1);
});

test("episodes are printed to the end of the list, page by page", async (t) => {
  const { home, terminal } = await bench(t, () => ({
    listEpisodes: async ({ cursor }) => ({
      episodes: [{ ...EPISODE, title: `page ${cursor ?? "one"}` }],
      ...(cursor === 9 ? {} : { next: cursor === undefined ? 12 : 9 }),
    }),
  }));
  const screen = terminal();
  assert.equal(await runCli(["episodes"], screen.host), 0);
  assert.match(screen.stdout(), /page one\n[^]*page 12\n[^]*page 9\n/);
  assert.deepEqual(
    home.calls.filter(({ name }) => name === "listEpisodes").map(({ params }) => params),
    [{}, { cursor: 12 }, { cursor: 9 }],
  );
});

test("doctor shows every check with its fix, and ends with 1 where one failed", async (t) => {
  const { terminal } = await bench(t);
  const screen = terminal();
  assert.equal(await runCli(["doctor"], screen.host), 0);
  assert.match(
    screen.stdout(),
    /✓ Journal: it takes writes\n! Workers: gpu-box-1 is silent\n {2}fix: arw-worker run\n/,
  );
  const broken = await bench(t, () => ({
    diagnose: async () => ({
      checks: [{ id: "disk", title: "Disk room", state: "failed", cause: "full", fix: "free some" }],
    }),
  }));
  const failed = broken.terminal();
  assert.equal(await runCli(["--json", "doctor"], failed.host), 1);
  assert.equal(failed.lines()[0]?.["kind"], "check");
});

test("request shows what an episode was asked to do", async (t) => {
  const { home, terminal } = await bench(t);
  const screen = terminal();
  assert.equal(await runCli(["request", IDS.episode], screen.host), 0);
  assert.match(screen.stdout(), /command: \["npm","test"\] in \./);
  assert.deepEqual(calls(home, "showRequest")[0]?.params, { episodeId: IDS.episode });
});

test("timeline --follow goes on until Ctrl-C", async (t) => {
  const { home, terminal } = await bench(t);
  home.timeline.append({ kind: "NodeLost", text: "before" });
  const screen = terminal();
  const end = runCli(["timeline", "--follow"], screen.host);
  await screen.shows("before");
  home.timeline.append({ kind: "NodeLost", text: "after" });
  await screen.shows("after");
  screen.interrupt();
  assert.equal(await end, 0);
});

const PENDING = { ...WORKER_NODE, state: "pending", compareWords: ["lusab", "babad", "gutih", "tugad"] } as const;

test("invite prints the one line to type, shows the four words and admits after a yes", async (t) => {
  const { home, terminal } = await bench(t, () => ({ listNodes: async () => ({ nodes: [PENDING] }) }));
  const screen = terminal({ tty: true, env: { ARW_OWNER_SECRET: OWNER_SECRET } });
  screen.answer("Are they the same?", "yes");
  const end = runCli(["invite", "--listen", "[::]:7411", "--address", "192.0.2.7:7411"], screen.host);
  await screen.shows("Waiting for it");
  home.timeline.append({ kind: "EnrolmentRequested", where: AWAY_NODE });
  assert.equal(await end, 0);
  assert.equal(screen.stdout(), "arw-worker join arw1.invite-text\n");
  assert.match(screen.stderr(), /lusab babad gutih tugad/);
  assert.deepEqual(calls(home, "createInvite")[0]?.params, {
    listenHost: "::",
    listenPort: 7_411,
    addresses: ["192.0.2.7:7411"],
  });
  assert.deepEqual(calls(home, "approveNode")[0]?.params, { nodeId: IDS.worker });
});

test("words that are not confirmed turn the node away; an invite that nobody uses expires", async (t) => {
  const { home, terminal } = await bench(t, () => ({ listNodes: async () => ({ nodes: [PENDING] }) }));
  const env = { ARW_OWNER_SECRET: OWNER_SECRET };
  const screen = terminal({ tty: true, env });
  screen.answer("Are they the same?", "n");
  const end = runCli(["invite"], screen.host);
  await screen.shows("Waiting for it");
  home.timeline.append({ kind: "EnrolmentRequested", where: AWAY_NODE });
  assert.equal(await end, 83);
  assert.deepEqual(calls(home, "approveNode"), []);
  assert.equal(calls(home, "refuseNode").length, 1);

  const soon = await bench(t, () => ({
    createInvite: async () => ({ inviteId: IDS.invite, text: "t", addresses: [], expiresAt: epochMs(Date.now()) }),
  }));
  assert.equal(await runCli(["invite", "--wait"], soon.terminal({ env }).host), 81);
});

test("invite --json prints and asks nothing; with --yes it admits the first worker", async (t) => {
  const { home, terminal } = await bench(t, () => ({ listNodes: async () => ({ nodes: [PENDING] }) }));
  const env = { ARW_OWNER_SECRET: OWNER_SECRET };
  const printed = terminal({ env });
  assert.equal(await runCli(["invite", "--json"], printed.host), 0);
  assert.deepEqual(
    printed.lines().map((line) => [line["kind"], line["command"]]),
    [["invite", "arw-worker join arw1.invite-text"]],
  );
  const admitting = terminal({ env });
  const end = runCli(["invite", "--json", "--yes"], admitting.host);
  await admitting.shows('"kind":"invite"');
  home.timeline.append({ kind: "EnrolmentRequested", where: AWAY_NODE });
  assert.equal(await end, 0);
  assert.deepEqual(
    admitting.lines().map((line) => line["kind"]),
    ["invite", "enrolment-requested", "node-approved"],
  );
});

test("nodes are named by name or id, and an unknown one is answered with the known", async (t) => {
  const { home, terminal } = await bench(t);
  const env = { ARW_OWNER_SECRET: OWNER_SECRET };
  assert.equal(await runCli(["revoke", "gpu-box-1", "--reason", "sold"], terminal({ env }).host), 0);
  assert.equal(await runCli(["nodes", "refuse", IDS.worker], terminal({ env }).host), 0);
  assert.equal(await runCli(["nodes", "approve", "gpu-box-1", "--yes"], terminal({ env }).host), 0);
  assert.equal(await runCli(["clustering", "off"], terminal({ env }).host), 0);
  assert.deepEqual(calls(home, "revokeNode")[0]?.params, { nodeId: IDS.worker, reason: "sold" });
  const screen = terminal({ env });
  assert.equal(await runCli(["revoke", "gpu-box-9"], screen.host), 76);
  assert.match(screen.stderr(), /Name one of: gpu-box-1/);
});

test("journal verify looks at the files alone, and fails for a corrupt one", async (t) => {
  const { home, terminal } = await bench(t);
  const screen = terminal();
  assert.equal(await runCli(["journal", "verify"], screen.host), 0);
  assert.match(screen.stdout(), /^journal verify: ok — 3 frames, 7 events, 1 segment, last ab\n$/);
  const corrupt = { kind: "corrupt", segment: "journal-1", atByte: 8_192, reason: "CRC differs" } as const;
  const bad = terminal({ host: { verifyJournal: async () => corrupt } });
  assert.equal(await runCli(["journal", "verify"], bad.host), 71);
  assert.match(bad.stderr(), /byte 8192 of journal-1/);
  assert.deepEqual(home.clientCounts, []);
});

test("a proposal is shown as a diff against the workspace and applied by its digest", async (t) => {
  const path = workspacePathSchema.parse("src/a.ts");
  const proposed = "one\n\u001B[2Jthree\n";
  const { home, terminal, workspace } = await bench(t, () => ({
    showProposal: async () => ({
      proposalId: IDS.proposal,
      episodeId: IDS.episode,
      digest: DIGEST,
      proposal: {
        kind: "proposal",
        changes: [
          {
            kind: "edit",
            path,
            base: DIGEST,
            digest: digestOf(proposed),
            bytes: byteCount(proposed.length),
            executable: false,
          },
        ],
        leftOut: [],
      },
      conflicts: [],
    }),
    readProposedFile: async ({ fromByte }) => ({
      base64: Buffer.from(proposed)
        .subarray(fromByte, fromByte + 5)
        .toString("base64"),
    }),
  }));
  await writeFile(join(workspace, "src", "a.ts"), "one\ntwo\n");
  const screen = terminal();
  assert.equal(await runCli(["proposal", "show", IDS.proposal], screen.host), 0);
  assert.match(screen.stdout(), /edit {4}src\/a\.ts/);
  assert.match(screen.stdout(), /-two\n\+<001B>\[2Jthree\n/);
  const env = { ARW_OWNER_SECRET: OWNER_SECRET };
  assert.equal(await runCli(["proposal", "apply", IDS.proposal], terminal({ env }).host), 74);
  assert.equal(await runCli(["proposal", "apply", IDS.proposal, "--yes"], terminal({ env }).host), 0);
  assert.deepEqual(
    calls(home, "applyProposal").map((call) => call.params),
    [{ proposalId: IDS.proposal, digest: DIGEST }],
  );
  const one = ["proposal", "apply", IDS.proposal, "--yes", "--file"];
  assert.equal(await runCli([...one, "src/a.ts"], terminal({ env }).host), 0);
  assert.deepEqual(calls(home, "applyProposal")[1]?.params, {
    proposalId: IDS.proposal,
    digest: DIGEST,
    paths: [path],
  });
  assert.equal(await runCli([...one, "../a.ts"], terminal({ env }).host), 64);
});

test("a proposal without a change says why nothing came back, and there is nothing to apply", async (t) => {
  const { home, terminal } = await bench(t, () => ({
    showProposal: async () => ({
      proposalId: IDS.proposal,
      episodeId: IDS.episode,
      digest: DIGEST,
      proposal: { kind: "proposal", changes: [], leftOut: [{ path: "out", reason: "the link leaves the tree" }] },
      conflicts: [],
    }),
  }));
  const shown = terminal();
  assert.equal(await runCli(["proposal", "show", IDS.proposal], shown.host), 0);
  assert.match(shown.stdout(), /not taken: out: the link leaves the tree/);
  const applied = terminal();
  assert.equal(await runCli(["proposal", "apply", IDS.proposal, "--yes"], applied.host), 0);
  assert.match(applied.stderr(), /not taken: out.*nothing to write/su);
  assert.deepEqual(calls(home, "applyProposal"), []);
});

test("a preview can be answered later; a settled one is refused", async (t) => {
  const { home, terminal } = await bench(t, offloaded);
  const env = { ARW_OWNER_SECRET: OWNER_SECRET };
  assert.equal(await runCli(["egress", "approve", IDS.preview, "--yes"], terminal({ env }).host), 0);
  assert.equal(await runCli(["egress", "deny", IDS.preview], terminal({ env }).host), 0);
  assert.deepEqual([calls(home, "approveEgress").length, calls(home, "denyEgress").length], [1, 1]);
  const settled = await bench(t, () => ({
    readPreview: async () => refuse("preview-settled", "Denied already.", "Start again."),
  }));
  assert.equal(await runCli(["egress", "approve", IDS.preview, "--yes"], settled.terminal({ env }).host), 75);
});

test("serve in the background prints its one line, ready or not, and the secret only from there", async (t) => {
  const { terminal } = await bench(t);
  const ready = terminal({
    host: {
      serve: async ({ announce }) => announce({ ownerSecret: "minted-once" }),
    },
  });
  assert.equal(await runCli(["serve", "--background"], ready.host), 0);
  assert.deepEqual(
    ready.lines().map((line) => [line["ready"], line["ownerSecret"]]),
    [[true, "minted-once"]],
  );
  const held = terminal({
    host: {
      serve: async () => {
        throw new ArwError("home-held", "Another Home holds it.", "Use that one.");
      },
    },
  });
  assert.equal(await runCli(["serve", "--background"], held.host), 70);
  assert.deepEqual(
    held.lines().map((line) => [line["ready"], line["code"]]),
    [[false, "home-held"]],
  );
  assert.equal(held.stderr(), "");
  const here = terminal({ host: { serve: async ({ announce }) => announce({ ownerSecret: "minted-once" }) } });
  assert.equal(await runCli(["serve"], here.host), 0);
  assert.match(here.stderr(), /shown only this once:\n\n {4}minted-once\n/);
});

test("stop ends a running Home and is content with none", async (t) => {
  const { home, terminal } = await bench(t, (home) => ({
    stopHome: async () => {
      setImmediate(() => void home().close());
      return {};
    },
  }));
  const env = { ARW_OWNER_SECRET: OWNER_SECRET };
  const screen = terminal({ env });
  assert.equal(await runCli(["stop"], screen.host), 0);
  assert.match(screen.stdout(), /has stopped/);
  const again = terminal({ env });
  assert.equal(await runCli(["stop"], again.host), 0);
  assert.match(again.stderr(), /No Home runs/);
  assert.equal(calls(home, "stopHome").length, 1);
});
