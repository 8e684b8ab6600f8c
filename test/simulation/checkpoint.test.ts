// A start from a checkpoint and the tail gives the very state that a full replay gives, on any run of commands, with a
// checkpoint anywhere, through crashes of the disk and after any damage to the checkpoint's file.
import assert from "node:assert/strict";
import { test } from "node:test";
import { crc32 } from "node:zlib";
import type { JournalEvent } from "#protocol/events.ts";
import { emptyFrontier } from "#protocol/ledger/merkleTree.ts";
import { sequence } from "#protocol/quantities.ts";
import {
  CHECKPOINT_FILE,
  readCheckpoint,
  writeCheckpoint,
} from "../../server/src/adapters/checkpoint/checkpointFile.ts";
import { decodeState, encodeState, stateHash } from "../../server/src/adapters/checkpoint/stateCodec.ts";
import { withEgress } from "../../server/src/home/egress/tree.ts";
import { evolve } from "../../server/src/home/evolve.ts";
import { JournalFault } from "../../server/src/home/journalPort.ts";
import { type HomeState, initialState } from "../../server/src/home/state.ts";
import { addUp } from "../../server/src/recoverHome.ts";
import { type Chance, chanceOf, seedsOf } from "./chance.ts";
import { approve, finished, homeWith, invite, later, lost, preview, start } from "./homeCommands.ts";
import { revokeLease } from "./leaseCommands.ts";
import { ATTIC, GPU, IDENTITY, LOCAL, type Scenario } from "./homeScenario.ts";
import { ModelledDisk } from "./modelledDisk.ts";
import { soaked } from "./soak.ts";

const PROGRAM = "1.2.3";

/** A run of a Home by its seed: episodes here and there, sent, denied, lost, revoked. */
function aRun(chance: Chance): Scenario {
  const home = homeWith(GPU, ATTIC);
  const episodes = 1 + chance.below(12);
  for (let number = 1; number <= episodes; number++) {
    const node = chance.yes(0.5) ? GPU : ATTIC;
    if (chance.yes(0.4)) home.give(start(number));
    else {
      home.give(preview(number, node));
      if (chance.yes(0.7)) home.give(approve(number));
      if (chance.yes(0.2)) home.give(revokeLease(number));
    }
    if (chance.yes(0.5)) home.give(chance.yes(0.5) ? lost(number, node) : finished(number, node));
    if (chance.yes(0.2)) home.give(invite(number, { at: later(number) }));
  }
  return home;
}

interface Disks {
  readonly journal: ModelledDisk;
  readonly checkpoints: ModelledDisk;
}

function open(disks: Disks, program: string = PROGRAM): ReturnType<typeof addUp> {
  const { journal: fileSystem, checkpoints } = disks;
  return addUp({ fileSystem, checkpoints, identity: IDENTITY, program, onFault: () => undefined, segmentBytes: 4_000 });
}

/** Writes the frames, with a checkpoint after each of `at`; the state of the whole. */
async function write(
  disks: Disks,
  frames: readonly (readonly JournalEvent[])[],
  at: ReadonlySet<number>,
): Promise<HomeState> {
  const { state: before, ledger: treeBefore, journal } = await open(disks);
  let state = before;
  let ledger = treeBefore;
  for (const events of frames) {
    const next = sequence(journal.lastSequence + 1);
    await journal.append({ sequence: next, events });
    state = events.reduce(evolve, state);
    ledger = withEgress(ledger, events);
    if (!at.has(next)) continue;
    const record = journal.lastRecord;
    assert.ok(record !== undefined);
    await writeCheckpoint(disks.checkpoints, { record, state, ledger, program: PROGRAM }, LOCAL.key);
  }
  return state;
}

async function read(disks: Disks): Promise<readonly JournalEvent[]> {
  const { journal } = await open(disks);
  const events: JournalEvent[] = [];
  for await (const frame of journal.read(sequence(1), Number.MAX_SAFE_INTEGER)) events.push(...frame.events);
  return events;
}

test("a state reads back from its text as it was, whatever happened", () => {
  for (const seed of seedsOf(soaked(300))) {
    const { state } = aRun(chanceOf(seed));
    const text = encodeState(state);
    const decoded = decodeState(text);
    assert.ok(decoded.ok, `seed ${seed}: ${decoded.ok ? "" : `${decoded.path} ${decoded.problem}`}`);
    assert.deepEqual(decoded.value, state, `seed ${seed}`);
    assert.equal(encodeState(decoded.value), text, `seed ${seed}`);
  }
  assert.notEqual(stateHash(initialState(IDENTITY)), stateHash(homeWith(GPU).state));
});

test("a checkpoint and the tail give the state of a full replay, bit for bit, and every frame can still be read", async () => {
  for (const seed of seedsOf(soaked(150))) {
    const chance = chanceOf(seed);
    const home = aRun(chance);
    const disks = { journal: new ModelledDisk(chance), checkpoints: new ModelledDisk(chance) };
    const at = 1 + chance.below(home.frames.length);
    const written = await write(disks, home.frames, new Set([at]));
    const opened = await open(disks);
    assert.deepEqual(opened.from, { checkpoint: at }, `seed ${seed}`);
    assert.equal(stateHash(opened.state), stateHash(home.state), `seed ${seed}`);
    assert.equal(stateHash(opened.state), stateHash(written), `seed ${seed}`);
    assert.deepEqual(opened.ledger, withEgress(emptyFrontier, home.events), `seed ${seed}`);
    assert.deepEqual(await read(disks), home.events, `seed ${seed}`);
  }
});

test("crashes while journal and checkpoints are written never give another state than the durable frames'", async () => {
  let fromCheckpoint = 0;
  for (const seed of seedsOf(soaked(400))) {
    const chance = chanceOf(seed);
    const { frames } = aRun(chance);
    let disks: Disks = { journal: new ModelledDisk(chance), checkpoints: new ModelledDisk(chance) };
    disks.journal.crashAfter(1 + chance.below(60));
    disks.checkpoints.crashAfter(1 + chance.below(12));
    const every = 1 + chance.below(4);
    const at = new Set(frames.map((_, index) => index + 1).filter((number) => number % every === 0));
    await write(disks, frames, at).catch(() => undefined);
    const ending = chance.yes(0.5) ? "power-cut" : "process-killed";
    disks = { journal: disks.journal.afterCrash(ending), checkpoints: disks.checkpoints.afterCrash(ending) };
    const { state, ledger, journal, from } = await open(disks);
    if ("checkpoint" in from) fromCheckpoint++;
    const expected = frames.slice(0, journal.durableSequence).flat().reduce(evolve, initialState(IDENTITY));
    assert.equal(stateHash(state), stateHash(expected), `seed ${seed}`);
    const durable = frames.slice(0, journal.durableSequence).flat();
    assert.deepEqual(ledger, withEgress(emptyFrontier, durable), `seed ${seed}`);
  }
  assert.ok(fromCheckpoint > 50, `only ${fromCheckpoint} starts came from a checkpoint`);
});

test("one flipped bit anywhere in a checkpoint makes it count for nothing, with its reason", async () => {
  const chance = chanceOf(7);
  const home = aRun(chance);
  const disks = { journal: new ModelledDisk(chance), checkpoints: new ModelledDisk(chance) };
  await write(disks, home.frames, new Set([2]));
  const bits = (await disks.checkpoints.size(CHECKPOINT_FILE)) * 8;
  for (let flip = 0; flip < soaked(500); flip++) {
    const bit = chance.below(bits);
    disks.checkpoints.flipBit(CHECKPOINT_FILE, bit);
    const { state, from } = await open(disks);
    assert.ok("start" in from, `bit ${bit} was not noticed`);
    assert.match(from.start, /ignored: /);
    assert.equal(stateHash(state), stateHash(home.state));
    disks.checkpoints.flipBit(CHECKPOINT_FILE, bit);
  }
});

test("another Home's, another program's and a forged checkpoint are ignored with the reason", async () => {
  const home = homeWith(GPU);
  const disks = { journal: new ModelledDisk(chanceOf(1)), checkpoints: new ModelledDisk(chanceOf(1)) };
  await write(disks, home.frames, new Set([1]));
  assert.equal((await readCheckpoint(disks.checkpoints, IDENTITY, PROGRAM)).kind, "found");
  const older = await readCheckpoint(disks.checkpoints, IDENTITY, "1.2.4");
  assert.equal(older.kind, "witness");
  const others = await readCheckpoint(disks.checkpoints, { ...IDENTITY, nodeId: GPU.nodeId }, PROGRAM);
  assert.equal(others.kind, "ignored");
  const { journal } = await open(disks);
  await journal.prove();
  const record = journal.lastRecord;
  assert.ok(record !== undefined);
  await writeCheckpoint(
    disks.checkpoints,
    { record, state: home.state, ledger: emptyFrontier, program: PROGRAM },
    GPU.key,
  );
  const forged = await readCheckpoint(disks.checkpoints, IDENTITY, PROGRAM);
  assert.deepEqual(forged, { kind: "ignored", reason: "its signature is not this Home's" });
});

test("a journal that lacks what a signed checkpoint names has lost durable frames, and is not opened", async () => {
  const home = homeWith(GPU, ATTIC);
  const chance = chanceOf(1);
  const disks = { journal: new ModelledDisk(chance), checkpoints: new ModelledDisk(chance) };
  await write(disks, home.frames, new Set([home.frames.length]));
  const segments = [...(await disks.journal.list())].sort();
  const last = segments.at(-1) ?? "";
  // Cut at a record's end, this would look like a journal that is whole.
  const text = Buffer.from(await disks.journal.read(last)).toString("utf8");
  const cut = text.slice(0, text.lastIndexOf("\n", text.length - 2) + 1);
  disks.journal.tamper(last, Buffer.from(cut));
  for (const program of [PROGRAM, "another"]) {
    await assert.rejects(
      open(disks, program),
      (error) => error instanceof JournalFault && error.code === "journal-corrupt",
    );
  }
});

test("damage before the checkpoint is found at the start: a damaged journal is never served", async () => {
  const home = homeWith(GPU, ATTIC);
  const chance = chanceOf(1);
  const disks = { journal: new ModelledDisk(chance), checkpoints: new ModelledDisk(chance) };
  await write(disks, home.frames, new Set([home.frames.length]));
  const [first] = [...(await disks.journal.list())].sort();
  disks.journal.flipBit(first ?? "", 8 * 400);
  await assert.rejects(open(disks), (error) => error instanceof JournalFault && error.code === "journal-corrupt");
});

test("a record before the checkpoint that was edited to fit its checksum is found by the chain at the start", async () => {
  const home = homeWith(GPU, ATTIC);
  const chance = chanceOf(1);
  const disks = { journal: new ModelledDisk(chance), checkpoints: new ModelledDisk(chance) };
  await write(disks, home.frames, new Set([home.frames.length]));
  const [first = ""] = [...(await disks.journal.list())].sort();
  const text = Buffer.from(await disks.journal.read(first)).toString("utf8");
  const lines = text.split("\n").map((line) => {
    if (!line.includes('"listenHost":"127.0.0.1"')) return line;
    const [length = "", , ...rest] = line.split(" ");
    const json = Buffer.from(rest.join(" ").replaceAll("127.0.0.1", "127.0.0.2"));
    return `${length} ${crc32(json, crc32(`${length} `))
      .toString(16)
      .padStart(8, "0")} ${json.toString("utf8")}`;
  });
  assert.notEqual(lines.join("\n"), text);
  disks.journal.tamper(first, Buffer.from(lines.join("\n")));
  await assert.rejects(read(disks), (error) => error instanceof JournalFault && error.code === "journal-corrupt");
});
