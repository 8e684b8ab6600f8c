// A control group for each job: the memory and the processes of all of it together, and a list from which nothing escapes.
// Groups are named after the process that made them, so that the next start finds what a killed one left, and nothing else.
import { readFileSync } from "node:fs";
import { access, constants, mkdir, readdir, readFile, rmdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type EngineClock, pause } from "../engineClock.ts";
import { runCommand } from "./commandProcess.ts";
import { type CgroupFolders, delegatedFolder, findCgroupFolders } from "./cgroupFolders.ts";

export interface CgroupLimits {
  readonly memoryBytes: number;
  /** Processes and threads. */
  readonly processesMax: number;
}

export interface Cgroups {
  /** Throws where the kernel refuses; the probe has tried it before any job. */
  make(limits: CgroupLimits): Promise<JobCgroup>;
}

export interface JobCgroup {
  /** A program and its first arguments: it enters the group and then becomes the command that follows. */
  readonly enter: readonly [program: string, ...argv: readonly string[]];
  /** What the limits stopped so far. */
  stopped(): Promise<{ readonly memoryKills: number; readonly forksRefused: number }>;
  /** Ends whatever still runs in the group; nothing new starts in it from then on. */
  end(): Promise<void>;
  /** Ends it and takes it away. */
  remove(): Promise<void>;
}

/** Finds the groups of this machine, and clears away what workers that no longer live left in them. */
export async function openCgroups(
  clock: EngineClock,
  foldersOf: () => Promise<CgroupFolders | undefined> = usableCgroupFolders,
): Promise<Cgroups | undefined> {
  const folders = await foldersOf();
  if (folders === undefined) return undefined;
  await sweep(folders, clock);
  let made = 0;
  const cgroups: Cgroups = {
    async make(limits) {
      made++;
      const group = groupAt(folders, `${GROUP_PREFIX}${process.pid}-${startTicks(process.pid) ?? 0}-${made}`, clock);
      try {
        await group.limit(limits);
      } catch (error) {
        await group.remove();
        throw error;
      }
      return group;
    },
  };
  return (await canBeEntered(cgroups, clock)) ? cgroups : undefined;
}

const TRIAL_MEMORY_BYTES = 64 * 1024 ** 2;
const TRIAL_MS_MAX = 10_000;

const GROUP_PREFIX = "arw-job-";

/** The kernel takes a moment to let go of the last process of a group. */
const END_WAIT_MS = 5_000;
const END_POLL_MS = 2;

/** Enters both groups (the same one twice in version 2) or ends without having started anything. */
const ENTER = 'echo 0 > "$1" && echo 0 > "$2" && shift 2 && exec "$@"; exit 126';

/** Tried with a command that does nothing: permissions of several folders decide, and the kernel has the last word. */
async function canBeEntered(cgroups: Cgroups, clock: EngineClock): Promise<boolean> {
  try {
    const group = await cgroups.make({ memoryBytes: TRIAL_MEMORY_BYTES, processesMax: 8 });
    try {
      const [program, ...argv] = group.enter;
      const plan = { program, argv: [...argv, "/bin/true"], folder: "/", environment: {}, sandboxed: false };
      const limits = { wallMs: TRIAL_MS_MAX, output: () => true };
      const ending = await runCommand(plan, limits, clock, new AbortController().signal);
      return ending.kind === "exited" && ending.exitCode === 0;
    } finally {
      await group.remove();
    }
  } catch {
    return false;
  }
}

/** The folders of this machine in which this process may make groups. */
export async function usableCgroupFolders(): Promise<CgroupFolders | undefined> {
  if (process.platform !== "linux") return undefined;
  try {
    const [mounts, groups] = await Promise.all(
      ["/proc/self/mountinfo", "/proc/self/cgroup"].map((path) => readFile(path, "utf8")),
    );
    const found = findCgroupFolders(mounts ?? "", groups ?? "");
    if (found === undefined) return undefined;
    if (found.version === 1) {
      // Another user's folder may hold what looks like ours, and could neither be swept nor used.
      await Promise.all([found.memory, found.processes].map((folder) => access(folder, constants.W_OK)));
      return found;
    }
    const folder = await delegatedFolder(found.memory, process.pid);
    return folder === undefined ? undefined : { version: 2, memory: folder, processes: folder };
  } catch {
    return undefined;
  }
}

function groupAt(
  { version, memory, processes }: CgroupFolders,
  name: string,
  clock: EngineClock,
): JobCgroup & { limit(limits: CgroupLimits): Promise<void> } {
  const memoryGroup = join(memory, name);
  const processGroup = join(processes, name);
  const groups = [...new Set([memoryGroup, processGroup])];
  const members = groups.map((group) => join(group, "cgroup.procs"));
  return {
    enter: ["/bin/sh", "-c", ENTER, "sh", join(memoryGroup, "cgroup.procs"), join(processGroup, "cgroup.procs")],
    async limit({ memoryBytes, processesMax }) {
      for (const group of groups) await mkdir(group);
      const [limit, swap, swapBytes] =
        version === 2
          ? ["memory.max", "memory.swap.max", 0]
          : ["memory.limit_in_bytes", "memory.memsw.limit_in_bytes", memoryBytes];
      await writeFile(join(memoryGroup, limit), String(memoryBytes));
      // Absent where the kernel does not count swap.
      await writeFile(join(memoryGroup, swap), String(swapBytes)).catch(() => {});
      await writeFile(join(processGroup, "pids.max"), String(processesMax));
    },
    async stopped() {
      const events = version === 2 ? "memory.events" : "memory.oom_control";
      return {
        memoryKills: await count(join(memoryGroup, events), "oom_kill"),
        forksRefused: await count(join(processGroup, "pids.events"), "max"),
      };
    },
    end: () =>
      until(clock, async () => {
        // A bomb that forks faster than it is read would never end.
        await writeFile(join(processGroup, "pids.max"), "0").catch(() => {});
        const left = await Promise.all(members.map(killListed));
        return left.every((processes) => processes === 0);
      }),
    async remove() {
      await this.end();
      await until(clock, () => removed(groups));
    },
  };
}

async function until(clock: EngineClock, isDone: () => Promise<boolean>): Promise<void> {
  const lastMs = clock.nowMs() + END_WAIT_MS;
  while (!(await isDone()) && clock.nowMs() < lastMs) await pause(clock, END_POLL_MS);
}

async function removed(groups: readonly string[]): Promise<boolean> {
  let all = true;
  for (const group of groups) {
    await rmdir(group).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== "ENOENT") all = false;
    });
  }
  return all;
}

/** Answers how many there were. */
async function killListed(list: string): Promise<number> {
  const text = await readFile(list, "utf8").catch(() => "");
  const pids = text
    .split("\n")
    .filter((line) => line !== "")
    .map(Number);
  for (const pid of pids) {
    // 0 is a process of another namespace, and to kill it would be to kill this program's own group.
    if (pid <= 1 || pid === process.pid) continue;
    try {
      process.kill(pid, "SIGKILL");
    } catch {
      // It has ended by itself.
    }
  }
  return pids.length;
}

async function count(file: string, key: string): Promise<number> {
  const text = await readFile(file, "utf8").catch(() => "");
  return Number(new RegExp(`^${key} (\\d+)$`, "m").exec(text)?.[1] ?? 0);
}

async function sweep(folders: CgroupFolders, clock: EngineClock): Promise<void> {
  const names = await Promise.all([folders.memory, folders.processes].map((folder) => readdir(folder).catch(() => [])));
  for (const name of new Set(names.flat())) {
    const owner = /^arw-job-(\d+)-(\d+)-\d+$/.exec(name);
    if (owner === null || startTicks(Number(owner[1])) === Number(owner[2])) continue;
    await groupAt(folders, name, clock).remove();
  }
}

/** When a process started; with its number it names one process of this boot. */
function startTicks(pid: number): number | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    return Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19]);
  } catch {
    return undefined;
  }
}
