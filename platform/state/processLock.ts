// One process at a time: a lock that names the process which holds it, and that a crashed process cannot hold for ever.
// It decides who may write a Home's journal, and which worker runs from a folder. It must never let two processes hold it, however many race for a stale one.
import { randomBytes } from "node:crypto";
import { link, mkdir, readdir, readFile, rename, unlink, writeFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import * as z from "zod";
import { errnoOf } from "#platform/files/fileSystem.ts";
import { ArwError } from "#protocol/errors.ts";
import type { EpochMs } from "#protocol/quantities.ts";
import { epochMs, epochMsSchema } from "#protocol/quantities.ts";
import type { ProcessIdentity } from "./processIdentity.ts";
import { identityOfThisProcess, isRunning, processIdentitySchema } from "./processIdentity.ts";

export interface ProcessLock {
  readonly kind: "acquired";
  /** Frees the lock; once more does nothing, and a later holder's is never touched. */
  release(): Promise<void>;
}

export interface HeldLock {
  readonly kind: "held";
  readonly pid: number;
  readonly since: EpochMs;
}

/**
 * Takes the lock at `path`, or says who holds it. Throws ArwError "lock-unavailable" when the disk refuses.
 *
 * The lock is a row of files `path.1`, `path.2`, …: the highest number counts, and its file is never removed. Who finds
 * the highest one free or its process gone makes the next number with link(2), which only one of many can. So a slow
 * contender, judging a number that others have long passed, takes nothing from anybody: the removal of a stale lock,
 * the step at which such locks go wrong, does not exist.
 */
export async function acquireProcessLock(path: string): Promise<ProcessLock | HeldLock> {
  try {
    await mkdir(dirname(path), { recursive: true, mode: 0o700 });
    const mine: Claim = { ...(await identityOfThisProcess()), since: epochMs(Date.now()) };
    for (let round = 0; round < ROUNDS_MAX; round++) {
      const highest = await highestGeneration(path);
      const holder = highest === 0 ? undefined : await readClaim(fileOf(path, highest));
      if (holder !== undefined && (await isRunning(holder))) {
        return { kind: "held", pid: holder.pid, since: holder.since };
      }
      if (await takeGeneration(path, highest + 1, mine)) return lockOf(path, highest + 1);
    }
  } catch (cause) {
    throw new ArwError(
      "lock-unavailable",
      `The lock ${path} cannot be read or written${errnoOf(cause) === undefined ? "" : ` (${errnoOf(cause)})`}`,
      "Check that its folder is on a local disk with free space and belongs to you.",
      { cause },
    );
  }
  throw new ArwError(
    "lock-contended",
    `The lock ${path} changed hands ${ROUNDS_MAX} times while this process tried to take it`,
    "Start the program again.",
  );
}

/** Each lost round means that another process took a number; more than this many at one start is a broken disk. */
const ROUNDS_MAX = 1_000;

/** Who holds the lock, as its file says. */
export interface Claim extends ProcessIdentity {
  readonly since: EpochMs;
}

const claimSchema: z.ZodType<Claim> = processIdentitySchema.and(z.object({ since: epochMsSchema }));

/**
 * Makes the file of this number, complete before it is visible. True when it is made and no higher one exists.
 * Exported for the test of a contender that is slower than two holders.
 */
export async function takeGeneration(path: string, generation: number, mine: Claim): Promise<boolean> {
  if (!(await linkNew(fileOf(path, generation), JSON.stringify(mine)))) return false;
  // A number that others have passed and cleared away could be made again; the highest is never cleared, so it tells.
  if ((await highestGeneration(path)) !== generation) {
    await removeIfThere(fileOf(path, generation));
    return false;
  }
  for (const other of await generationsAt(path)) {
    if (other < generation) await removeIfThere(fileOf(path, other));
  }
  return true;
}

function lockOf(path: string, generation: number): ProcessLock {
  let held = true;
  return {
    kind: "acquired",
    release: async () => {
      if (!held) return;
      held = false;
      // The file stays and says that nobody holds it: the highest number must never go down.
      const temporary = temporaryOf(path);
      await writeFile(temporary, FREE, { flag: "wx", mode: 0o600 });
      await rename(temporary, fileOf(path, generation));
    },
  };
}

const FREE = "free\n";

/** The holder's claim; undefined when the file says free, is gone, or says nothing that such a process would write. */
async function readClaim(file: string): Promise<Claim | undefined> {
  try {
    const claim = claimSchema.safeParse(JSON.parse(await readFile(file, "utf8")));
    return claim.success ? claim.data : undefined;
  } catch (error) {
    if (error instanceof SyntaxError || errnoOf(error) === "ENOENT") return undefined;
    throw error;
  }
}

async function linkNew(file: string, content: string): Promise<boolean> {
  const temporary = temporaryOf(file);
  await writeFile(temporary, content, { flag: "wx", mode: 0o600 });
  try {
    await link(temporary, file);
    return true;
  } catch (error) {
    if (errnoOf(error) === "EEXIST") return false;
    throw error;
  } finally {
    await removeIfThere(temporary);
  }
}

async function highestGeneration(path: string): Promise<number> {
  return Math.max(0, ...(await generationsAt(path)));
}

async function generationsAt(path: string): Promise<readonly number[]> {
  const start = `${basename(path)}.`;
  const names = await readdir(dirname(path));
  return names
    .filter((name) => name.startsWith(start) && /^[1-9]\d{0,14}$/.test(name.slice(start.length)))
    .map((name) => Number(name.slice(start.length)));
}

function fileOf(path: string, generation: number): string {
  return `${path}.${generation}`;
}

function temporaryOf(path: string): string {
  return join(dirname(path), `.${basename(path)}-${randomBytes(8).toString("hex")}`);
}

async function removeIfThere(file: string): Promise<void> {
  try {
    await unlink(file);
  } catch (error) {
    if (errnoOf(error) !== "ENOENT") throw error;
  }
}
