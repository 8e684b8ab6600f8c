// One command with the limits of its whole job: in a control group where the machine has them, else only as runCommand holds it.
// A command that a limit of the group stopped has failed by that limit; its exit code would be a riddle.
import { randomUUID } from "node:crypto";
import { existsSync } from "node:fs";
import { resolve } from "node:path";
import type { EngineClock } from "../engineClock.ts";
import type { CgroupLimits, Cgroups, JobCgroup } from "./cgroups.ts";
import { type CommandEnding, type CommandLimits, type CommandPlan, runCommand } from "./commandProcess.ts";
import { endMarked, STRAY_MARK } from "./strays.ts";

export type LimitedEnding = CommandEnding | { readonly kind: "memory-limit" | "process-limit" };

/** Like runCommand. Nothing of the command runs any more when the answer is given, wherever it fled to. */
export async function runLimited(
  plan: CommandPlan,
  limits: CommandLimits & CgroupLimits,
  cgroups: Cgroups | undefined,
  clock: EngineClock,
  signal: AbortSignal,
): Promise<LimitedEnding> {
  if (cgroups === undefined || !isFound(plan)) return runMarked(plan, limits, clock, signal);
  const group = await cgroups.make(limits);
  try {
    const [program, ...argv] = group.enter;
    const entered = { ...plan, program, argv: [...argv, plan.program, ...plan.argv], endStrays: () => group.end() };
    return await byLimit(await runCommand(entered, limits, clock, signal), group);
  } finally {
    await group.remove();
  }
}

/** Without a group and without a sandbox the only trace of a process that fled is the environment it inherited. */
async function runMarked(
  plan: CommandPlan,
  limits: CommandLimits,
  clock: EngineClock,
  signal: AbortSignal,
): Promise<CommandEnding> {
  if (plan.sandboxed) return runCommand(plan, limits, clock, signal);
  const mark = randomUUID();
  const environment = { ...plan.environment, [STRAY_MARK]: mark };
  return runCommand({ ...plan, environment, endStrays: () => endMarked(mark, clock) }, limits, clock, signal);
}

/** What is not found is left to `spawn`, which says so in its own words. */
function isFound({ program, sandboxed, folder, environment }: CommandPlan): boolean {
  if (sandboxed) return true;
  if (program.includes("/")) return existsSync(resolve(folder, program));
  return (environment["PATH"] ?? "").split(":").some((searched) => existsSync(resolve(folder, searched, program)));
}

/** A command that lost a process to a limit and still succeeded has succeeded. */
async function byLimit(ending: CommandEnding, group: JobCgroup): Promise<LimitedEnding> {
  if (ending.kind !== "not-started" && (ending.kind !== "exited" || ending.exitCode === 0)) return ending;
  const { memoryKills, forksRefused } = await group.stopped();
  if (memoryKills > 0) return { kind: "memory-limit" };
  return forksRefused > 0 ? { kind: "process-limit" } : ending;
}
