// Finds out what the sandbox of this machine really enforces, by trying each rule from inside.
// A rule that was not seen to hold is never advertised; a machine without a working bubblewrap says why.
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Sandbox, SandboxRule } from "#protocol/node.ts";
import type { EngineClock } from "../engineClock.ts";
import { runCommand } from "./commandProcess.ts";
import { IDENTITY_FILES, type SandboxTools, sandboxArguments } from "./sandbox.ts";

export type SandboxProbe =
  | { readonly kind: "usable"; readonly tools: SandboxTools; readonly sandbox: Sandbox & { kind: "bubblewrap" } }
  | { readonly kind: "unusable"; readonly sandbox: Sandbox & { kind: "none" } };

/** A probe answers in milliseconds; one that hangs must not hang the worker. */
const PROBE_MS_MAX = 10_000;

/** More of a probe's output than this says nothing new. */
const PROBE_OUTPUT_CHARACTERS_MAX = 65_536;

const SEARCHED_FOLDERS = ["/usr/bin", "/bin", "/usr/local/bin"];

/** `folder` is the engine's own: the probe makes a job folder in it and takes it away again. */
export async function probeSandbox(folder: string, clock: EngineClock, signal: AbortSignal): Promise<SandboxProbe> {
  if (process.platform !== "linux") return unusable("bubblewrap is a program of Linux only");
  const bubblewrap = find("bwrap");
  if (bubblewrap === undefined) return unusable("bubblewrap is not installed");
  const version = await run(bubblewrap, ["--version"], clock, signal, false);
  const help = await run(bubblewrap, ["--help"], clock, signal, false);
  const limiter = find("prlimit");
  const tools: SandboxTools = {
    bubblewrap,
    ...(limiter === undefined ? {} : { limiter }),
    forbidsUserNamespaces: help.output.includes("--disable-userns"),
  };
  const bench = await openBench(folder, tools, clock, signal);
  try {
    const alive = await bench.inside(["/bin/true"]);
    if (!alive.ok)
      return unusable(`bubblewrap does not work here: ${alive.output.trim().slice(0, 180) || "it said nothing"}`);
    const enforces = await rulesThatHold(bench);
    const missing = INDISPENSABLE.find((rule) => !enforces.includes(rule));
    if (missing !== undefined) return unusable(`bubblewrap runs here but does not enforce ${missing}`);
    const text = version.output.replace("bubblewrap", "").trim().slice(0, 64);
    return { kind: "usable", tools, sandbox: { kind: "bubblewrap", version: text, enforces } };
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
}

interface Bench {
  readonly inside: (argv: readonly string[]) => Promise<Answer>;
  readonly limited: (limit: string, script: string) => Promise<Answer>;
  /** A file of the machine that the sandbox must not see. */
  readonly hostFile: string;
  readonly dispose: () => Promise<void>;
}

async function openBench(folder: string, tools: SandboxTools, clock: EngineClock, signal: AbortSignal): Promise<Bench> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const identityFolder = await writeIdentity(folder);
  const own = await mkdtemp(join(folder, "probe-"));
  const treeFolder = join(own, "tree");
  await mkdir(treeFolder);
  const hostFile = join(own, "host-file");
  await writeFile(hostFile, "of the machine\n");
  const inside = (argv: readonly string[]): Promise<Answer> => {
    const plan = { argv, treeFolder, startFolder: ".", identityFolder, memoryBytes: 256 * 1024 ** 2 };
    return run(tools.bubblewrap, sandboxArguments(tools, plan), clock, signal, true);
  };
  return {
    inside,
    limited: (limit, script) => inside(["prlimit", limit, "sh", "-c", script]),
    hostFile,
    dispose: () => rm(own, { recursive: true, force: true }),
  };
}

async function rulesThatHold(bench: Bench): Promise<readonly SandboxRule[]> {
  const holds = async (script: string): Promise<boolean> => (await bench.inside(["sh", "-c", script, "sh"])).ok;
  const refused = async (limit: string, allowed: string, script: string): Promise<boolean> =>
    (await bench.limited(limit, allowed)).ok && !(await bench.limited(limit, script)).ok;
  const rules: readonly (readonly [SandboxRule, boolean])[] = [
    ["no-network", await holds('test "$(tail -n +3 /proc/net/dev | grep -vc "^ *lo:")" = 0')],
    ["scrubbed-environment", await holds('test "$(env | grep -vcE "^(PATH|HOME|LANG|CI|PWD|SHLVL|_)=")" = 0')],
    ["private-files", !(await bench.inside(["cat", bench.hostFile])).ok && !(await holds("echo x > /usr/bin/x"))],
    ["private-processes", await holds('test "$(ls -d /proc/[0-9]* | wc -l)" -lt 8')],
    ["memory-limit", await refused("--data=16777216", "exit 0", "dd if=/dev/zero of=/dev/null bs=64M count=1")],
    ["process-limit", await refused("--nproc=1", "exit 0", "/bin/true; exit 0")],
    ["file-size-limit", await refused("--fsize=1024", "exit 0", "head -c 4096 /dev/zero > /tmp/large")],
    // The engine itself enforces these two.
    ["wall-limit", true],
    ["output-limit", true],
  ];
  return rules.flatMap(([rule, held]) => (held ? [rule] : []));
}

async function run(
  program: string,
  argv: readonly string[],
  clock: EngineClock,
  signal: AbortSignal,
  sandboxed: boolean,
): Promise<Answer> {
  let output = "";
  const collect = (_stream: unknown, bytes: Uint8Array): boolean => {
    output += Buffer.from(bytes).toString();
    return output.length < PROBE_OUTPUT_CHARACTERS_MAX;
  };
  const plan = { program, argv, folder: "/", environment: {}, sandboxed };
  const ending = await runCommand(plan, { wallMs: PROBE_MS_MAX, output: collect }, clock, signal);
  signal.throwIfAborted();
  return { ok: ending.kind === "exited" && ending.exitCode === 0, output };
}

function find(program: string): string | undefined {
  return SEARCHED_FOLDERS.map((folder) => join(folder, program)).find((path) => existsSync(path));
}

function unusable(reason: string): SandboxProbe {
  return { kind: "unusable", sandbox: { kind: "none", reason: reason.slice(0, 256) } };
}
