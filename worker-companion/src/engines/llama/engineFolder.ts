// The user's llama engines on disk: each installation has a folder of its own, and the file `current` names the one that counts.
// So an installation that fails or is cut off breaks nothing, and files go only once no process has them loaded.
// It must never remove a folder that a living process uses or still fills.
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { mkdir, readdir, rename, rm, writeFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import * as z from "zod";
import { errnoOf } from "#platform/files/fileSystem.ts";
import { decodeJson } from "#protocol/decode.ts";
import type { EngineGpu } from "../../core/engine.ts";

export interface LlamaInstallation {
  readonly folder: string;
  /** What `import` is given. */
  readonly modulePath: string;
  readonly version: string;
  readonly gpu: EngineGpu;
}

type Description = Pick<LlamaInstallation, "version" | "gpu">;

const descriptionSchema: z.ZodType<Description> = z.strictObject({
  version: z.string().max(64),
  gpu: z.enum(["cpu", "cuda", "vulkan"]),
});

/** What node-llama-cpp's package.json names as its entry. It has no other, so a look-up of the file is enough. */
export const LLAMA_ENTRY = "node-llama-cpp/dist/index.js";

const CURRENT = "current";
const DESCRIPTION = "installation.json";
const USERS = "users";
const NAME = /^llama-(\d+)-\d+$/;

let counter = 0;

/** The installation that counts; undefined where there is none, or it is not whole. */
export function installedLlama(engineFolder: string): LlamaInstallation | undefined {
  const name = textOf(join(engineFolder, CURRENT))?.trim() ?? "";
  if (!NAME.test(name)) return undefined;
  const folder = join(engineFolder, name);
  const description = descriptionOf(folder);
  return description === undefined
    ? undefined
    : { folder, modulePath: join(folder, "node_modules", LLAMA_ENTRY), ...description };
}

/** The processor that a module computes on: a module from elsewhere than an engine folder uses none of the GPUs. */
export function gpuOfModule(modulePath: string): EngineGpu {
  return descriptionOf(installationOf(modulePath))?.gpu ?? "cpu";
}

/** A fresh folder to install into. Its name says which process fills it. */
export async function newInstallation(engineFolder: string): Promise<string> {
  counter += 1;
  const folder = join(engineFolder, `llama-${process.pid}-${counter}`);
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true, mode: 0o700 });
  return folder;
}

/** Says what a folder holds, so that it can be tried before it counts. */
export async function describeInstallation(folder: string, description: Description): Promise<void> {
  await writeFile(join(folder, DESCRIPTION), `${JSON.stringify(description)}\n`);
}

/** From here on this installation counts, for every engine that starts. */
export async function makeCurrent(folder: string, description: Description): Promise<void> {
  await describeInstallation(folder, description);
  const pointer = join(dirname(folder), CURRENT);
  await writeFile(`${pointer}.new`, `${basename(folder)}\n`);
  await rename(`${pointer}.new`, pointer);
}

/** No installation counts any more; false where none did. Its files stay until they are swept. */
export async function forgetCurrent(engineFolder: string): Promise<boolean> {
  const had = installedLlama(engineFolder) !== undefined;
  await rm(join(engineFolder, CURRENT), { force: true });
  return had;
}

/** Says that this process is about to load the module, until the answer is called. */
export function holdModule(modulePath: string): () => void {
  const folder = installationOf(modulePath);
  if (!NAME.test(basename(folder))) return () => {};
  counter += 1;
  const mark = join(folder, USERS, `${process.pid}-${counter}`);
  try {
    mkdirSync(dirname(mark), { recursive: true });
    writeFileSync(mark, "");
  } catch (error) {
    // Swept in this very moment: the load fails and says so.
    if (errnoOf(error) === undefined) throw error;
  }
  return () => rmSync(mark, { force: true });
}

/** Removes what no longer counts; answers how many folders stay because a living process uses or fills them. */
export async function sweepInstallations(engineFolder: string): Promise<number> {
  const current = installedLlama(engineFolder)?.folder;
  let kept = 0;
  for (const name of await namesIn(engineFolder)) {
    const path = join(engineFolder, name);
    if (path === current || name === CURRENT || name === `${CURRENT}.new`) continue;
    if (await isUsed(path)) kept += 1;
    else await rm(path, { recursive: true, force: true });
  }
  return kept;
}

async function isUsed(folder: string): Promise<boolean> {
  const filler = NAME.exec(basename(folder))?.[1];
  const filled = descriptionOf(folder) !== undefined;
  if (!filled && filler !== undefined && isAlive(Number(filler))) return true;
  const users = await namesIn(join(folder, USERS));
  return users.some((user) => isAlive(Number.parseInt(user, 10)));
}

/** A number that has been given to another process keeps a folder longer than needed, never shorter. */
export function isAlive(processId: number): boolean {
  if (!Number.isSafeInteger(processId) || processId < 1) return false;
  try {
    process.kill(processId, 0);
    return true;
  } catch (error) {
    return errnoOf(error) !== "ESRCH";
  }
}

function installationOf(modulePath: string): string {
  return dirname(dirname(dirname(dirname(modulePath))));
}

function descriptionOf(folder: string): Description | undefined {
  const text = textOf(join(folder, DESCRIPTION));
  if (text === undefined) return undefined;
  const decoded = decodeJson(descriptionSchema, text);
  return decoded.ok ? decoded.value : undefined;
}

function textOf(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return undefined;
  }
}

async function namesIn(folder: string): Promise<readonly string[]> {
  try {
    return await readdir(folder);
  } catch (error) {
    const errno = errnoOf(error);
    if (errno === "ENOENT" || errno === "ENOTDIR") return [];
    throw error;
  }
}
