// A process that appends to a journal as fast as it can and says which frames it was told are durable, until it is
// stopped. With `careless` its syncs do nothing: the test of the power cut must notice that.
import type { FileSystem } from "#platform/files/fileSystem.ts";
import { openNodeFileSystem } from "#platform/files/nodeFileSystem.ts";
import { sequence } from "#protocol/quantities.ts";
import { openJournal } from "../../server/src/adapters/journal/journalFile.ts";

const WRITERS = 8;
const [folder, how] = process.argv.slice(2);
if (folder === undefined) throw new Error("name the journal's folder");
const disk = await openNodeFileSystem(folder);
const careless: FileSystem = {
  list: () => disk.list(),
  size: (name) => disk.size(name),
  read: (name, range) => disk.read(name, range),
  create: (name) => disk.create(name),
  write: (name, bytes, fromByte) => disk.write(name, bytes, fromByte),
  truncate: (name, bytes) => disk.truncate(name, bytes),
  sync: async () => undefined,
  syncDirectory: async () => undefined,
  rename: (from, to) => disk.rename(from, to),
  remove: (name) => disk.remove(name),
  close: () => disk.close(),
};
const { journal } = await openJournal<string>({
  fileSystem: how === "careless" ? careless : disk,
  header: { workspaceId: "ws_cut", homeId: "node_cut" },
  decodeEvent: String,
  segmentBytes: 32_768,
});

async function appendForEver(): Promise<void> {
  for (;;) {
    const next = sequence(journal.lastSequence + 1);
    await journal.append({ sequence: next, events: [`event ${next} ${"x".repeat(next % 700)}`] });
    process.stdout.write(`${next}\n`);
  }
}
await Promise.all(Array.from({ length: WRITERS }, appendForEver));
