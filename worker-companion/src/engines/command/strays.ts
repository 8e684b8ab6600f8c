// Finds what a command without a sandbox left running, by a variable that each process inherits from it.
// A process that cleared its environment is not found: this is a broom, not a wall, and only for machines without control groups.
import { readdirSync, readFileSync } from "node:fs";
import { type EngineClock, pause } from "../engineClock.ts";

/** The variable whose value names the run. */
export const STRAY_MARK = "ARW_RUN";

const SWEEPS_MAX = 100;
const SWEEP_POLL_MS = 5;

/** Ends every process with this mark; gives up on one that outruns a hundred sweeps. Does nothing but on Linux. */
export async function endMarked(mark: string, clock: EngineClock): Promise<void> {
  if (process.platform !== "linux") return;
  for (let sweep = 0; sweep < SWEEPS_MAX; sweep++) {
    const strays = markedProcesses(`${STRAY_MARK}=${mark}`);
    if (strays.length === 0) return;
    for (const pid of strays) {
      try {
        process.kill(pid, "SIGKILL");
      } catch {
        // It has ended by itself.
      }
    }
    await pause(clock, SWEEP_POLL_MS);
  }
}

function markedProcesses(variable: string): readonly number[] {
  return readdirSync("/proc")
    .map(Number)
    .filter((pid) => {
      if (!Number.isInteger(pid) || pid === process.pid) return false;
      try {
        return readFileSync(`/proc/${pid}/environ`, "latin1").split("\0").includes(variable);
      } catch {
        // Another user's, or gone.
        return false;
      }
    });
}
