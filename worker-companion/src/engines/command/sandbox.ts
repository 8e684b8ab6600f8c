// The walls around a command: the arguments of bubblewrap, and of prlimit inside it.
// A command sees the system's programs read-only, its own job folder, an empty /tmp, and nothing else of the machine:
// no network, no environment, no other process, no file of its owner.
import { existsSync, lstatSync, readlinkSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import type { Cgroups } from "./cgroups.ts";
import { type CommandPlan, SECCOMP_DESCRIPTOR } from "./commandProcess.ts";

/** What the machine offers; made once by the probe. */
export interface SandboxTools {
  readonly bubblewrap: string;
  /** Without it the limits of memory, processes and file sizes are not enforced. */
  readonly limiter?: string;
  /** The filter of system calls; absent where there is none for this machine, or its kernel takes none. */
  readonly seccomp?: Uint8Array;
  /** Where a job's processes and memory are counted together; without them the limiter holds each process alone. */
  readonly cgroups?: Cgroups;
  /** Whether this bubblewrap can forbid user namespaces inside. */
  readonly forbidsUserNamespaces: boolean;
}

export interface SandboxPlan {
  readonly argv: readonly string[];
  /** The job's folder on this machine; /job inside. */
  readonly treeFolder: string;
  /** Where the command starts, relative to the tree. */
  readonly startFolder: string;
  /** A folder with passwd, group and hosts for /etc. */
  readonly identityFolder: string;
  readonly memoryBytes: number;
}

/** Processes and threads of one command: a build with a process a core fits, a fork bomb does not. */
export const SANDBOX_PROCESSES_MAX = 1_024;
/** The largest file a command may write. */
export const SANDBOX_FILE_BYTES_MAX: number = 2 * 1024 ** 3;
/** /tmp and /dev/shm live in memory, so they share the job's memory limit up to this. */
export const SANDBOX_TEMPORARY_BYTES_MAX: number = 512 * 1024 ** 2;

const JOB_FOLDER = "/job";
const HOME_FOLDER = "/tmp/home";
const SYSTEM_FOLDERS = ["/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32"];
/** Needed by the programs of a Debian system (awk is a link in there), and nothing private. */
const SYSTEM_SETTINGS = ["/etc/alternatives", "/etc/ld.so.cache"];

/** A command between all walls that this machine has; the group is entered by whoever runs it. */
export function sandboxedCommand(tools: SandboxTools, plan: SandboxPlan): CommandPlan {
  return {
    program: tools.bubblewrap,
    argv: sandboxArguments(tools, plan),
    folder: plan.treeFolder,
    environment: {},
    sandboxed: true,
    ...(tools.seccomp === undefined ? {} : { seccomp: tools.seccomp }),
  };
}

/** The arguments for the `bwrap` program. It reports the command's process and exit code on descriptor 3. */
export function sandboxArguments(tools: SandboxTools, plan: SandboxPlan): readonly string[] {
  const temporaryBytes = String(Math.max(1, Math.min(plan.memoryBytes, SANDBOX_TEMPORARY_BYTES_MAX)));
  const runtime = runtimeOf(process.execPath);
  return [
    ["--unshare-user", "--unshare-all", "--die-with-parent", "--new-session", "--cap-drop", "ALL"],
    tools.forbidsUserNamespaces ? ["--disable-userns"] : [],
    tools.seccomp === undefined ? [] : ["--seccomp", String(SECCOMP_DESCRIPTOR)],
    ["--uid", "65534", "--gid", "65534", "--hostname", "sandbox", "--json-status-fd", "3", "--clearenv"],
    variables(runtime.path).flatMap(([name, value]) => ["--setenv", name, value]),
    ["--ro-bind", "/usr", "/usr"],
    SYSTEM_FOLDERS.flatMap(systemFolder),
    SYSTEM_SETTINGS.flatMap((path) => ["--ro-bind-try", path, path]),
    IDENTITY_FILES.flatMap(([name]) => ["--ro-bind", join(plan.identityFolder, name), `/etc/${name}`]),
    ["--proc", "/proc", "--dev", "/dev", "--size", temporaryBytes, "--perms", "1777", "--tmpfs", "/dev/shm"],
    ["--size", temporaryBytes, "--perms", "1777", "--tmpfs", "/tmp", "--dir", HOME_FOLDER],
    runtime.mounts,
    ["--bind", plan.treeFolder, JOB_FOLDER, "--chdir", join(JOB_FOLDER, plan.startFolder)],
    // What bubblewrap itself made is writable until now; a command writes to /job and /tmp only.
    ["--remount-ro", "/dev", "--remount-ro", "/"],
    ["--"],
    limits(tools, plan.memoryBytes),
    plan.argv,
  ].flat();
}

/** The files that name the sandbox's only user and the loopback host; without them much software refuses to start. */
export const IDENTITY_FILES: readonly (readonly [name: string, content: string])[] = [
  ["passwd", `nobody:x:65534:65534:nobody:${HOME_FOLDER}:/bin/sh\n`],
  ["group", "nogroup:x:65534:\n"],
  ["hosts", "127.0.0.1 localhost\n::1 localhost\n"],
];

function variables(runtimePath: readonly string[]): readonly (readonly [string, string])[] {
  const path = [...runtimePath, "/usr/local/bin", "/usr/bin", "/bin", "/usr/local/sbin", "/usr/sbin", "/sbin"];
  return [
    ["PATH", path.join(":")],
    ["HOME", HOME_FOLDER],
    ["LANG", "C.UTF-8"],
    ["CI", "true"],
  ];
}

/**
 * RLIMIT_DATA, not RLIMIT_AS: V8 reserves far more addresses than it ever uses. Both count per process, and what merely
 * reserves memory counts too: so they stand in only where no group counts what the whole job uses.
 */
function limits(tools: SandboxTools, memoryBytes: number): readonly string[] {
  if (tools.limiter === undefined) return [];
  return [
    tools.limiter,
    ...(tools.cgroups === undefined ? [`--data=${memoryBytes}`, `--nproc=${SANDBOX_PROCESSES_MAX}`] : []),
    `--fsize=${SANDBOX_FILE_BYTES_MAX}`,
    "--core=0",
    "--",
  ];
}

function systemFolder(path: string): readonly string[] {
  if (!existsSync(path)) return [];
  return lstatSync(path).isSymbolicLink() ? ["--symlink", readlinkSync(path), path] : ["--ro-bind", path, path];
}

/** Node and npm, where this runtime lives outside /usr: they alone, never the folder around them, which may be a home. */
export function runtimeOf(executable: string): {
  readonly mounts: readonly string[];
  readonly path: readonly string[];
} {
  if (basename(executable) !== "node" || executable.startsWith("/usr/")) return { mounts: [], path: [] };
  const programs = dirname(executable);
  const npm = join(dirname(programs), "lib/node_modules/npm");
  const npmMounts = [
    ["--ro-bind", npm, npm],
    ["--symlink", join(npm, "bin/npm-cli.js"), join(programs, "npm")],
    ["--symlink", join(npm, "bin/npx-cli.js"), join(programs, "npx")],
  ].flat();
  return {
    mounts: ["--ro-bind", executable, executable, ...(existsSync(npm) ? npmMounts : [])],
    path: [programs],
  };
}
