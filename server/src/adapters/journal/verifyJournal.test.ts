// Damage and tampering: what the recovery rule and the chain must find. Built once, broken in every way.
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";
import { crc32 } from "node:zlib";
import { sequence } from "#protocol/quantities.ts";
import { chanceOf, seedsOf } from "../../../../test/simulation/chance.ts";
import { ModelledDisk } from "../../../../test/simulation/modelledDisk.ts";
import { soaked } from "../../../../test/simulation/soak.ts";
import { openJournal } from "./journalFile.ts";
import type { RecordPosition } from "./record.ts";
import { encodeFrame, encodeHeader, encodeMark, NO_RECORD_DIGEST } from "./record.ts";
import type { JournalVerdict } from "./verifyJournal.ts";
import { verifyJournal } from "./verifyJournal.ts";

const FRAMES = 36;
const FLIPS: number = soaked(2_000);
type Segments = ReadonlyMap<string, Buffer>;

/** Several segments, batches of one to four frames, marks between; closed (and so marked) or not. */
async function journalBytes(seed: number, closed: boolean): Promise<Segments> {
  const chance = chanceOf(seed);
  const disk = new ModelledDisk(chance);
  const { journal } = await open(disk);
  let batch: Promise<void>[] = [];
  for (let at = 1; at <= FRAMES; at++) {
    const events = [{ at, text: "x".repeat(chance.below(80)) }];
    batch.push(journal.append({ sequence: sequence(at), events }));
    if (chance.yes(0.5)) {
      await Promise.all(batch);
      batch = [];
      if (chance.yes(0.2)) await journal.mark();
    }
  }
  await Promise.all(batch);
  if (closed) await journal.close();
  const names = [...(await disk.list())].sort();
  const files = await Promise.all(names.map(async (name) => [name, Buffer.from(await disk.read(name))] as const));
  return new Map(files);
}

function open(fileSystem: ModelledDisk, frames: unknown[] = []): ReturnType<typeof openJournal<unknown>> {
  return openJournal<unknown>({
    fileSystem,
    header: { workspaceId: "ws_test", homeId: "node_test" },
    decodeEvent: (value) => value,
    onFrame: (frame) => frames.push(frame),
    segmentBytes: 1_200,
  });
}

async function diskOf(segments: Segments): Promise<ModelledDisk> {
  const disk = new ModelledDisk(chanceOf(1));
  for (const [name, bytes] of segments) {
    await disk.create(name);
    disk.tamper(name, bytes);
  }
  return disk;
}

const verdictOn = async (segments: Segments): Promise<JournalVerdict> => verifyJournal(await diskOf(segments));

async function framesOf(segments: Segments): Promise<readonly unknown[]> {
  const frames: unknown[] = [];
  await open(await diskOf(segments), frames);
  return frames;
}

/** Where each record of the journal begins and ends. */
function recordsOf(
  segments: Segments,
): readonly { readonly name: string; readonly from: number; readonly to: number }[] {
  return [...segments].flatMap(([name, bytes]) => {
    const records = [];
    for (let from = 0; from < bytes.length; ) {
      const to = bytes.indexOf("\n", from) + 1;
      records.push({ name, from, to });
      from = to;
    }
    return records;
  });
}

function replaced(segments: Segments, name: string, bytes: Buffer): Segments {
  return new Map([...segments, [name, bytes]]);
}

test("a sound journal is counted: frames, events, segments, last sequence and digest", async () => {
  const segments = await journalBytes(1, true);
  const verdict = await verdictOn(segments);
  const lastJson = [...segments.values()].at(-1)?.toString().trim().split("\n").at(-1)?.slice(18) ?? "";
  assert.deepEqual(verdict, {
    kind: "ok",
    frames: FRAMES,
    events: FRAMES,
    segments: segments.size,
    lastSequence: FRAMES,
    lastDigest: createHash("sha256").update(lastJson).digest("hex"),
  });
  assert.ok(segments.size >= 4);
});

test("an empty folder is a sound, empty journal", async () => {
  const verdict = await verdictOn(new Map());
  assert.equal(verdict.kind === "ok" && verdict.frames, 0);
});

test("one flipped bit in a closed journal is found, or changes not one frame: 2,000 flips", async () => {
  const segments = await journalBytes(2, true);
  const frames = await framesOf(segments);
  const chance = chanceOf(seedsOf(0)[0] ?? 0);
  const names = [...segments.keys()];
  let found = 0;
  for (let flip = 0; flip < FLIPS; flip++) {
    const name = names[chance.below(names.length)] ?? "";
    const bit = chance.below((segments.get(name)?.length ?? 0) * 8);
    const disk = await diskOf(segments);
    disk.flipBit(name, bit);
    const message = `seed ${chance.seed}, flip ${flip}: bit ${bit} of ${name}`;
    const verdict = await verifyJournal(disk);
    assert.notEqual(verdict.kind, "ok", message);
    if (verdict.kind === "corrupt") {
      found++;
      assert.equal(verdict.segment, name, message);
      assert.ok(verdict.atByte <= bit >> 3, message);
      await assert.rejects(open(disk), message);
    } else {
      const survived: unknown[] = [];
      await open(disk, survived);
      assert.deepEqual(survived, frames, message);
    }
  }
  assert.ok(found > FLIPS * 0.9, `${found} of ${FLIPS}`);
});

test("one flipped bit before the final batch of an unmarked journal is found, wherever the batches lie", async () => {
  for (let seed = 1; seed <= 20; seed++) {
    const segments = await journalBytes(seed, false);
    const [name = "", bytes = Buffer.alloc(0)] = [...segments].at(-1) ?? [];
    const durable = Math.max(...[...bytes.toString().matchAll(/"d":(\d+)/g)].map((match) => Number(match[1])));
    const finalBatch = bytes.indexOf(`{"n":${durable + 1},`) - 18;
    for (let at = 0; at < finalBatch; at += 5) {
      const damaged = Buffer.from(bytes);
      damaged[at] = (damaged[at] ?? 0) ^ 1;
      const verdict = await verdictOn(replaced(segments, name, damaged));
      assert.equal(verdict.kind, "corrupt", `seed ${seed}, byte ${at} of ${name}`);
    }
  }
});

test("any record edited with its CRC and length made to fit is found by the chain, and the place is named", async () => {
  const segments = await journalBytes(3, true);
  const records = recordsOf(segments);
  for (const [index, { name, from, to }] of records.entries()) {
    const bytes = segments.get(name) ?? Buffer.alloc(0);
    const json = bytes.toString("utf8", from + 18, to - 1);
    for (const edited of editsOf(json)) {
      const record = Buffer.from(lineOf(edited));
      const forged = Buffer.concat([bytes.subarray(0, from), record, bytes.subarray(to)]);
      const verdict = await verdictOn(replaced(segments, name, forged));
      // The last record has no successor to name it: only who kept its digest elsewhere can tell.
      if (index === records.length - 1 && verdict.kind === "ok") continue;
      assert.equal(verdict.kind, "corrupt", `record ${index}: ${edited}`);
    }
  }
});

test("any record deleted, doubled or swapped with its neighbour is found", async () => {
  const segments = await journalBytes(4, true);
  const records = recordsOf(segments);
  for (const [index, { name, from, to }] of records.slice(0, -1).entries()) {
    const bytes = segments.get(name) ?? Buffer.alloc(0);
    const record = bytes.subarray(from, to);
    const deleted = Buffer.concat([bytes.subarray(0, from), bytes.subarray(to)]);
    const doubled = Buffer.concat([bytes.subarray(0, to), record, bytes.subarray(to)]);
    assert.equal((await verdictOn(replaced(segments, name, deleted))).kind, "corrupt", `record ${index} deleted`);
    assert.equal((await verdictOn(replaced(segments, name, doubled))).kind, "corrupt", `record ${index} doubled`);
    const next = records[index + 1];
    if (next?.name !== name) continue;
    const swapped = Buffer.concat([
      bytes.subarray(0, from),
      bytes.subarray(next.from, next.to),
      record,
      bytes.subarray(next.to),
    ]);
    assert.equal((await verdictOn(replaced(segments, name, swapped))).kind, "corrupt", `record ${index} swapped`);
  }
});

test("a segment cut short, emptied, removed or put in another's place is found", async () => {
  const segments = await journalBytes(5, true);
  const names = [...segments.keys()];
  for (const [index, name] of names.slice(0, -1).entries()) {
    const bytes = segments.get(name) ?? Buffer.alloc(0);
    const cutAtRecord = bytes.subarray(0, bytes.lastIndexOf("\n", bytes.length - 2) + 1);
    for (const cut of [cutAtRecord, bytes.subarray(0, bytes.length - 7), Buffer.alloc(0)]) {
      assert.equal((await verdictOn(replaced(segments, name, cut))).kind, "corrupt", `${name} cut to ${cut.length}`);
    }
    const without = new Map([...segments].filter(([other]) => other !== name));
    assert.equal((await verdictOn(without)).kind, "corrupt", `${name} removed`);
    const other = segments.get(names[index + 1] ?? "") ?? Buffer.alloc(0);
    assert.equal((await verdictOn(replaced(segments, name, other))).kind, "corrupt", `${name} replaced`);
  }
});

test("segments that are missing are found by the last one's name, even when that one is empty", async () => {
  const segments = await journalBytes(5, true);
  const names = [...segments.keys()];
  const last = names.at(-1) ?? "";
  const missing = new Map([...replaced(segments, last, Buffer.alloc(0))].filter(([name]) => name !== names.at(-2)));
  const verdict = await verdictOn(missing);
  assert.ok(verdict.kind === "corrupt" && verdict.segment === last && verdict.atByte === 0);
});

test("a record that is sound and chained, but says what cannot be, is found", async () => {
  const owner = { workspaceId: "ws_test", homeId: "node_test" };
  const first = encodeHeader({ sequence: 0, durableBefore: 0, previousDigest: NO_RECORD_DIGEST }, owner);
  const one = encodeFrame({ sequence: 1, durableBefore: 0, previousDigest: first.digest }, "[]");
  const two = encodeFrame({ sequence: 2, durableBefore: 1, previousDigest: one.digest }, "[]");
  const sound = [first, one, two].map(({ bytes }) => bytes);
  const at = (sequence: number, durableBefore: number): RecordPosition => {
    return { sequence, durableBefore, previousDigest: two.digest };
  };
  const verdictWith = (...more: Uint8Array[]): Promise<JournalVerdict> => {
    return verdictOn(new Map([["segment-000000000001.journal", Buffer.concat([...sound, ...more])]]));
  };
  assert.equal((await verdictWith(encodeFrame(at(3, 2), "[]").bytes)).kind, "ok");
  for (const wrong of [
    encodeFrame(at(3, 0), "[]"),
    encodeFrame(at(3, 3), "[]"),
    encodeMark(at(2, 1)),
    encodeMark(at(3, 3)),
    encodeHeader(at(2, 2), owner),
  ]) {
    const verdict = await verdictWith(wrong.bytes);
    const atByte = Buffer.concat(sound).length;
    assert.ok(verdict.kind === "corrupt" && verdict.atByte === atByte, Buffer.from(wrong.bytes).toString());
  }
});

test("a segment of another Home, or of a later format, is found however well it is chained", async () => {
  const owner = { workspaceId: "ws_test", homeId: "node_test" };
  const first = encodeHeader({ sequence: 0, durableBefore: 0, previousDigest: NO_RECORD_DIGEST }, owner);
  const one = encodeFrame({ sequence: 1, durableBefore: 0, previousDigest: first.digest }, "[]");
  const second = (homeId: string): Buffer => {
    const position = { sequence: 1, durableBefore: 1, previousDigest: one.digest };
    return Buffer.from(encodeHeader(position, { ...owner, homeId }).bytes);
  };
  const later = Buffer.from(lineOf(second("node_test").toString("utf8", 18).trim().replace('"v":1', '"v":2')));
  const verdictWith = (header: Buffer): Promise<JournalVerdict> => {
    const segment = Buffer.concat([first.bytes, one.bytes]);
    return verdictOn(
      new Map([
        ["segment-000000000001.journal", segment],
        ["segment-000000000002.journal", header],
      ]),
    );
  };
  assert.equal((await verdictWith(second("node_test"))).kind, "ok");
  const foreign = await verdictWith(second("node_evil"));
  assert.ok(foreign.kind === "corrupt" && /node_evil/.test(foreign.reason));
  const unknown = await verdictWith(later);
  assert.ok(unknown.kind === "corrupt" && /version 2/.test(unknown.reason));
});

test("segments of two journals do not mix, even when each is sound", async () => {
  const mine = await journalBytes(6, true);
  const other = await journalBytes(7, true);
  const shared = [...mine.keys()].filter((name) => other.has(name));
  for (const name of shared) {
    if (mine.get(name)?.equals(other.get(name) ?? Buffer.alloc(0))) continue;
    const verdict = await verdictOn(replaced(mine, name, other.get(name) ?? Buffer.alloc(0)));
    assert.notEqual(verdict.kind, "ok", name);
  }
  assert.ok(shared.length > 0);
});

test("verifying changes nothing", async () => {
  const segments = await journalBytes(8, false);
  const [name = "", bytes = Buffer.alloc(0)] = [...segments].at(-1) ?? [];
  const disk = await diskOf(replaced(segments, name, bytes.subarray(0, bytes.length - 3)));
  const operations = disk.operations;
  const verdict = await verifyJournal(disk);
  assert.equal(verdict.kind, "torn-tail");
  assert.equal(disk.operations, operations);
});

/** Changes of one record that stay well-formed JSON. */
function editsOf(json: string): readonly string[] {
  return [
    json.replace(/"text":"x*"/, '"text":"forged"'),
    json.replace("node_test", "node_evil"),
    json.replace(/"n":(\d+)/, (_, n: string) => `"n":${Number(n) + 1}`),
    json.replace(/"d":(\d+)/, (_, d: string) => `"d":${Number(d) + 1}`),
    json.replace(/"p":"./, (start) => (start.endsWith("0") ? '"p":"1' : '"p":"0')),
    json.replace(/}$/, ',"extra":1}'),
  ].filter((edited) => edited !== json);
}

function lineOf(json: string): string {
  const length = Buffer.byteLength(json).toString(16).padStart(8, "0");
  const crc = crc32(json, crc32(`${length} `))
    .toString(16)
    .padStart(8, "0");
  return `${length} ${crc} ${json}\n`;
}
