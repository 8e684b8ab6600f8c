// The models of this machine: the demo model that ships with the product, and every *.gguf in the user's model folder.
// A model is known by the digest of its bytes. Hashing is done once a file, and again whenever the file looks changed.
import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { mkdir, readdir, readFile, rename, stat, writeFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import * as z from "zod";
import { errnoOf } from "#platform/files/fileSystem.ts";
import { decodeJson } from "#protocol/decode.ts";
import { type Digest, digestFromHex, digestSchema } from "#protocol/digest.ts";
import type { ModelAdvert } from "#protocol/node.ts";
import { byteCount } from "#protocol/quantities.ts";
import { looksLikeModel } from "./ggufHeader.ts";

export interface Model extends ModelAdvert {
  readonly path: string;
}

export interface ModelFiles {
  /** All models, the demo model first. A file that cannot be read, or is no GGUF, is no model. */
  list(signal: AbortSignal): Promise<readonly Model[]>;
}

/** An advert names so many at most. */
export const MODELS_MAX = 256;
export const DEMO_MODEL_NAME = "demo model";

interface KnownFile {
  readonly path: string;
  readonly sizeBytes: number;
  readonly modifiedNs: string;
  readonly inode: string;
  readonly digest: Digest;
}

const knownFilesSchema: z.ZodType<readonly KnownFile[]> = z
  .array(
    z.strictObject({
      path: z.string(),
      sizeBytes: z.number().int().min(0),
      modifiedNs: z.string(),
      inode: z.string(),
      digest: digestSchema,
    }),
  )
  .max(MODELS_MAX);

export interface ModelPlaces {
  /** The demo model's file; it may be absent. */
  readonly demoFile: string;
  /** The user's model folder; it may be absent. */
  readonly folder: string;
  /** Where the digests are remembered. */
  readonly digestsFile: string;
}

export function createModelFiles(places: ModelPlaces): ModelFiles {
  // Two probes at once must not hash a file of gigabytes twice.
  let turn: Promise<unknown> = Promise.resolve();
  return {
    list(signal) {
      const listed = turn.then(() => listModels(places, signal));
      turn = listed.catch(() => {});
      return listed;
    },
  };
}

async function listModels(places: ModelPlaces, signal: AbortSignal): Promise<readonly Model[]> {
  const remembered = await readKnown(places.digestsFile);
  const files = [places.demoFile, ...(await modelNames(places.folder)).map((name) => join(places.folder, name))];
  const known: KnownFile[] = [];
  const models: Model[] = [];
  for (const path of files.slice(0, MODELS_MAX)) {
    signal.throwIfAborted();
    const file = await identify(path, remembered, signal);
    if (file === undefined) continue;
    known.push(file);
    const demo = path === places.demoFile;
    const name = demo ? DEMO_MODEL_NAME : basename(path, ".gguf").slice(0, 256);
    models.push({ name, digest: file.digest, bytes: byteCount(file.sizeBytes), demo, path });
  }
  if (JSON.stringify(known) !== JSON.stringify(remembered)) await writeKnown(places.digestsFile, known);
  return models;
}

async function modelNames(folder: string): Promise<readonly string[]> {
  try {
    return (await readdir(folder)).filter((name) => name.endsWith(".gguf")).sort();
  } catch (error) {
    if (errnoOf(error) === "ENOENT") return [];
    throw error;
  }
}

async function identify(
  path: string,
  remembered: readonly KnownFile[],
  signal: AbortSignal,
): Promise<KnownFile | undefined> {
  try {
    const found = await stat(path, { bigint: true });
    if (!found.isFile()) return undefined;
    const now = {
      path,
      sizeBytes: Number(found.size),
      modifiedNs: String(found.mtimeNs),
      inode: String(found.ino),
    };
    const same = remembered.find(
      (file) =>
        file.path === path &&
        file.sizeBytes === now.sizeBytes &&
        file.modifiedNs === now.modifiedNs &&
        file.inode === now.inode,
    );
    if (same !== undefined) return same;
    return (await looksLikeModel(path)) ? { ...now, digest: await digestOfFile(path, signal) } : undefined;
  } catch (error) {
    if (errnoOf(error) === undefined) throw error;
    return undefined;
  }
}

async function digestOfFile(path: string, signal: AbortSignal): Promise<Digest> {
  const hash = createHash("sha256");
  for await (const piece of createReadStream(path, { signal, highWaterMark: 1024 ** 2 })) {
    if (piece instanceof Uint8Array) hash.update(piece);
  }
  return digestFromHex(hash.digest("hex"));
}

/** What cannot be read is hashed again: the file is a convenience, not the truth. */
async function readKnown(path: string): Promise<readonly KnownFile[]> {
  try {
    const decoded = decodeJson(knownFilesSchema, await readFile(path, "utf8"));
    return decoded.ok ? decoded.value : [];
  } catch {
    return [];
  }
}

async function writeKnown(path: string, known: readonly KnownFile[]): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(`${path}.new`, JSON.stringify(known), { mode: 0o600 });
  await rename(`${path}.new`, path);
}
