// Runs commands over content-addressed inputs: lays the tree out, runs the command between walls, proposes what it changed.
// Without a working sandbox it takes no command, unless its owner said so in as many words; it never falls back by itself.
import { dirname, join } from "node:path";
import type { BlobStore } from "#platform/blobs/blobStore.ts";
import { ArwError } from "#protocol/errors.ts";
import type { CommandJob } from "#protocol/job.ts";
import type { EngineAdvert, Sandbox } from "#protocol/node.ts";
import type { Engine, EngineEnding, EngineWork } from "../../core/engine.ts";
import { type EngineClock, systemEngineClock } from "../engineClock.ts";
import { createEngineRuns, failed, type RunSession } from "../engineRuns.ts";
import { captureOutputs } from "./captureOutputs.ts";
import { type Cgroups, openCgroups } from "./cgroups.ts";
import type { CommandPlan } from "./commandProcess.ts";
import { type JobFolder, jobFolderPath, makeJobFolder, removeJobFolder } from "./jobFolder.ts";
import { type LimitedEnding, runLimited } from "./limitedCommand.ts";
import { SANDBOX_PROCESSES_MAX, sandboxedCommand } from "./sandbox.ts";
import { probeSandbox, type SandboxProbe, writeIdentity } from "./sandboxProbe.ts";

export interface CommandEngineOptions {
  readonly blobs: BlobStore;
  /** The engine's own; holds a folder an attempt. */
  readonly folder: string;
  /** `unsandboxed` only where the owner of this machine asked for it: the command may then do whatever its user may. */
  readonly sandbox: "bubblewrap" | "unsandboxed";
  readonly clock?: EngineClock;
  /** For tests: how the sandbox is found out. */
  readonly probeSandbox?: typeof probeSandbox;
}

export interface CommandEngine extends Engine {
  /** What surrounds this engine's commands, as this machine was found to enforce it. */
  sandbox(signal: AbortSignal): Promise<Sandbox>;
}

export function createCommandEngine(options: CommandEngineOptions): CommandEngine {
  const clock = options.clock ?? systemEngineClock;
  const probe = options.probeSandbox ?? probeSandbox;
  // Found out once, for all runs: none of them may take it away from the others by being cancelled.
  const lifetime = new AbortController();
  let known: Promise<SandboxProbe> | undefined;
  let groups: Promise<Cgroups | undefined> | undefined;
  const walls: Walls = {
    probe: (signal) => {
      known ??= probe(options.folder, clock, lifetime.signal).catch((error: unknown) => {
        known = undefined;
        throw error;
      });
      return unlessAborted(known, signal);
    },
    cgroups: () => {
      groups ??= openCgroups(clock);
      return groups;
    },
  };
  const runs = createEngineRuns(
    {
      run: (work, session) => runJob(options, clock, walls, work, session),
      clear: (attemptId) => removeJobFolder(jobFolderPath(options.folder, attemptId)),
    },
    clock,
  );
  return {
    kind: "command",
    ...runs,
    probe: async (signal) => advertOf(options, await walls.probe(signal)),
    sandbox: async (signal) => {
      if (options.sandbox === "unsandboxed") return { kind: "none", reason: "commands run unsandboxed, as asked" };
      return (await walls.probe(signal)).sandbox;
    },
    async dispose() {
      await runs.dispose();
      lifetime.abort();
      await known?.catch(() => {});
    },
  };
}

interface Walls {
  readonly probe: (signal: AbortSignal) => Promise<SandboxProbe>;
  /** Without a sandbox they still hold a job's processes together, where this machine has them. */
  readonly cgroups: () => Promise<Cgroups | undefined>;
}

async function unlessAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  signal.throwIfAborted();
  let forget = (): void => {};
  const aborted = new Promise<never>((_resolve, reject) => {
    const stop = (): void => reject(signal.reason);
    signal.addEventListener("abort", stop, { once: true });
    forget = () => signal.removeEventListener("abort", stop);
  });
  return Promise.race([promise, aborted]).finally(forget);
}

function advertOf(options: CommandEngineOptions, probe: SandboxProbe): EngineAdvert {
  if (options.sandbox === "unsandboxed" || probe.kind === "usable") return { kind: "command", state: "ready" };
  return { kind: "command", state: "absent", reason: probe.sandbox.reason, advice: SANDBOX_ADVICE };
}

const SANDBOX_ADVICE = "sudo apt-get install -y bubblewrap";

async function runJob(
  options: CommandEngineOptions,
  clock: EngineClock,
  walls: Walls,
  work: EngineWork,
  session: RunSession,
): Promise<EngineEnding> {
  const { job, attemptId } = work;
  if (job.kind !== "command") return failed("wrong-kind", `an ${job.kind} job is no command`, "send it to its engine");
  const startedMs = clock.nowMs();
  const jobFolder = await makeJobFolder(options.blobs, options.folder, attemptId, job, session.signal);
  const { plan, cgroups } = await surroundingsOf(options, walls, jobFolder, job, session.signal);
  const run = (command: CommandPlan, output: RunSession["output"]): Promise<LimitedEnding> => {
    const { memoryBytes } = job.limits;
    const limits = { wallMs: remainingMs(), output, memoryBytes, processesMax: SANDBOX_PROCESSES_MAX };
    return runLimited(command, limits, cgroups, clock, session.signal);
  };
  const remainingMs = (): number => Math.max(0, job.limits.wallMs - (clock.nowMs() - startedMs));
  session.begun();

  if (job.dependencies.kind === "install-step") {
    const output = (_: unknown, bytes: Uint8Array): boolean => session.output("stderr", bytes);
    const ending = await run(plan(job.dependencies.argv, "."), output);
    if (ending.kind !== "exited") return endedEarly(ending, job);
    if (ending.exitCode !== 0) {
      const message = `the install step ended with exit code ${ending.exitCode}`;
      return failed("install-step-failed", message, "read its messages above; it has no network in the sandbox");
    }
  }
  const ending = await run(plan(job.argv, job.folder), session.output);
  if (ending.kind !== "exited") return endedEarly(ending, job);
  const { tree, manifest } = jobFolder;
  const proposal = await captureOutputs(options.blobs, tree, manifest, job.outputs, session.signal);
  return { outcome: { kind: "exited", exitCode: ending.exitCode }, ...(proposal === undefined ? {} : { proposal }) };
}

interface Surroundings {
  readonly plan: (argv: readonly string[], startFolder: string) => CommandPlan;
  readonly cgroups: Cgroups | undefined;
}

async function surroundingsOf(
  options: CommandEngineOptions,
  walls: Walls,
  { tree, home, temporary }: JobFolder,
  job: CommandJob,
  signal: AbortSignal,
): Promise<Surroundings> {
  if (options.sandbox === "unsandboxed") {
    const environment = scrubbedEnvironment(home, temporary);
    const plan: Surroundings["plan"] = ([program = "", ...argv], startFolder) => ({
      program,
      argv,
      folder: join(tree, startFolder),
      environment,
      sandboxed: false,
    });
    return { plan, cgroups: await walls.cgroups() };
  }
  const probe = await walls.probe(signal);
  if (probe.kind === "unusable") throw new ArwError("sandbox-absent", probe.sandbox.reason, SANDBOX_ADVICE);
  const identityFolder = await writeIdentity(options.folder);
  const { memoryBytes } = job.limits;
  const { tools } = probe;
  const plan: Surroundings["plan"] = (argv, startFolder) =>
    sandboxedCommand(tools, { argv, treeFolder: tree, startFolder, identityFolder, memoryBytes });
  return { plan, cgroups: tools.cgroups };
}

/** Without a sandbox the command can read the disk, but at least it is handed no secret of its parent's environment. */
function scrubbedEnvironment(home: string, temporary: string): Readonly<Record<string, string>> {
  const inherited = process.platform === "win32" ? ["PATH", "SystemRoot", "PATHEXT", "ComSpec"] : ["PATH"];
  const kept = inherited.flatMap((name) => {
    const value = process.env[name];
    return value === undefined ? [] : [[name, value] as const];
  });
  const own = { HOME: home, TMPDIR: temporary, TEMP: temporary, LANG: "C.UTF-8", CI: "true" };
  const path = process.env["PATH"] === undefined ? { PATH: dirname(process.execPath) } : {};
  return { ...path, ...Object.fromEntries(kept), ...own };
}

function endedEarly(ending: Exclude<LimitedEnding, { kind: "exited" }>, job: CommandJob): EngineEnding {
  switch (ending.kind) {
    case "cancelled":
      return { outcome: { kind: "cancelled" } };
    case "wall-limit":
      return failed("wall-limit", `the command ran longer than its ${job.limits.wallMs} ms`, "allow it more time");
    case "output-limit":
      return failed(
        "output-limit",
        `the command wrote more than its ${job.limits.outputBytes} bytes of output`,
        "allow it more output, or let it write to a file that comes back",
      );
    case "memory-limit":
      return failed(
        "memory-limit",
        `the command needed more than its ${job.limits.memoryBytes} bytes of memory, and was ended`,
        "allow it more memory, or let it do less at once",
      );
    case "process-limit":
      return failed(
        "process-limit",
        `the command wanted more than ${SANDBOX_PROCESSES_MAX} processes and threads at once`,
        "let it do less at once",
      );
    case "not-started":
      return failed("command-not-started", ending.reason, "check that the command exists on the machine that runs it");
  }
}
