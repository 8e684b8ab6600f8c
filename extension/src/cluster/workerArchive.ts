// The worker as one file for another machine: an npm package with nothing to install beside it, made of the very files that
// run here. The same files make the same bytes. It must never hold anything of this machine but those files.
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { gzipSync } from "node:zlib";

const WORKER_FOLDER = ["dist", "worker-companion"] as const;
const EXECUTABLE = "arw-worker.js";
const BLOCK_BYTES = 512;
/** The date that npm gives the files of every package. */
const MODIFIED_SECONDS = 499_162_500;

interface ArchivedFile {
  readonly path: string;
  readonly content: Uint8Array;
  readonly executable: boolean;
}

/** `extensionPath` is the folder with `dist/`. */
export async function workerArchive(extensionPath: string, version: string): Promise<Uint8Array> {
  const worker = join(extensionPath, ...WORKER_FOLDER);
  const names = (await readdir(worker, { recursive: true, withFileTypes: true }))
    .filter((entry) => entry.isFile() && !entry.name.endsWith(".map"))
    .map((entry) => join(entry.parentPath, entry.name));
  const files = await Promise.all([
    ...names.map((name) => archived(name.slice(worker.length + 1).replaceAll("\\", "/"), name)),
    ...["LICENSE-APACHE", "LICENSE-MIT"].map((name) => archived(name, join(extensionPath, name))),
  ]);
  const manifest = { path: "package.json", content: Buffer.from(manifestText(version)), executable: false };
  const readMe = { path: "README.md", content: Buffer.from(readMeText(version)), executable: false };
  const sorted = [manifest, readMe, ...files].toSorted((a, b) => (a.path < b.path ? -1 : 1));
  return gzipSync(tar(sorted), { level: 9 });
}

export function workerArchiveName(version: string): string {
  return `arw-worker-${version}.tgz`;
}

async function archived(path: string, source: string): Promise<ArchivedFile> {
  return { path, content: await readFile(source), executable: path === EXECUTABLE };
}

function manifestText(version: string): string {
  const manifest = {
    name: "arw-worker",
    version,
    description: "Lends this machine to an ARW Home that you let in.",
    license: "MIT OR Apache-2.0",
    type: "module",
    bin: { "arw-worker": EXECUTABLE },
    engines: { node: ">=20.19.0" },
  };
  return `${JSON.stringify(manifest, undefined, 2)}\n`;
}

function readMeText(version: string): string {
  return `# arw-worker ${version}

Lends this machine to an ARW Home. It needs Node 20.19 or newer; on Linux also bubblewrap for commands. It downloads nothing.

    npx ./${workerArchiveName(version)} join <invite>     try it from this file
    npm install --global ./${workerArchiveName(version)}  keep it; then: arw-worker --help

The model engine for your own models is added with: arw-worker engines add llama
`;
}

/** POSIX's ustar, with every field that could name a machine or a person left at its neutral value. */
function tar(files: readonly ArchivedFile[]): Uint8Array {
  const blocks = files.flatMap((file) => [
    header(file),
    file.content,
    Buffer.alloc((BLOCK_BYTES - (file.content.length % BLOCK_BYTES)) % BLOCK_BYTES),
  ]);
  return Buffer.concat([...blocks, Buffer.alloc(2 * BLOCK_BYTES)]);
}

function header({ content, executable, path }: ArchivedFile): Uint8Array {
  const block = Buffer.alloc(BLOCK_BYTES);
  const octal = (value: number, digits: number): string => value.toString(8).padStart(digits, "0");
  block.write(`package/${path}`, 0, 100);
  block.write(`${octal(executable ? 0o755 : 0o644, 6)} `, 100);
  block.write(`${octal(0, 6)} `, 108);
  block.write(`${octal(0, 6)} `, 116);
  block.write(`${octal(content.length, 11)} `, 124);
  block.write(`${octal(MODIFIED_SECONDS, 11)} `, 136);
  // The checksum counts its own field as spaces.
  block.write(" ".repeat(8), 148);
  block.write("0", 156);
  block.write("ustar", 257);
  block.write("00", 263);
  const sum = block.reduce((total, byte) => total + byte, 0);
  block.write(`${octal(sum, 6)}\0 `, 148);
  return block;
}
