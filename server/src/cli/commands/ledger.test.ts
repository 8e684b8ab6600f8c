// The ledger as a file: exported from a Home, and checked where there is none.
import assert from "node:assert/strict";
import { readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { leafText } from "#protocol/ledger/egressLeaf.ts";
import { type Bench, bench } from "../../../../test/clients/commandBench.ts";
import { NOW } from "../../../../test/simulation/homeCommands.ts";
import { GPU, IDENTITY, LOCAL } from "../../../../test/simulation/homeScenario.ts";
import { checkpointOf, exportedLines, leavesOf, sendingHome, treeOf } from "../../../../test/simulation/ledgerLines.ts";
import { runCli } from "../program.ts";

const LEAVES = leavesOf(sendingHome(6).events);
const TREE = treeOf(LEAVES);

/** A Home with this ledger; pages of two. */
function ledgerBench(t: TestContext): Promise<Bench> {
  return bench(t, () => ({
    showLedger: async () => ({
      homeId: LOCAL.nodeId,
      homeKey: LOCAL.publicKey,
      checkpoint: checkpointOf(TREE),
      size: TREE.size,
      root: TREE.rootAt(TREE.size),
      witnesses: [{ nodeId: GPU.nodeId, name: "gpu-box", at: NOW, size: 3, state: "agrees" }],
    }),
    readLeaves: async ({ size, from }) => ({
      leaves: LEAVES.slice(from, Math.min(from + 2, size)).map((leaf, at) => ({
        index: from + at,
        leaf: leafText(leaf),
        proof: TREE.inclusionProof(from + at, size),
      })),
    }),
  }));
}

test("egress export writes the ledger with its checkpoint and proofs, to a file or to standard output", async (t) => {
  const { terminal, workspace, home } = await ledgerBench(t);
  const screen = terminal();
  assert.equal(await runCli(["egress", "export", "--out", "ledger.jsonl"], screen.host), 0);
  const path = join(workspace, "ledger.jsonl");
  assert.match(screen.stdout(), new RegExp(`Wrote ${LEAVES.length} entries`));
  const text = await readFile(path, "utf8");
  const expected = exportedLines(LEAVES).map((line) => line.replaceAll(IDENTITY.workspaceId, IDENTITY.workspaceId));
  assert.deepEqual(text.split("\n").slice(1, -1), expected.slice(1));
  assert.equal((await stat(path)).mode & 0o777, 0o600);
  const piped = terminal();
  assert.equal(await runCli(["egress", "export"], piped.host), 0);
  assert.equal(piped.stdout(), text);
  assert.ok(home.calls.length > 0);
});

test("egress verify needs no Home: whole is 0, altered is 89 with what is wrong, in words and in JSON", async (t) => {
  const { terminal, workspace, home } = await ledgerBench(t);
  await home.close();
  const path = join(workspace, "ledger.jsonl");
  const lines = exportedLines(LEAVES);
  await writeFile(path, `${lines.join("\n")}\n`);
  const whole = terminal();
  assert.equal(await runCli(["egress", "verify", "ledger.jsonl", "--home", LOCAL.nodeId], whole.host), 0);
  assert.match(whole.stdout(), /egress verify: whole — 6 records/);
  assert.match(whole.stdout(), new RegExp(`signed by Home ${LOCAL.nodeId} · key \\w+ \\w+`));
  await writeFile(path, `${lines.toSpliced(3, 1).join("\n")}\n`);
  const altered = terminal();
  assert.equal(await runCli(["egress", "verify", "ledger.jsonl"], altered.host), 89);
  assert.match(altered.stdout(), /NOT WHOLE[^]*line 4 has entry 3: entry 2 is missing/);
  assert.match(altered.stderr(), /error: This is not the ledger that its Home signed/);
  const json = terminal();
  assert.equal(await runCli(["egress", "verify", "ledger.jsonl", "--json"], json.host), 89);
  assert.equal(json.lines()[0]?.["kind"], "ledger-report");
});

test("egress verify compares with a checkpoint that was seen before, and with the Home that is named", async (t) => {
  const { terminal, workspace } = await ledgerBench(t);
  await writeFile(join(workspace, "ledger.jsonl"), `${exportedLines(LEAVES.toSpliced(1, 1)).join("\n")}\n`);
  await writeFile(join(workspace, "seen.txt"), checkpointOf(TREE, 4));
  const screen = terminal();
  assert.equal(await runCli(["egress", "verify", "ledger.jsonl", "--checkpoint", "seen.txt"], screen.host), 89);
  assert.match(screen.stdout(), /history was rewritten/);
  assert.equal(await runCli(["egress", "verify", "ledger.jsonl", "--home", GPU.nodeId], terminal().host), 89);
  assert.equal(await runCli(["egress", "verify", "absent.jsonl"], terminal().host), 87);
  assert.equal(await runCli(["egress", "verify", "ledger.jsonl", "--home", "nobody"], terminal().host), 64);
});
