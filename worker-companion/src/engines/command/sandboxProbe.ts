// Finds out what the sandbox of this machine really enforces, by trying each rule from inside.
// A rule that was not seen to hold is never advertised; a machine without a working bubblewrap says why.
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Sandbox, SandboxRule } from "#protocol/node.ts";
import type { EngineClock } from "../engineClock.ts";
import { type CgroupLimits, openCgroups } from "./cgroups.ts";
import type { CommandPlan } from "./commandProcess.ts";
import { type LimitedEnding, runLimited } from "./limitedCommand.ts";
import { IDENTITY_FILES, SANDBOX_PROCESSES_MAX, type SandboxTools, sandboxedCommand } from "./sandbox.ts";
import { seccompArchitecture, seccompProgram } from "./seccompFilter.ts";

export type SandboxProbe =
  | { readonly kind: "usable"; readonly tools: SandboxTools; readonly sandbox: Sandbox & { kind: "bubblewrap" } }
  | { readonly kind: "unusable"; readonly sandbox: Sandbox & { kind: "none" } };

/** A probe answers in milliseconds; one that hangs must not hang the worker. */
const PROBE_MS_MAX = 10_000;

/** More of a probe's output than this says nothing new. */
const PROBE_OUTPUT_CHARACTERS_MAX = 65_536;

const PROBE_MEMORY_BYTES = 256 * 1024 ** 2;

const SEARCHED_FOLDERS = ["/usr/bin", "/bin", "/usr/local/bin"];

/** `folder` is the engine's own: the probe makes a job folder in it and takes it away again. */
export async function probeSandbox(folder: string, clock: EngineClock, signal: AbortSignal): Promise<SandboxProbe> {
  if (process.platform !== "linux") return unusable("bubblewrap is a program of Linux only");
  const bubblewrap = find("bwrap");
  if (bubblewrap === undefined) return unusable("bubblewrap is not installed");
  const ask = async (word: string): Promise<string> => {
    const plan = { program: bubblewrap, argv: [word], folder: "/", environment: {}, sandboxed: false };
    return (await answerTo(plan, {}, clock, signal)).output;
  };
  const limiter = find("prlimit");
  const plain: SandboxTools = {
    bubblewrap,
    ...(limiter === undefined ? {} : { limiter }),
    forbidsUserNamespaces: (await ask("--help")).includes("--disable-userns"),
  };
  const bench = await openBench(folder, clock, signal);
  try {
    const alive = await bench.inside(plain, ["/bin/true"]);
    if (!alive.ok) {
      return unusable(`bubblewrap does not work here: ${alive.output.trim().slice(0, 180) || "it said nothing"}`);
    }
    const tools = await withCgroups(await withSeccomp(plain, bench), bench, clock);
    const enforces = await rulesThatHold(tools, bench);
    const missing = INDISPENSABLE.find((rule) => !enforces.includes(rule));
    if (missing !== undefined) return unusable(`bubblewrap runs here but does not enforce ${missing}`);
    const version = (await ask("--version")).replace("bubblewrap", "").trim().slice(0, 64);
    return { kind: "usable", tools, sandbox: { kind: "bubblewrap", version, enforces } };
  } finally {
    await bench.dispose();
  }
}

/** Writes the /etc files of the sandbox; answers their folder. */
export async function writeIdentity(folder: string): Promise<string> {
  const identityFolder = join(folder, "identity");
  await mkdir(identityFolder, { recursive: true });
  for (const [name, content] of IDENTITY_FILES) await writeFile(join(identityFolder, name), content);
  return identityFolder;
}

/** Without these a sandbox is none. */
const INDISPENSABLE: readonly SandboxRule[] = [
  "no-network",
  "scrubbed-environment",
  "private-files",
  "private-processes",
];

interface Answer {
  readonly ok: boolean;
  readonly output: string;
  readonly ending: LimitedEnding["kind"];
}

interface Bench {
  readonly inside: (tools: SandboxTools, argv: readonly string[], limits?: Partial<CgroupLimits>) => Promise<Answer>;
  /** A file of the machine that the sandbox must not see. */
  readonly hostFile: string;
  readonly dispose: () => Promise<void>;
}

async function openBench(folder: string, clock: EngineClock, signal: AbortSignal): Promise<Bench> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const identityFolder = await writeIdentity(folder);
  const own = await mkdtemp(join(folder, "probe-"));
  const treeFolder = join(own, "tree");
  await mkdir(treeFolder);
  const hostFile = join(own, "host-file");
  await writeFile(hostFile, "of the machine\n");
  return {
    inside(tools, argv, limits = {}) {
      const { memoryBytes } = { memoryBytes: PROBE_MEMORY_BYTES, ...limits };
      const plan = sandboxedCommand(tools, { argv, treeFolder, startFolder: ".", identityFolder, memoryBytes });
      return answerTo(plan, limits, clock, signal, tools.cgroups);
    },
    hostFile,
    dispose: () => rm(own, { recursive: true, force: true }),
  };
}

/** The filter, where commands start under it. */
async function withSeccomp(tools: SandboxTools, bench: Bench): Promise<SandboxTools> {
  const architecture = seccompArchitecture();
  if (architecture === undefined) return tools;
  const filtered = { ...tools, seccomp: seccompProgram(architecture) };
  return (await bench.inside(filtered, ["/bin/true"])).ok ? filtered : tools;
}

/** The groups, where both limits were seen to stop a command and to let a modest one pass. */
async function withCgroups(tools: SandboxTools, bench: Bench, clock: EngineClock): Promise<SandboxTools> {
  const cgroups = await openCgroups(clock);
  if (cgroups === undefined) return tools;
  const grouped = { ...tools, cgroups };
  const inGroup = (script: string, limits: Partial<CgroupLimits>): Promise<Answer> =>
    bench.inside(grouped, ["sh", "-c", script], limits);
  try {
    const modest = await inGroup("head -c 1M /dev/zero | tail -c 1 > /dev/null", {});
    const large = await inGroup("head -c 64M /dev/zero | tail -c 64M > /dev/null", { memoryBytes: 16 * 1024 ** 2 });
    const many = await inGroup("for i in 1 2 3 4 5 6 7 8 9 10 11 12; do sleep 9 & done", { processesMax: 8 });
    return modest.ok && large.ending === "memory-limit" && many.ending === "process-limit" ? grouped : tools;
  } catch {
    // The folder looked writable and was not.
    return tools;
  }
}

async function rulesThatHold(tools: SandboxTools, bench: Bench): Promise<readonly SandboxRule[]> {
  const holds = async (script: string): Promise<boolean> => (await bench.inside(tools, ["sh", "-c", script])).ok;
  // Without the limits and the groups of a job, so that one tried limit is the only one.
  const limited = async (limit: string, script: string): Promise<boolean> =>
    (await bench.inside(tools, ["prlimit", limit, "sh", "-c", script])).ok;
  const refused = async (limit: string, script: string): Promise<boolean> =>
    (await limited(limit, "exit 0")) && !(await limited(limit, script));
  const grouped = tools.cgroups !== undefined;
  const rules: readonly (readonly [SandboxRule, boolean])[] = [
    ["no-network", await holds('test "$(tail -n +3 /proc/net/dev | grep -vc "^ *lo:")" = 0')],
    ["scrubbed-environment", await holds('test "$(env | grep -vcE "^(PATH|HOME|LANG|CI|PWD|SHLVL|_)=")" = 0')],
    [
      "private-files",
      !(await bench.inside(tools, ["cat", bench.hostFile])).ok && !(await holds("echo x > /usr/bin/x")),
    ],
    ["private-processes", await holds('test "$(ls -d /proc/[0-9]* | wc -l)" -lt 8')],
    ["memory-limit", grouped || (await refused("--data=16777216", "dd if=/dev/zero of=/dev/null bs=64M count=1"))],
    ["process-limit", grouped || (await refused("--nproc=1", "/bin/true; exit 0"))],
    ["file-size-limit", await refused("--fsize=1024", "head -c 4096 /dev/zero > /tmp/large")],
    ["seccomp", tools.seccomp !== undefined && (await filterHolds(tools, bench))],
    // The engine itself enforces these two.
    ["wall-limit", true],
    ["output-limit", true],
  ];
  return rules.flatMap(([rule, held]) => (held ? [rule] : []));
}

/** A call that works without the filter and is refused with it: a program of another personality. */
async function filterHolds(tools: SandboxTools, bench: Bench): Promise<boolean> {
  const { seccomp: _, ...unfiltered } = tools;
  const personality = ["setarch", "--addr-no-randomize", "/bin/true"];
  return (await bench.inside(unfiltered, personality)).ok && !(await bench.inside(tools, personality)).ok;
}

async function answerTo(
  plan: CommandPlan,
  limits: Partial<CgroupLimits>,
  clock: EngineClock,
  signal: AbortSignal,
  cgroups?: SandboxTools["cgroups"],
): Promise<Answer> {
  let output = "";
  const collect = (_stream: unknown, bytes: Uint8Array): boolean => {
    output += Buffer.from(bytes).toString();
    return output.length < PROBE_OUTPUT_CHARACTERS_MAX;
  };
  const all = {
    wallMs: PROBE_MS_MAX,
    output: collect,
    memoryBytes: PROBE_MEMORY_BYTES,
    processesMax: SANDBOX_PROCESSES_MAX,
    ...limits,
  };
  const ending = await runLimited(plan, all, cgroups, clock, signal);
  signal.throwIfAborted();
  return { ok: ending.kind === "exited" && ending.exitCode === 0, output, ending: ending.kind };
}

function find(program: string): string | undefined {
  return SEARCHED_FOLDERS.map((folder) => join(folder, program)).find((path) => existsSync(path));
}

function unusable(reason: string): SandboxProbe {
  return { kind: "unusable", sandbox: { kind: "none", reason: reason.slice(0, 256) } };
}
