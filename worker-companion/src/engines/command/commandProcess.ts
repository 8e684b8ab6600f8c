// One process tree from start to end: its output as it comes, its exit, its limits, and its certain death.
// When the answer is given nothing of the tree runs any more: in a sandbox the kernel ends it with its first process.
import { type ChildProcess, spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { constants } from "node:os";
import * as z from "zod";
import { decodeJson } from "#protocol/decode.ts";
import { type EngineClock, pause } from "../engineClock.ts";

export interface CommandPlan {
  readonly program: string;
  readonly argv: readonly string[];
  readonly folder: string;
  readonly environment: Readonly<Record<string, string>>;
  /** Whether the program is bubblewrap, which reports on descriptor 3. */
  readonly sandboxed: boolean;
  /** The filter of system calls that bubblewrap reads from descriptor 4. */
  readonly seccomp?: Uint8Array;
  /** Called once the command has ended: ends what fled from its process group. */
  readonly endStrays?: () => Promise<void>;
}

export interface CommandLimits {
  readonly wallMs: number;
  /** Takes a chunk; false once the output limit is passed. */
  readonly output: (stream: "stdout" | "stderr", bytes: Uint8Array) => boolean;
}

export type CommandEnding =
  | { readonly kind: "exited"; readonly exitCode: number }
  | { readonly kind: "cancelled" | "wall-limit" | "output-limit" }
  | { readonly kind: "not-started"; readonly reason: string };

/** Where bubblewrap reads the filter. */
export const SECCOMP_DESCRIPTOR = 4;

/** How long the last processes of a killed tree may take to disappear before the answer is given all the same. */
const GONE_WAIT_MS = 5_000;
const GONE_POLL_MS = 5;

/** Aborting the signal ends the tree and answers `cancelled`. */
export async function runCommand(
  plan: CommandPlan,
  limits: CommandLimits,
  clock: EngineClock,
  signal: AbortSignal,
): Promise<CommandEnding> {
  if (signal.aborted) return { kind: "cancelled" };
  const child = spawn(plan.program, plan.argv, {
    cwd: plan.folder,
    env: plan.environment,
    // A group of its own, so that one kill reaches every process that stayed in it.
    detached: process.platform !== "win32",
    stdio: [
      "ignore",
      "pipe",
      "pipe",
      plan.sandboxed ? "pipe" : "ignore",
      plan.seccomp === undefined ? "ignore" : "pipe",
    ],
    windowsHide: true,
  });
  const report = plan.sandboxed ? collectReport(child) : undefined;
  if (plan.seccomp !== undefined) handOver(child, plan.seccomp);
  let cut: CommandEnding["kind"] | undefined;
  const stop = (kind: "cancelled" | "wall-limit" | "output-limit"): void => {
    cut ??= kind;
    if (report === undefined) killGroup(child);
    else report.endInner();
  };
  const cancel = (): void => stop("cancelled");
  const forgetTimer = clock.after(limits.wallMs, () => stop("wall-limit"));
  signal.addEventListener("abort", cancel, { once: true });
  for (const stream of ["stdout", "stderr"] as const) {
    child[stream]?.on("data", (bytes: Buffer) => {
      if (cut === undefined && !limits.output(stream, bytes)) stop("output-limit");
    });
  }
  try {
    const exit = await exitOf(child, report, plan.endStrays, clock);
    if (cut === "cancelled" || cut === "wall-limit" || cut === "output-limit") return { kind: cut };
    return exit;
  } finally {
    forgetTimer();
    signal.removeEventListener("abort", cancel);
  }
}

function handOver(child: ChildProcess, bytes: Uint8Array): void {
  const pipe = child.stdio[SECCOMP_DESCRIPTOR];
  if (pipe === null || pipe === undefined || !("end" in pipe)) return;
  // It ended before it had read all; its exit says why.
  pipe.on("error", () => {});
  pipe.end(bytes);
}

interface SandboxReport {
  /** The first process inside; every other one dies with it. */
  readonly innerPid: () => number | undefined;
  /** Absent when the command was never started. */
  readonly exitCode: () => number | undefined;
  /**
   * Ends that first process, as soon as it is known: bubblewrap's own end then proves that the rest is gone. Killing
   * bubblewrap itself would leave a child that waits for its go-ahead for ever.
   */
  readonly endInner: () => void;
}

const reportLine: z.ZodType<{ "child-pid"?: number; "exit-code"?: number }> = z.object({
  "child-pid": z.number().int().min(2).exactOptional(),
  "exit-code": z.number().int().min(0).max(255).exactOptional(),
});

/** A report is a few hundred bytes. */
const REPORT_CHARACTERS_MAX = 16_384;

function collectReport(child: ChildProcess): SandboxReport {
  let text = "";
  // Reported before the sandbox is set up, so the wait for it is short.
  const pipe = child.stdio[3];
  if (pipe !== null && pipe !== undefined && "read" in pipe) {
    pipe.on("data", (bytes: Buffer) => {
      if (text.length < REPORT_CHARACTERS_MAX) text += bytes.toString();
      if (ending) endInner();
    });
    pipe.on("error", () => {});
  }
  let ending = false;
  const endInner = (): void => {
    ending = true;
    const pid = find("child-pid");
    if (pid !== undefined && !hasEnded(child)) kill(pid);
  };
  const find = (key: "child-pid" | "exit-code"): number | undefined => {
    // One JSON document a line, though the first is spread over several.
    for (const document of text.split(/(?<=\})\s*/)) {
      const decoded = decodeJson(reportLine, document);
      if (decoded.ok && decoded.value[key] !== undefined) return decoded.value[key];
    }
    return undefined;
  };
  return { innerPid: () => find("child-pid"), exitCode: () => find("exit-code"), endInner };
}

async function exitOf(
  child: ChildProcess,
  report: SandboxReport | undefined,
  endStrays: CommandPlan["endStrays"],
  clock: EngineClock,
): Promise<CommandEnding> {
  let notStarted: string | undefined;
  const closed = new Promise<void>((resolve) => child.on("close", () => resolve()));
  const exited = new Promise<number>((resolve) => {
    child.on("error", (error) => {
      notStarted = error.message;
      resolve(127);
    });
    child.on("exit", (exitCode, exitSignal) => resolve(exitCode ?? 128 + signalNumber(exitSignal)));
  });
  const exitCode = await exited;
  if (notStarted !== undefined) return { kind: "not-started", reason: notStarted };
  // A command that has ended takes what it left in the background along: a job is over when it says so.
  if (report === undefined && child.pid !== undefined) kill(-child.pid);
  await endStrays?.();
  // Only a process that fled even from that (without a sandbox) can still hold the pipes.
  await new Promise<void>((resolve) => {
    // Taken back, or the timer would keep a program alive that has nothing left to do.
    const takeBack = clock.after(GONE_WAIT_MS, resolve);
    void closed.then(() => {
      takeBack();
      resolve();
    });
  });
  for (const stream of child.stdio) stream?.destroy();
  if (report === undefined) return { kind: "exited", exitCode };
  await gone(report.innerPid(), clock);
  const inner = report.exitCode();
  return inner === undefined
    ? { kind: "not-started", reason: "the sandbox could not be set up" }
    : { kind: "exited", exitCode: inner };
}

function killGroup(child: ChildProcess): void {
  // After its end the number may belong to somebody else.
  if (child.pid === undefined || hasEnded(child)) return;
  if (process.platform === "win32") child.kill("SIGKILL");
  else kill(-child.pid);
}

function hasEnded(child: ChildProcess): boolean {
  return child.exitCode !== null || child.signalCode !== null;
}

function kill(pid: number): boolean {
  try {
    process.kill(pid, "SIGKILL");
    return true;
  } catch {
    // It ended by itself meanwhile.
    return false;
  }
}

async function gone(pid: number | undefined, clock: EngineClock): Promise<void> {
  if (pid === undefined) return;
  const lastMs = clock.nowMs() + GONE_WAIT_MS;
  while (isRunning(pid) && clock.nowMs() < lastMs) await pause(clock, GONE_POLL_MS);
}

function isRunning(pid: number): boolean {
  try {
    // The first process of a sandbox becomes a zombie only after all others in it have ended.
    const status = readFileSync(`/proc/${pid}/stat`, "utf8");
    return !/\) [ZX] /.test(status);
  } catch {
    return false;
  }
}

function signalNumber(signal: NodeJS.Signals | null): number {
  return signal === null ? 0 : constants.signals[signal];
}
