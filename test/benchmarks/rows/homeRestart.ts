// Row "Home restart": a journal of offloads read back to the very state that wrote it, beside reading, checking and parsing
// the same files and nothing else.
import { readdir, readFile } from "node:fs/promises";
import { isDeepStrictEqual } from "node:util";
import { crc32 } from "node:zlib";
import { join } from "node:path";
import type { Command } from "#protocol/commands.ts";
import { decodeEvent } from "#protocol/decodeEvent.ts";
import type { JournalEvent } from "#protocol/events.ts";
import { sequence } from "#protocol/quantities.ts";
import { openNodeFileSystem } from "#platform/files/nodeFileSystem.ts";
import { openJournal } from "../../../server/src/adapters/journal/journalFile.ts";
import { decide } from "../../../server/src/home/decide.ts";
import { OwnMaps } from "../../../server/src/home/boundedMap.ts";
import { evolveAll } from "../../../server/src/home/evolve.ts";
import { type HomeState, initialState } from "../../../server/src/home/state.ts";
import { accepted, approve, finished, homeWith, output, preview, started } from "../../simulation/homeCommands.ts";
import { GPU, IDENTITY } from "../../simulation/homeScenario.ts";
import { openBenchJournal } from "../benchHome.ts";
import { TOLERANCE_UNALIKE } from "../gate.ts";
import { alternating, type Measured, type Row, type Scale, timed } from "../measure.ts";

const NAME = "Home restart";
const HEADER = { workspaceId: IDENTITY.workspaceId, homeId: IDENTITY.nodeId };
const OUTPUTS_A_JOB = 4;
const FRAMES_AT_ONCE = 1_000;

export const homeRestart: Row = { name: NAME, run };

async function run({ quick, folder }: Scale): Promise<readonly Measured[]> {
  const path = join(folder("journal"), "journal");
  const eventsMin = quick ? 10_000 : 100_000;
  const expected = await writeJournal(path, eventsMin);
  if (!isDeepStrictEqual(await restart(path), expected)) throw new Error("the Home came back as another one");
  const turns = await alternating(
    { quick },
    quick ? 8 : 30,
    () => timed(() => restart(path)),
    () => timed(() => readAndParse(path)),
    2,
  );
  const floorName = `read, CRC-check and JSON.parse of the same ${eventsMin.toLocaleString("en")} events`;
  return [
    {
      name: NAME,
      floorName,
      goal: { kind: "at-most", ratio: 3 },
      quantile: 0.5,
      unit: "ms",
      tolerance: TOLERANCE_UNALIKE,
      ...turns,
    },
  ];
}

async function restart(path: string): Promise<HomeState> {
  const fileSystem = await openNodeFileSystem(path);
  let state = initialState(IDENTITY);
  const own = new OwnMaps();
  await openJournal<JournalEvent>({
    fileSystem,
    header: HEADER,
    decodeEvent: (value) => {
      const decoded = decodeEvent(value);
      if (decoded.ok) return decoded.value;
      throw new Error(`the event's ${decoded.path} ${decoded.problem}`);
    },
    onFrame: (frame) => {
      state = evolveAll(state, frame.events, own);
    },
  });
  await fileSystem.close();
  return state;
}

async function readAndParse(path: string): Promise<number> {
  let events = 0;
  for (const name of await readdir(path)) {
    const bytes = await readFile(join(path, name));
    for (let at = 0; at < bytes.length; ) {
      const length = Number.parseInt(bytes.toString("latin1", at, at + 8), 16);
      const json = bytes.subarray(at + 18, at + 18 + length);
      const crc = Number.parseInt(bytes.toString("latin1", at + 9, at + 17), 16);
      if (crc32(json, crc32(bytes.subarray(at, at + 9))) !== crc) throw new Error("a record is damaged");
      const record: unknown = JSON.parse(json.toString("utf8"));
      events += record === null ? 0 : 1;
      at += 18 + length + 1;
    }
  }
  return events;
}

/** Offloads, one after the other, until there are enough events; the state that came of them. */
async function writeJournal(path: string, eventsMin: number): Promise<HomeState> {
  const { journal, close } = await openBenchJournal(path, HEADER);
  const home = homeWith(GPU);
  const frames = [...home.frames];
  let state = home.state;
  let events = home.events.length;
  for (let number = 1; events < eventsMin; number++) {
    for (const command of offloadOf(number)) {
      const decided = decide(state, command);
      if ("kind" in decided) throw new Error(`${command.kind} was refused: ${decided.message}`);
      state = evolveAll(state, decided);
      events += decided.length;
      frames.push(decided);
    }
  }
  while (frames.length > 0) {
    const batch = frames.splice(0, FRAMES_AT_ONCE);
    await Promise.all(
      batch.map((decided) => journal.append({ sequence: sequence(journal.lastSequence + 1), events: decided })),
    );
  }
  await close();
  return state;
}

function offloadOf(number: number): readonly Command[] {
  const outputs = Array.from({ length: OUTPUTS_A_JOB }, (_, index) => output(number, GPU, index + 1));
  return [
    preview(number, GPU),
    approve(number),
    accepted(number, GPU),
    started(number, GPU),
    ...outputs,
    finished(number, GPU, OUTPUTS_A_JOB),
  ];
}
