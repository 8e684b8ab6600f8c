// Ends what a killed worker left running: commands without a sandbox, which no kernel ends along with their worker.
// Each carries its job's folder in its environment, wherever it fled to. Called only by the one worker of the folder,
// before its first job: it must never meet a process of a worker that lives.
import { readdir, readFile } from "node:fs/promises";
import { setTimeout as wait } from "node:timers/promises";
import { sep } from "node:path";

/** A killed process is gone in milliseconds; longer than this no start waits for one. */
const GONE_MS_MAX = 5_000;
const LOOK_MS = 20;

/** Resolves with how many processes were ended, once they are gone. Where there is no /proc, nothing is found. */
export async function endOrphans(jobsFolder: string): Promise<number> {
  const ended = new Set<number>();
  const lastMs = performance.now() + GONE_MS_MAX;
  for (;;) {
    // Again and again: what is found may have started another one just before its end.
    const orphans = await processesOf(jobsFolder);
    for (const processId of orphans) {
      ended.add(processId);
      end(processId);
    }
    if (orphans.length === 0 || performance.now() > lastMs) return ended.size;
    await wait(LOOK_MS);
  }
}

async function processesOf(jobsFolder: string): Promise<readonly number[]> {
  const names = await readdir("/proc").catch(() => []);
  const candidates = names.map(Number).filter((number) => Number.isInteger(number) && number !== process.pid);
  const found: number[] = [];
  for (const processId of candidates) if (await belongsTo(processId, jobsFolder)) found.push(processId);
  return found;
}

async function belongsTo(processId: number, jobsFolder: string): Promise<boolean> {
  try {
    const environment = await readFile(`/proc/${processId}/environ`, "utf8");
    return environment.split("\0").some((variable) => variable.startsWith(`TMPDIR=${jobsFolder}${sep}`));
  } catch {
    // Another user's, or gone meanwhile.
    return false;
  }
}

function end(processId: number): void {
  try {
    process.kill(processId, "SIGKILL");
  } catch {
    // It ended by itself meanwhile.
  }
}
