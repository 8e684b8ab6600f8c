// Workers as witnesses of their Home's ledger: a Home that deletes, rewrites or forks it, or shows another to somebody else, is
// found at the next connection, and the proof is kept. Threats 16 and 17 of docs/threat-model.md.
import assert from "node:assert/strict";
import { readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { digestOf } from "#protocol/digest.ts";
import { ArwError } from "#protocol/errors.ts";
import { judgeLedger, SEEN_CHECKPOINTS_MAX } from "#protocol/ledger/witness.ts";
import type { Witnessed } from "#protocol/wire/worker.ts";
import { forgetLedger } from "../../worker-companion/src/adapters/ledgerWitness.ts";
import { idsOf } from "../simulation/homeCommands.ts";
import { GPU, LOCAL } from "../simulation/homeScenario.ts";
import { folderOf, LEDGER_HOME, LedgerBench, witnessIn } from "../simulation/ledgerBench.ts";
import { ORIGIN } from "../simulation/ledgerLines.ts";

const OWNER = { origin: ORIGIN, key: LOCAL.publicKey };

function witnessed(answer: Witnessed | ArwError): Witnessed {
  if (answer instanceof ArwError) assert.fail(`${answer.code}: ${answer.message}`);
  return answer;
}

function alarmed(answer: Witnessed | ArwError, code: string): ArwError {
  assert.ok(answer instanceof ArwError, "no alarm was raised");
  assert.equal(answer.code, code, answer.message);
  assert.match(answer.advice, /arw-worker ledger/);
  return answer;
}

test("a ledger that only grows is proven at every connection, and the Home knows what the worker saw", async (t) => {
  const home = await LedgerBench.open(t);
  const folder = folderOf(t);
  for (let size = 0; size <= 6; size++) {
    if (size > 0) await home.record(size, size);
    // Another life of the worker each time: what was seen is in its folder.
    const witness = await witnessIn(folder);
    const said = witnessed(await home.meets(witness));
    assert.equal(said.size, size);
    assert.ok(home.hears(said));
    assert.deepEqual(witness.seen(), [size]);
  }
  const [seen] = home.witnesses.all();
  assert.equal(seen?.size, 6);
  assert.ok(seen?.signed !== undefined);
});

test("a Home that was rolled back raises the alarm; it outlives the worker, and the Home sees it too", async (t) => {
  const folder = folderOf(t);
  const before = await LedgerBench.open(t);
  await before.record(1, 5);
  witnessed(await before.meets(await witnessIn(folder)));
  const rolledBack = await LedgerBench.open(t);
  await rolledBack.record(1, 3);
  const log: string[] = [];
  const alarm = alarmed(await rolledBack.meets(await witnessIn(folder, log)), "ledger-rolled-back");
  assert.match(alarm.message, /has 3 entries, and had 5/);
  assert.deepEqual(log, ["ledger alarm"]);
  assert.equal((await witnessIn(folder)).alarm?.code, "ledger-rolled-back");
  assert.deepEqual(
    rolledBack.witnesses.all().map(({ size, signed }) => ({ size, signed })),
    [{ size: 5, signed: undefined }],
  );
});

test("a Home that rewrote, deleted or added history raises the alarm, whatever it proves", async (t) => {
  for (const rewrite of [
    (home: LedgerBench) => home.record(2, 8),
    async (home: LedgerBench) => {
      await home.record(9, 9);
      await home.record(1, 7);
    },
    async (home: LedgerBench) => {
      await home.record(1, 2);
      await home.record(4, 8);
    },
  ]) {
    const folder = folderOf(t);
    const before = await LedgerBench.open(t);
    await before.record(1, 4);
    witnessed(await before.meets(await witnessIn(folder)));
    const forked = await LedgerBench.open(t);
    await rewrite(forked);
    const witness = await witnessIn(folder);
    alarmed(await forked.meets(witness), "ledger-forked");
    // The proof that the honest ledger would have given does not help a fork either.
    const { head } = before.tree.signed();
    await before.record(5, 8);
    const { consistency } = await before.ledger.show(GPU.nodeId, [4]);
    const shown = await forked.ledger.show(GPU.nodeId, [4]);
    assert.equal(judgeLedger([head], { ...shown, consistency }, OWNER).kind, "alarm");
  }
});

test("two workers that were shown two ledgers hold the proof of it between them", async (t) => {
  const [one, other] = [folderOf(t), folderOf(t)];
  const [shownToOne, shownToOther] = [await LedgerBench.open(t), await LedgerBench.open(t)];
  await shownToOne.record(1, 4);
  await shownToOther.record(2, 5);
  const first = witnessed(await shownToOne.meets(await witnessIn(one)));
  const second = witnessed(await shownToOther.meets(await witnessIn(other)));
  // Each is content alone; the two checkpoints are of one size and one key, and have two roots.
  assert.equal(first.size, second.size);
  assert.notEqual(first.root, second.root);
  // Whichever ledger the Home goes on with, one of them raises the alarm.
  await shownToOne.record(5, 9);
  witnessed(await shownToOne.meets(await witnessIn(one)));
  alarmed(await shownToOne.meets(await witnessIn(other)), "ledger-forked");
});

test("a split view that came with an offer is found at the next connection, or at once where the sizes are equal", async (t) => {
  const folder = folderOf(t);
  const home = await LedgerBench.open(t);
  await home.record(1, 3);
  const witness = await witnessIn(folder);
  witnessed(await home.meets(witness));
  // Only to this worker: a ledger in which its job is recorded, and nowhere else.
  const split = await LedgerBench.open(t);
  await split.record(11, 15);
  assert.equal(witness.judge(await split.letOut(20)), undefined);
  await witness.settled();
  assert.equal(witness.seen().length, SEEN_CHECKPOINTS_MAX);
  await home.record(4, 9);
  alarmed(await home.meets(await witnessIn(folder)), "ledger-forked");

  const again = folderOf(t);
  const second = await witnessIn(again);
  witnessed(await home.meets(second));
  const same = await LedgerBench.open(t);
  await same.record(11, 18);
  assert.equal(home.tree.frontier.size, same.tree.frontier.size + 1);
  assert.equal(second.judge(await same.letOut(20))?.code, "record-unproven");
  await second.settled();
  assert.equal((await witnessIn(again)).alarm?.code, "ledger-forked");
});

test("a fork is an alarm on a full disk too: the worker goes on to say it, and no better ledger takes it back", async (t) => {
  const folder = folderOf(t);
  const home = await LedgerBench.open(t);
  await home.record(1, 9);
  const fork = await LedgerBench.open(t);
  await fork.record(11, 18);
  const log: string[] = [];
  const witness = await witnessIn(folder, log);
  witnessed(await home.meets(witness));
  // Nothing can be written any more: a file is where the folder was.
  rmSync(folder, { recursive: true });
  writeFileSync(folder, "");
  assert.equal(witness.judge(await fork.letOut(20))?.code, "record-unproven");
  await witness.settled();
  assert.equal(witness.alarm?.code, "ledger-forked");
  assert.deepEqual(log, ["ledger alarm", "keeping the ledger failed"]);
  alarmed(await home.meets(witness), "ledger-forked");
});

test("a ledger that is no longer shown, or is not signed by the Home, raises the alarm; one that never was does not", async (t) => {
  const folder = folderOf(t);
  const home = await LedgerBench.open(t);
  await home.record(1, 2);
  const fresh = await witnessIn(folder);
  assert.equal(await fresh.take(undefined), undefined);
  witnessed(await home.meets(fresh));
  const hidden = await (await witnessIn(folder)).take(undefined);
  assert.ok(hidden instanceof ArwError && hidden.code === "ledger-withheld");
  await forgetLedger(folder, LEDGER_HOME);
  const shown = await home.ledger.show(GPU.nodeId, []);
  const unsigned = { ...shown, checkpoint: shown.checkpoint.replace("\n2\n", "\n1\n") };
  const answer = await (await witnessIn(folder)).take(unsigned);
  assert.ok(answer instanceof ArwError && answer.code === "ledger-unsigned");
});

test("no job is taken whose record is absent, of another job, or changed in any way", async (t) => {
  const home = await LedgerBench.open(t);
  const witness = await witnessIn(folderOf(t));
  witnessed(await home.meets(witness));
  const first = await home.letOut(1);
  await home.record(2, 4);
  assert.equal(witness.judge(first), undefined);
  const { record, ...bare } = first;
  assert.ok(record !== undefined);
  for (const offer of [bare, { ...first, attemptId: idsOf(2).attemptId }, { ...first, payload: digestOf("another") }]) {
    assert.equal(witness.judge(offer)?.code, "record-unproven");
  }
  for (const changed of [
    { ...record, index: record.index + 1 },
    { ...record, leaf: record.leaf.replace('"allow"', '"deny"') },
    { ...record, leaf: record.leaf.replace("gpu", "gpv") },
    { ...record, proof: [...record.proof, record.proof[0] ?? home.tree.signed().head.root] },
    { ...record, checkpoint: home.tree.signed().checkpoint },
  ]) {
    assert.equal(witness.judge({ ...first, record: changed })?.code, "record-unproven");
  }
});

test("what a witness says counts only with its own signature, and only of this ledger", async (t) => {
  const home = await LedgerBench.open(t);
  await home.record(1, 3);
  const said = witnessed(await home.meets(await witnessIn(folderOf(t))));
  assert.equal(home.hears(said, LOCAL.publicKey), false);
  assert.equal(home.hears({ ...said, size: 2 }), false);
  assert.equal(home.hears({ ...said, size: 4 }), false);
  assert.deepEqual(home.witnesses.all(), []);
  assert.equal(home.hears(said), true);
});

test("no witness counts as agreeing with another ledger than the one it was shown, of whatever size and by its own hand", async (t) => {
  const home = await LedgerBench.open(t);
  await home.record(1, 3);
  witnessed(await home.meets(await witnessIn(folderOf(t))));
  // It signs, as it should, what another Home with the same key has shown it: as long, and another ledger.
  const other = await LedgerBench.open(t);
  await other.record(4, 6);
  const saidOfOther = witnessed(await other.meets(await witnessIn(folderOf(t))));
  assert.equal(saidOfOther.size, 3);
  assert.equal(home.hears(saidOfOther), false);
  // Nor an older head of this very ledger, once a longer one was shown.
  const older = witnessed(await home.meets(await witnessIn(folderOf(t))));
  await home.record(7, 7);
  witnessed(await home.meets(await witnessIn(folderOf(t))));
  assert.equal(home.hears(older), false);
  assert.deepEqual(home.witnesses.all(), []);
});

test("what the Home knows of its witnesses is there after a restart, and a damaged file costs nothing", async (t) => {
  const folder = folderOf(t);
  const home = await LedgerBench.open(t, folder);
  await home.record(1, 3);
  assert.ok(home.hears(witnessed(await home.meets(await witnessIn(folderOf(t))))));
  await home.witnesses.settled();
  assert.equal((await LedgerBench.open(t, folder)).witnesses.all()[0]?.size, 3);
  const [file = ""] = readdirSync(folder).filter((name) => name.startsWith("witnesses"));
  const text = readFileSync(join(folder, file), "utf8");
  writeFileSync(join(folder, file), text.slice(1), { mode: 0o600 });
  await assert.rejects(LedgerBench.open(t, folder), /reading what witnesses saw/);
});

test("a file that does not say what was seen is refused with its cause: no ledger is believed anew by accident", async (t) => {
  const folder = folderOf(t);
  const home = await LedgerBench.open(t);
  await home.record(1, 2);
  witnessed(await home.meets(await witnessIn(folder)));
  const [file = ""] = readdirSync(folder);
  const text = readFileSync(join(folder, file), "utf8");
  for (const damaged of [text.slice(0, -2), text.replace("arw/ws_", "arw/wt_")]) {
    writeFileSync(join(folder, file), damaged, { mode: 0o600 });
    await assert.rejects(
      witnessIn(folder),
      (error) => error instanceof ArwError && error.code === "worker-state-malformed",
    );
  }
});
