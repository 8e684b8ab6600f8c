// Where this process may make control groups of its own: version 1 with memory and pids, or version 2 where the folder was
// delegated to it. It never takes a group with processes of others in it, and answers undefined rather than guess.
import { existsSync } from "node:fs";
import { access, constants, mkdir, readFile, writeFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";

/** The folders in which a job's groups are made; version 2 has one for both. */
export interface CgroupFolders {
  readonly version: 1 | 2;
  readonly memory: string;
  readonly processes: string;
}

/** The group that a worker moves itself to, since version 2 allows either processes or groups in a group, not both. */
const OWN_GROUP = "arw-worker";

/** What the kernel's own lists say; makes nothing. `mounts` is /proc/self/mountinfo, `groups` is /proc/self/cgroup. */
export function findCgroupFolders(mounts: string, groups: string): CgroupFolders | undefined {
  const own = new Map(groups.split("\n").flatMap(groupOf));
  const folders = new Map(mounts.split("\n").flatMap((line) => mountedGroup(line, own)));
  const memory = folders.get("memory");
  const processes = folders.get("pids");
  if (memory !== undefined && processes !== undefined) return { version: 1, memory, processes };
  const unified = folders.get("");
  return unified === undefined ? undefined : { version: 2, memory: unified, processes: unified };
}

/**
 * The folder of version 2 in which this process may make groups with limits: its own, once it has made way; else the nearest
 * above it that is open to this user, as a user's systemd has. Undefined where there is none.
 */
export async function delegatedFolder(folder: string, pid: number): Promise<string | undefined> {
  if (basename(folder) !== OWN_GROUP && (await makeWay(folder, pid))) return folder;
  let above = dirname(folder);
  for (let level = 0; level < LEVELS_MAX && existsSync(join(above, "cgroup.controllers")); level++) {
    if (await isOpen(above)) return above;
    above = dirname(above);
  }
  return undefined;
}

const LEVELS_MAX = 32;

/** Groups with limits can be made here without changing anything. */
async function isOpen(folder: string): Promise<boolean> {
  try {
    await access(folder, constants.W_OK);
    return hasBoth(await words(folder, "cgroup.subtree_control"));
  } catch {
    return false;
  }
}

/** Leaves the folder for one inside it and switches the limits on; only where no other process lives in it. */
async function makeWay(folder: string, pid: number): Promise<boolean> {
  try {
    if (await isOpen(folder)) return true;
    const members = await words(folder, "cgroup.procs");
    if (!hasBoth(await words(folder, "cgroup.controllers")) || members.some((one) => one !== String(pid))) return false;
    const own = join(folder, OWN_GROUP);
    await mkdir(own, { recursive: true });
    await writeFile(join(own, "cgroup.procs"), String(pid));
    await writeFile(join(folder, "cgroup.subtree_control"), "+memory +pids");
    return true;
  } catch {
    // Not delegated: the folder belongs to somebody else.
    return false;
  }
}

async function words(folder: string, name: string): Promise<readonly string[]> {
  return (await readFile(join(folder, name), "utf8")).split(/\s+/).filter((word) => word !== "");
}

function hasBoth(controllers: readonly string[]): boolean {
  return controllers.includes("memory") && controllers.includes("pids");
}

/** A line is `id:controllers:path`; version 2 has no controllers. */
function groupOf(line: string): readonly (readonly [controller: string, path: string])[] {
  const match = /^\d+:([^:]*):(\/.*)$/.exec(line);
  if (match === null) return [];
  const [, controllers = "", path = ""] = match;
  return controllers.split(",").map((controller) => [controller, path] as const);
}

/** A line is `id parent device root mountpoint options [fields] - type source options`. */
function mountedGroup(line: string, own: ReadonlyMap<string, string>): readonly (readonly [string, string])[] {
  const [left = "", right = ""] = line.split(" - ");
  const [, , , root = "", mountpoint = ""] = left.split(" ");
  const [type = "", , options = ""] = right.split(" ");
  if (type !== "cgroup" && type !== "cgroup2") return [];
  const controllers = type === "cgroup2" ? [""] : options.split(",");
  return controllers.flatMap((controller) => {
    const path = own.get(controller);
    // In a container only a part of the hierarchy may be mounted.
    const inside = path === undefined ? undefined : within(root, path);
    return inside === undefined ? [] : [[controller, join(mountpoint, inside).replace(/\/$/, "")] as const];
  });
}

function within(root: string, path: string): string | undefined {
  if (root === "/") return path;
  return path === root || path.startsWith(`${root}/`) ? path.slice(root.length) : undefined;
}
