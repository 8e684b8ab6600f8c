// Names a process so that it is never taken for a later one with the same pid: pid, boot and start time.
// It decides whether a process that once wrote its name still runs. In doubt it must say that it does.
import { readFile } from "node:fs/promises";
import * as z from "zod";
import { errnoOf } from "#platform/files/fileSystem.ts";

export interface ProcessIdentity {
  readonly pid: number;
  /** The kernel's id of this boot; empty where the system has none. */
  readonly bootId: string;
  /** The start time in the kernel's own count; empty where the system does not tell. */
  readonly startedAt: string;
}

export const processIdentitySchema: z.ZodType<ProcessIdentity> = z.object({
  pid: z.number().int().min(1),
  bootId: z.string(),
  startedAt: z.string(),
});

export function identityOfThisProcess(): Promise<ProcessIdentity> {
  return identityOfProcess(process.pid);
}

/** Of a process that surely runs, such as a child that was just started. */
export async function identityOfProcess(pid: number): Promise<ProcessIdentity> {
  const stat = await statOf(pid);
  return { pid, bootId: await bootId(), startedAt: stat?.startedAt ?? "" };
}

/** Where the system tells neither boot nor start time, a later process of the same pid is taken for this one. */
export async function isRunning({ pid, bootId: itsBoot, startedAt }: ProcessIdentity): Promise<boolean> {
  const boot = await bootId();
  if (itsBoot !== "" && boot !== "" && itsBoot !== boot) return false;
  if (!answersSignals(pid)) return false;
  const stat = await statOf(pid);
  if (stat === undefined || startedAt === "") return true;
  return !stat.ended && stat.startedAt === startedAt;
}

function answersSignals(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return errnoOf(error) !== "ESRCH";
  }
}

async function bootId(): Promise<string> {
  return (await textOf("/proc/sys/kernel/random/boot_id"))?.trim() ?? "";
}

/** Field 3 (state) and field 22 (start time) of proc(5)'s stat; the name before them may hold spaces and brackets. */
async function statOf(pid: number): Promise<{ readonly ended: boolean; readonly startedAt: string } | undefined> {
  const stat = await textOf(`/proc/${pid}/stat`);
  if (stat === undefined) return undefined;
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  const state = fields[0] ?? "";
  // A zombie has ended: it holds its pid only until its parent asks for its exit status.
  return { ended: state === "Z" || state === "X", startedAt: fields[19] ?? "" };
}

async function textOf(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, "utf8");
  } catch {
    return undefined;
  }
}
