// Packs a fixture extension as a .vsix, the way VS Code installs one from a file.
// Only for fixtures: the real extension is packed by vsce. It must never be given a folder with more than a few files.
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { crc32 } from "node:zlib";

const LOCAL_HEADER = 0x04034b50;
const CENTRAL_HEADER = 0x02014b50;
const CENTRAL_END = 0x06054b50;
const VERSION_NEEDED = 20;
const LOCAL_HEADER_BYTES = 30;
const CENTRAL_HEADER_BYTES = 46;
const CENTRAL_END_BYTES = 22;

const CONTENT_TYPES =
  '<?xml version="1.0" encoding="utf-8"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">' +
  '<Default Extension=".json" ContentType="application/json"/><Default Extension=".js" ContentType="text/javascript"/>' +
  "</Types>";

/** Packs a fixture of `test/editor/host/fixture/`; answers the file, which this process removes when it ends. */
export function packFixture(name: "probe" | "empty"): string {
  const intoFolder = mkdtempSync(join(tmpdir(), "arw-fixture-"));
  process.on("exit", () => rmSync(intoFolder, { recursive: true, force: true }));
  const folder = resolve("test/editor/host/fixture", name);
  const entries = readdirSync(folder).map(
    (file): Entry => ({ name: `extension/${file}`, data: readFileSync(join(folder, file)) }),
  );
  const path = join(intoFolder, `${name}.vsix`);
  writeFileSync(path, zip([{ name: "[Content_Types].xml", data: Buffer.from(CONTENT_TYPES) }, ...entries]));
  return path;
}

interface Entry {
  readonly name: string;
  readonly data: Buffer;
}

/** A zip file whose entries are stored as they are. Source: the ZIP file format specification, 4.3. */
function zip(entries: readonly Entry[]): Buffer {
  const locals: Buffer[] = [];
  const centrals: Buffer[] = [];
  let offset = 0;
  for (const { name, data } of entries) {
    const named = Buffer.from(name);
    // Version, flags, method (stored), time and date: the earliest day that the format knows.
    const common = Buffer.alloc(LOCAL_HEADER_BYTES - 4);
    common.writeUInt16LE(VERSION_NEEDED, 0);
    common.writeUInt16LE(0x21, 8);
    common.writeUInt32LE(crc32(data), 10);
    common.writeUInt32LE(data.length, 14);
    common.writeUInt32LE(data.length, 18);
    common.writeUInt16LE(named.length, 22);
    const local = Buffer.concat([word(LOCAL_HEADER), common, named, data]);
    const central = Buffer.alloc(CENTRAL_HEADER_BYTES);
    central.writeUInt32LE(CENTRAL_HEADER, 0);
    central.writeUInt16LE(VERSION_NEEDED, 4);
    common.copy(central, 6);
    central.writeUInt32LE(offset, 42);
    locals.push(local);
    centrals.push(central, named);
    offset += local.length;
  }
  const directory = Buffer.concat(centrals);
  const end = Buffer.alloc(CENTRAL_END_BYTES);
  end.writeUInt32LE(CENTRAL_END, 0);
  end.writeUInt16LE(entries.length, 8);
  end.writeUInt16LE(entries.length, 10);
  end.writeUInt32LE(directory.length, 12);
  end.writeUInt32LE(offset, 16);
  return Buffer.concat([...locals, directory, end]);
}

function word(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}
