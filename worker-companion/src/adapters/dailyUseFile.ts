// What was used of this machine today, in a file that survives a restart and a power cut.
// Writes that wait are joined into one; each caller is answered when its own use is durable.
import { readSecretFile, replaceSecretFile } from "#platform/identity/secretFile.ts";
import { decodeJson } from "#protocol/decode.ts";
import { ArwError } from "#protocol/errors.ts";
import * as z from "zod";
import { addUse, type DailyUse, useOn } from "../core/rules/dailyUse.ts";

export interface DailyUseFile {
  /** What was used on this day so far, in memory: at most ahead of the disk. */
  on(day: string): DailyUse;
  /** Resolves when it is durable. */
  add(day: string, more: Partial<Omit<DailyUse, "day">>): Promise<void>;
}

const amount = z.number().min(0).max(Number.MAX_SAFE_INTEGER);
const dailyUseSchema: z.ZodType<DailyUse> = z.strictObject({
  day: z.string().regex(/^\d{4}-\d{2}-\d{2}$/u),
  jobs: amount,
  busyMs: amount,
  bytes: amount,
});

/** Throws ArwError `daily-use-malformed`: a count that cannot be read must not begin again at nothing. */
export async function openDailyUse(path: string): Promise<DailyUseFile> {
  let use = await readUse(path);
  let writing: Promise<void> = Promise.resolve();
  let waiting: Promise<void> | undefined;
  const write = async (): Promise<void> => {
    waiting = undefined;
    await replaceSecretFile(path, Buffer.from(JSON.stringify(use)));
  };
  return {
    on: (day) => useOn(day, use),
    async add(day, more) {
      use = addUse(useOn(day, use), more);
      if (waiting === undefined) {
        waiting = writing.then(write, write);
        writing = waiting;
      }
      await waiting;
    },
  };
}

async function readUse(path: string): Promise<DailyUse | undefined> {
  const bytes = await readSecretFile(path);
  if (bytes === undefined) return undefined;
  const decoded = decodeJson(dailyUseSchema, bytes.toString("utf8"));
  if (decoded.ok) return decoded.value;
  throw new ArwError(
    "daily-use-malformed",
    `The count of what was used today, ${path}, cannot be read: ${decoded.path} ${decoded.problem}.`,
    "Remove the file; the count of today then begins at nothing.",
  );
}
