// The machine in words, so that a reader knows what a figure was taken on. Never its name, its user or its paths.
import { availableParallelism, cpus, loadavg, totalmem } from "node:os";
import { statfs } from "node:fs/promises";

/** Kinds of file systems by their number. Source: statfs(2). */
const FILE_SYSTEMS: ReadonlyMap<number, string> = new Map([
  [0xef53, "ext4"],
  [0x01021994, "tmpfs: a sync costs nothing here, so every row against a sync is worth nothing"],
  [0x9123683e, "btrfs"],
  [0x58465342, "xfs"],
  [0x794c7630, "overlayfs"],
  [0x2fc12fc1, "zfs"],
]);

const GIBIBYTE: number = 1024 ** 3;

export async function machineWords(folder: string): Promise<string> {
  const kind = (await statfs(folder)).type;
  const model = cpus()[0]?.model.trim() ?? "unknown processor";
  const memory = `${Math.round(totalmem() / GIBIBYTE)} GiB`;
  const disk = FILE_SYSTEMS.get(kind) ?? `file system 0x${kind.toString(16)}`;
  return `${model}, ${availableParallelism()} cores, ${memory}, ${disk}, ${process.platform}, Node ${process.versions.node}`;
}

/** Long enough for the scheduler to give others their turn. */
const SPIN_MS = 60;

/** The share of a core that this program gets now when it wants one whole: 1 where nobody else wants it. */
export function coreShare(): number {
  const from = performance.now();
  const before = process.cpuUsage();
  while (performance.now() - from < SPIN_MS) continue;
  const { user, system } = process.cpuUsage(before);
  return Math.min(1, (user + system) / 1_000 / (performance.now() - from));
}

/** The load of the last minute a core; past 1 others were waiting. */
export function loadPerCore(): number {
  return (loadavg()[0] ?? 0) / availableParallelism();
}
