// Row "durable appends": 64 writers that each wait for their frame, beside the same bytes in the same batches, written and
// synced by nothing but two system calls.
import { open } from "node:fs/promises";
import { join } from "node:path";
import { sequence } from "#protocol/quantities.ts";
import type { FileSystem } from "#platform/files/fileSystem.ts";
import { openNodeFileSystem } from "#platform/files/nodeFileSystem.ts";
import type { JournalEvent } from "#protocol/events.ts";
import { openJournal } from "../../../server/src/adapters/journal/journalFile.ts";
import { TOLERANCE_ALIKE } from "../gate.ts";
import { alternating, type Measured, type Row, type Scale, timed } from "../measure.ts";
import { anEvent } from "./localJob.ts";

const NAME = "durable appends";
const WRITERS = 64;
const APPENDS_A_WRITER = 5;

export const durableAppends: Row = { name: NAME, run };

async function run({ quick, folder }: Scale): Promise<readonly Measured[]> {
  const batches: number[] = [];
  const fileSystem = await openNodeFileSystem(join(folder("journal"), "journal"));
  const { journal } = await openJournal<JournalEvent>({
    fileSystem: noting(fileSystem, batches),
    header: { workspaceId: "bench", homeId: "bench" },
    decodeEvent: () => {
      throw new Error("nothing is read here");
    },
  });
  const write = async (): Promise<void> => {
    for (let count = 0; count < APPENDS_A_WRITER; count++) {
      await journal.append({ sequence: sequence(journal.lastSequence + 1), events: [anEvent()] });
    }
  };
  const bare = await open(join(folder("bare"), "bytes"), "w", 0o600);
  let atByte = 0;
  const rewrite = async (): Promise<void> => {
    for (const bytes of batches) {
      const { bytesWritten } = await bare.write(Buffer.alloc(bytes, "x"), 0, bytes, atByte);
      await bare.datasync();
      atByte += bytesWritten;
    }
  };
  const ours = (): Promise<number> => {
    batches.length = 0;
    return timed(() => Promise.all(Array.from({ length: WRITERS }, write)));
  };
  await ours();
  const turns = await alternating({ quick }, quick ? 100 : 1_000, ours, () => timed(rewrite));
  await bare.close();
  await journal.close();
  await fileSystem.close();
  return [
    {
      name: NAME,
      floorName: "write and fdatasync of the same batches",
      goal: { kind: "at-least", ratio: 0.6 },
      quantile: 0.5,
      unit: "ms",
      tolerance: TOLERANCE_ALIKE,
      ...turns,
    },
  ];
}

/** The same file system; the length of every write is noted. */
function noting(fileSystem: FileSystem, batches: number[]): FileSystem {
  return {
    list: () => fileSystem.list(),
    size: (name) => fileSystem.size(name),
    read: (name, range) => fileSystem.read(name, range),
    create: (name) => fileSystem.create(name),
    write: (name, bytes, fromByte) => {
      batches.push(bytes.length);
      return fileSystem.write(name, bytes, fromByte);
    },
    truncate: (name, bytes) => fileSystem.truncate(name, bytes),
    sync: (name) => fileSystem.sync(name),
    syncDirectory: () => fileSystem.syncDirectory(),
    rename: (from, to) => fileSystem.rename(from, to),
    remove: (name) => fileSystem.remove(name),
    close: () => fileSystem.close(),
  };
}
