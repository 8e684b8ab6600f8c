// The worker's log: one JSON object a line, a time and a fact, in two files that together stay below a limit.
// Facts only: it must never be handed a byte of a job, a key or an invite; and because an error may quote anything, every
// text in it goes through the redactor.
import { appendFileSync, openSync, readSync, closeSync, renameSync, statSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { redactedJson } from "#platform/redaction/redactedJson.ts";
import type { Redactor } from "#platform/redaction/redactor.ts";
import { errnoOf } from "#platform/files/fileSystem.ts";

/** A file that has reached this is put aside as `.1`, and the one that was put aside before is gone. */
export const LOG_FILE_BYTES_MAX: number = 1024 ** 2;
/** A fact's texts are cut to this: an error of a library may hold anything. */
export const LOG_TEXT_CHARACTERS_MAX = 512;
/** How often a follower looks. */
const FOLLOW_MS = 200;

export interface WorkerLog {
  write(fact: string, detail: Readonly<Record<string, unknown>>): void;
}

export function workerLogPath(folder: string): string {
  return join(folder, "worker.log");
}

/** A log that cannot be written stops no worker. */
export function openWorkerLog(folder: string, now: () => Date, redactor: Redactor): WorkerLog {
  const path = workerLogPath(folder);
  let sizeBytes = statSync(path, { throwIfNoEntry: false })?.size ?? 0;
  return {
    write(fact, detail) {
      const line = `${redactedJson({ at: now().toISOString(), fact, ...detail }, redactor, LOG_TEXT_CHARACTERS_MAX)}\n`;
      try {
        if (sizeBytes > 0 && sizeBytes + Buffer.byteLength(line) > LOG_FILE_BYTES_MAX) {
          renameSync(path, `${path}.1`);
          sizeBytes = 0;
        }
        appendFileSync(path, line, { mode: 0o600 });
        sizeBytes += Buffer.byteLength(line);
      } catch (error) {
        if (errnoOf(error) === undefined) throw error;
      }
    },
  };
}

/** The last lines, oldest first. */
export async function lastLines(folder: string, count: number): Promise<readonly string[]> {
  const path = workerLogPath(folder);
  const texts = await Promise.all([textOf(`${path}.1`), textOf(path)]);
  return texts
    .join("")
    .split("\n")
    .filter((line) => line !== "")
    .slice(-count);
}

/** Hands out every line written from now on, over rotations, until the signal is aborted. */
export async function followLog(folder: string, onLine: (line: string) => void, signal: AbortSignal): Promise<void> {
  const path = workerLogPath(folder);
  let at = placeOf(path);
  while (!signal.aborted) {
    const now = placeOf(path);
    if (now.inode !== at.inode) {
      // Whatever was still written to the file before it was put aside.
      if (placeOf(`${path}.1`).inode === at.inode) handOut(readLines(`${path}.1`, at.sizeBytes), onLine);
      at = { inode: now.inode, sizeBytes: 0 };
    }
    const whole = now.sizeBytes > at.sizeBytes ? readLines(path, at.sizeBytes) : Buffer.alloc(0);
    at = { inode: at.inode, sizeBytes: at.sizeBytes + whole.length };
    handOut(whole, onLine);
    await wait(FOLLOW_MS, undefined, { signal }).catch(() => undefined);
  }
}

interface Place {
  readonly inode: number;
  readonly sizeBytes: number;
}

function placeOf(path: string): Place {
  const found = statSync(path, { throwIfNoEntry: false });
  return { inode: found?.ino ?? 0, sizeBytes: found?.size ?? 0 };
}

function handOut(lines: Buffer, onLine: (line: string) => void): void {
  for (const line of lines.toString("utf8").split("\n")) if (line !== "") onLine(line);
}

/** Whole lines only: the end of one that is just being written comes the next time. */
function readLines(path: string, fromByte: number): Buffer {
  let file: number;
  try {
    file = openSync(path, "r");
  } catch (error) {
    if (errnoOf(error) === "ENOENT") return Buffer.alloc(0);
    throw error;
  }
  try {
    const bytes = Buffer.alloc(LOG_FILE_BYTES_MAX);
    const read = bytes.subarray(0, readSync(file, bytes, 0, bytes.length, fromByte));
    return read.subarray(0, read.lastIndexOf("\n") + 1);
  } finally {
    closeSync(file);
  }
}

async function textOf(path: string): Promise<string> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    if (errnoOf(error) === "ENOENT") return "";
    throw error;
  }
}
