// Journals that earlier programs wrote, kept in the repository: each must replay to the same state hash for ever,
// whatever has become of events and state since. An event that changes its form is upcast, never rewritten.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import * as z from "zod";
import { decodeJson } from "#protocol/decode.ts";
import { eventSchemas } from "#protocol/decodeEvent.ts";
import { rootOf } from "#protocol/ledger/merkleTree.ts";
import { sequence } from "#protocol/quantities.ts";
import { stateHash } from "../../server/src/adapters/checkpoint/stateCodec.ts";
import { segmentName } from "../../server/src/adapters/journal/scanJournal.ts";
import { verifyJournal } from "../../server/src/adapters/journal/verifyJournal.ts";
import { addUp } from "../../server/src/recoverHome.ts";
import { chanceOf } from "../simulation/chance.ts";
import { IDENTITY } from "../simulation/homeScenario.ts";
import { ModelledDisk } from "../simulation/modelledDisk.ts";
import { GOLDEN_RUNS } from "./goldenRuns.ts";

interface Golden {
  readonly frames: number;
  readonly stateHash: string;
  readonly lastDigest: string;
  readonly kinds: readonly string[];
}
const goldenSchema: z.ZodType<Golden> = z.strictObject({
  frames: z.number(),
  stateHash: z.string(),
  lastDigest: z.string(),
  kinds: z.array(z.string()),
});

function goldenOf(folder: string): Golden {
  const decoded = decodeJson(goldenSchema, readFileSync(`${folder}/golden.json`, "utf8"));
  assert.ok(decoded.ok, folder);
  return decoded.value;
}

async function goldenDisk(folder: string): Promise<ModelledDisk> {
  const disk = new ModelledDisk(chanceOf(1));
  const segment = segmentName(1);
  await disk.create(segment);
  await disk.write(segment, readFileSync(`${folder}/${segment}`), 0);
  await disk.sync(segment);
  await disk.syncDirectory();
  return disk;
}

async function replayed(folder: string): Promise<Awaited<ReturnType<typeof addUp>>> {
  const checkpoints = new ModelledDisk(chanceOf(1));
  const fileSystem = await goldenDisk(folder);
  return addUp({ fileSystem, checkpoints, identity: IDENTITY, program: "today", onFault: () => undefined });
}

/** How many leaves each journal has, and their root. */
const EGRESS_ROOTS: ReadonlyMap<string, { readonly size: number; readonly root: string }> = new Map([
  ["test/golden", { size: 11, root: "sha256:9b55e2da0ff7bb671ea41378ce23b9d749b9dba22faf186830575ec322ec9163" }],
  ["test/golden/staging", { size: 0, root: "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855" }],
  ["test/golden/policy", { size: 4, root: "sha256:ac3db35d53fa6b613e01aea2eea3452138bf06000e9875faf130daa668a74c3b" }],
  ["test/golden/classes", { size: 2, root: "sha256:ebf9821ca80011c54fb150c94ac1349db46db82df672791a33490d3e36d47cfe" }],
  ["test/golden/editor", { size: 2, root: "sha256:499334dbf2f990415cded4cc82b56ddf3d4cfc38723e4561b036437f5f210456" }],
  ["test/golden/results", { size: 6, root: "sha256:3fbb9d86a8d1209db2387adc731f6ebf0fd43ddbb0e6857407a0f3e0ea30de22" }],
]);

for (const { folder } of GOLDEN_RUNS) {
  test(`in ${folder} the golden journal is whole, byte by byte what was written`, async () => {
    const golden = goldenOf(folder);
    const verdict = await verifyJournal(await goldenDisk(folder));
    assert.equal(verdict.kind, "ok");
    if (verdict.kind !== "ok") return;
    assert.equal(verdict.frames, golden.frames);
    assert.equal(verdict.lastDigest, golden.lastDigest);
  });

  test(`in ${folder} the golden journal replays to the same state hash for ever`, async () => {
    const { state } = await replayed(folder);
    assert.equal(
      stateHash(state),
      goldenOf(folder).stateHash,
      "an old journal means another state now: upcast the event (protocol/decodeEvent.ts), and keep the meaning of the old one",
    );
  });

  test(`in ${folder} the egress ledger has the same root for ever: proofs that were given out still hold`, async () => {
    const { ledger } = await replayed(folder);
    assert.deepEqual({ size: ledger.size, root: rootOf(ledger) }, EGRESS_ROOTS.get(folder));
  });

  test(`in ${folder} every kind of event that the golden journal holds can still be read`, async () => {
    const { journal } = await replayed(folder);
    const kinds = new Set<string>();
    for await (const frame of journal.read(sequence(1), Number.MAX_SAFE_INTEGER)) {
      for (const event of frame.events) kinds.add(event.kind);
    }
    assert.deepEqual([...kinds].sort(), goldenOf(folder).kinds);
  });
}

test("every kind of event there is has a golden journal that holds it", () => {
  const held = new Set(GOLDEN_RUNS.flatMap(({ folder }) => goldenOf(folder).kinds));
  assert.deepEqual(
    Object.keys(eventSchemas).filter((kind) => !held.has(kind)),
    [],
  );
});
