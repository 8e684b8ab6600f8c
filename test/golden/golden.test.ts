// A journal that an earlier program wrote, kept in the repository: it must replay to the same state hash for ever,
// whatever has become of events and state since. An event that changes its form is upcast, never rewritten.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import * as z from "zod";
import { decodeJson } from "#protocol/decode.ts";
import { sequence } from "#protocol/quantities.ts";
import { stateHash } from "../../server/src/adapters/checkpoint/stateCodec.ts";
import { segmentName } from "../../server/src/adapters/journal/scanJournal.ts";
import { verifyJournal } from "../../server/src/adapters/journal/verifyJournal.ts";
import { addUp } from "../../server/src/recoverHome.ts";
import { chanceOf } from "../simulation/chance.ts";
import { IDENTITY } from "../simulation/homeScenario.ts";
import { ModelledDisk } from "../simulation/modelledDisk.ts";

const FOLDER = "test/golden";
const golden = decodeJson(
  z.strictObject({ frames: z.number(), stateHash: z.string(), lastDigest: z.string(), kinds: z.array(z.string()) }),
  readFileSync(`${FOLDER}/golden.json`, "utf8"),
);

async function goldenDisk(): Promise<ModelledDisk> {
  const disk = new ModelledDisk(chanceOf(1));
  const segment = segmentName(1);
  await disk.create(segment);
  await disk.write(segment, readFileSync(`${FOLDER}/${segment}`), 0);
  await disk.sync(segment);
  await disk.syncDirectory();
  return disk;
}

async function replayed(): Promise<Awaited<ReturnType<typeof addUp>>> {
  const checkpoints = new ModelledDisk(chanceOf(1));
  const fileSystem = await goldenDisk();
  return addUp({ fileSystem, checkpoints, identity: IDENTITY, program: "today", onFault: () => undefined });
}

test("the golden journal is whole, byte by byte what was written", async () => {
  assert.ok(golden.ok);
  const verdict = await verifyJournal(await goldenDisk());
  assert.equal(verdict.kind, "ok");
  if (verdict.kind !== "ok") return;
  assert.equal(verdict.frames, golden.value.frames);
  assert.equal(verdict.lastDigest, golden.value.lastDigest);
});

test("the golden journal replays to the same state hash for ever", async () => {
  assert.ok(golden.ok);
  const { state } = await replayed();
  assert.equal(
    stateHash(state),
    golden.value.stateHash,
    "an old journal means another state now: upcast the event (protocol/decodeEvent.ts), and keep the meaning of the old one",
  );
});

test("every kind of event that the golden journal holds can still be read", async () => {
  assert.ok(golden.ok);
  const { journal } = await replayed();
  const kinds = new Set<string>();
  for await (const frame of journal.read(sequence(1), Number.MAX_SAFE_INTEGER)) {
    for (const event of frame.events) kinds.add(event.kind);
  }
  assert.deepEqual([...kinds].sort(), golden.value.kinds);
});
