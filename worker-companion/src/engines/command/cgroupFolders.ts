// Where this process may make control groups of its own: version 1 with memory and pids, or version 2 where the folder was
// delegated to it. It never takes a group with processes of others in it, and answers undefined rather than guess.
import { mkdir, readFile, writeFile } from "node:fs/promises";
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

/** Makes sure that groups in the folder can have limits; undefined where this process may not see to it. */
export async function delegatedFolder(folder: string, pid: number): Promise<string | undefined> {
  const own = basename(folder) === OWN_GROUP ? dirname(folder) : folder;
  const lines = async (name: string): Promise<readonly string[]> =>
    (await readFile(join(own, name), "utf8")).split(/\s+/).filter((word) => word !== "");
  const hasBoth = (words: readonly string[]): boolean => words.includes("memory") && words.includes("pids");
  try {
    if (!hasBoth(await lines("cgroup.controllers"))) return undefined;
    if (hasBoth(await lines("cgroup.subtree_control"))) return own;
    const members = await lines("cgroup.procs");
    if (members.some((member) => member !== String(pid))) return undefined;
    const leaf = join(own, OWN_GROUP);
    await mkdir(leaf, { recursive: true });
    await writeFile(join(leaf, "cgroup.procs"), String(pid));
    await writeFile(join(own, "cgroup.subtree_control"), "+memory +pids");
    return own;
  } catch {
    // Not delegated: the folder belongs to somebody else.
    return undefined;
  }
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
