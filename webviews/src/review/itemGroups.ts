// Sorts what would leave into folders, so that 50,000 files can be read: few groups, the most sensitive first, totals on each.
// Every item is in exactly one group: what is folded is counted, never left out.
import type { Classification, PreviewItem } from "#protocol/egress.ts";
import { isNoFile, TAKEN_OUT_MAX, type TakenOut } from "#protocol/webview/review.ts";

/** Folders are split into their subfolders while that gives no more groups than this. */
export const GROUPS_AT_ONCE_MAX = 40;
/** Below the top, at most so many folder names make a group. */
const GROUP_DEPTH_MAX = 4;

export interface ItemRow {
  /** The item's place in the preview. */
  readonly index: number;
  readonly item: PreviewItem;
  /** Its path below the group's folder. */
  readonly name: string;
}

export interface ItemGroup {
  /** `request` holds what is no file: the prompt, the list of files. */
  readonly kind: "request" | "folder";
  /** Empty for files at the top of the workspace. */
  readonly folder: string;
  readonly rows: readonly ItemRow[];
  readonly bytes: number;
  readonly highest: Classification;
}

const SEVERITY: Readonly<Record<Classification, number>> = { regulated: 3, secret: 2, internal: 1, public: 0 };

export function groupItems(items: readonly PreviewItem[]): readonly ItemGroup[] {
  const depth = groupDepth(items);
  const byFolder = new Map<string, ItemRow[]>();
  const request: ItemRow[] = [];
  items.forEach((item, index) => {
    if (isNoFile(item.path)) return void request.push({ index, item, name: item.path });
    const folder = folderAt(item.path, depth);
    const rows = byFolder.get(folder) ?? [];
    byFolder.set(folder, rows);
    rows.push({ index, item, name: folder === "" ? item.path : item.path.slice(folder.length + 1) });
  });
  const folders = [...byFolder.entries()]
    .map(([folder, rows]) => group("folder", folder, rows))
    .toSorted((a, b) => SEVERITY[b.highest] - SEVERITY[a.highest] || compare(a.folder, b.folder));
  return request.length === 0 ? folders : [group("request", "", request), ...folders];
}

/** Only rows whose path holds the text; groups without any fall away. */
export function filterGroups(groups: readonly ItemGroup[], text: string): readonly ItemGroup[] {
  const wanted = text.trim().toLowerCase();
  if (wanted === "") return groups;
  return groups
    .map(({ folder, kind, rows }) => ({
      kind,
      folder,
      rows: rows.filter(({ item }) => item.path.toLowerCase().includes(wanted)),
    }))
    .filter(({ rows }) => rows.length > 0)
    .map(({ folder, kind, rows }) => group(kind, folder, rows));
}

/** What is said about items that a person picked, before the Home has made a new preview of it. */
export interface Remainder {
  readonly picked: number;
  readonly items: number;
  /** An estimate: the list of files gets shorter as well. */
  readonly bytes: number;
}

export function withoutPicked(
  items: readonly PreviewItem[],
  payloadBytes: number,
  picked: ReadonlySet<number>,
): Remainder {
  const pickedBytes = [...picked].reduce((total, index) => total + (items[index]?.bytes ?? 0), 0);
  return { picked: picked.size, items: items.length - picked.size, bytes: Math.max(0, payloadBytes - pickedBytes) };
}

/**
 * The shortest wish that means exactly the picked items: a folder of which all is picked is named as one. Undefined where even
 * that is longer than one wish may be.
 */
export function takeOutWish(
  items: readonly PreviewItem[],
  picked: ReadonlySet<number>,
): readonly TakenOut[] | undefined {
  const left = new Set<string>();
  items.forEach(({ path }, index) => {
    if (!picked.has(index)) for (const folder of foldersOf(path)) left.add(folder);
  });
  const wish = new Map<string, TakenOut>();
  for (const index of [...picked].toSorted((a, b) => a - b)) {
    const path = items[index]?.path;
    if (path === undefined || isNoFile(path)) continue;
    const whole = foldersOf(path).find((folder) => !left.has(folder));
    if (whole === undefined) wish.set(path, { item: index });
    else if (!wish.has(`${whole}/`)) wish.set(`${whole}/`, { item: index, folderDepth: whole.split("/").length });
  }
  return wish.size > TAKEN_OUT_MAX ? undefined : [...wish.values()];
}

/** From the top down. */
function foldersOf(path: string): readonly string[] {
  const names = path.split("/").slice(0, -1);
  return names.map((_, index) => names.slice(0, index + 1).join("/"));
}

function groupDepth(items: readonly PreviewItem[]): number {
  const files = items.map(({ path }) => path).filter((path) => !isNoFile(path));
  for (let depth = GROUP_DEPTH_MAX; depth > 1; depth--) {
    if (new Set(files.map((path) => folderAt(path, depth))).size <= GROUPS_AT_ONCE_MAX) return depth;
  }
  return 1;
}

function folderAt(path: string, depth: number): string {
  return path.split("/").slice(0, -1).slice(0, depth).join("/");
}

function group(kind: ItemGroup["kind"], folder: string, rows: readonly ItemRow[]): ItemGroup {
  const sorted = rows.toSorted(
    (a, b) => SEVERITY[b.item.classification] - SEVERITY[a.item.classification] || compare(a.item.path, b.item.path),
  );
  return {
    kind,
    folder,
    rows: sorted,
    bytes: rows.reduce((total, { item }) => total + item.bytes, 0),
    highest: sorted[0]?.item.classification ?? "public",
  };
}

/** As a person counts: `p2` before `p10`. The same on every machine. */
const ORDER = new Intl.Collator("en", { numeric: true });

function compare(left: string, right: string): number {
  return ORDER.compare(left, right);
}
