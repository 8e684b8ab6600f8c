// What a job would be sent after something was taken out of it or put back: the new items, and the job over them. Everything
// comes from what was collected for the preview that is shown; the workspace is not read again.
import type { EgressPreview, PreviewItem } from "#protocol/egress.ts";
import { type Refusal, refuse } from "#protocol/errors.ts";
import type { CommandJob, JobSpec, TreeEntry, TreeManifest } from "#protocol/job.ts";
import type { ReviseParams } from "#protocol/wire/egressViews.ts";
import type { BlobStore } from "#platform/blobs/blobStore.ts";
import { canonicalBytes } from "#platform/givingWay.ts";
import { treeOf } from "../attempts/blobService.ts";
import { FILE_LIST_ITEM } from "../collect/inputTree.ts";
import { PROMPT_ITEM } from "../collect/promptItem.ts";
import { withParents } from "../collect/treeCandidates.ts";
import { type CutServices, withAllLines, withoutLines } from "./itemLines.ts";

export interface RevisedInput {
  readonly kind: "revised";
  readonly job: JobSpec;
  readonly items: readonly PreviewItem[];
  /** The paths of the entries that go, links included. */
  readonly taken: ReadonlySet<string>;
  /** Every path that is left. */
  readonly paths: readonly string[];
}

type Change = Pick<ReviseParams, "leaveOut" | "cut" | "putBack">;

export async function revisedInput(
  job: JobSpec,
  shown: EgressPreview,
  change: Change,
  services: CutServices,
  signal: AbortSignal,
): Promise<RevisedInput | Refusal> {
  const impossible = neededItem(job.kind, change) ?? namedTwice(change);
  if (impossible !== undefined) return impossible;
  const changed = await changedItems(shown.items, change, services, signal);
  if (changed.kind === "refusal") return changed;
  return job.kind === "ask"
    ? revisedPrompt(job, shown, changed.items)
    : revisedTree(job, shown, change, changed.items, services.blobs);
}

function revisedPrompt(
  job: Extract<JobSpec, { kind: "ask" }>,
  shown: EgressPreview,
  changed: ChangedItems,
): RevisedInput {
  const items = shown.items.map((item) => changed.get(item.path) ?? item);
  const prompt = changed.get(PROMPT_ITEM)?.digest ?? job.prompt;
  return { kind: "revised", job: { ...job, prompt }, items, taken: new Set(), paths: [] };
}

async function revisedTree(
  job: CommandJob,
  shown: EgressPreview,
  { leaveOut }: Change,
  changed: ChangedItems,
  blobs: BlobStore,
): Promise<RevisedInput | Refusal> {
  const split = takeOut((await treeOf(job, blobs)).entries, leaveOut);
  if ("kind" in split) return split;
  const { kept, taken } = split;
  const entries = kept.map((entry): TreeEntry => {
    const item = changed.get(entry.path);
    return item === undefined || entry.kind !== "file" ? entry : { ...entry, digest: item.digest, bytes: item.bytes };
  });
  const manifest: TreeManifest = { kind: "tree", entries };
  const tree = await blobs.put(await canonicalBytes(manifest));
  const items = shown.items.flatMap((item) => {
    if (item.path === FILE_LIST_ITEM) return [{ ...item, bytes: tree.bytes, digest: tree.digest }];
    return taken.has(item.path) ? [] : [changed.get(item.path) ?? item];
  });
  const paths = kept.map(({ path }) => path);
  return { kind: "revised", job: { ...job, tree: tree.digest }, items, taken, paths };
}

type ChangedItems = ReadonlyMap<string, PreviewItem>;

/** The items of which lines go or come back, as they are then. */
async function changedItems(
  items: readonly PreviewItem[],
  { cut = [], putBack = [] }: Change,
  services: CutServices,
  signal: AbortSignal,
): Promise<{ readonly kind: "changed"; readonly items: ChangedItems } | Refusal> {
  const changed = new Map<string, PreviewItem>();
  const byPath = new Map(items.map((item) => [item.path, item]));
  for (const { lines, path } of [...cut, ...putBack.map((each) => ({ path: each, lines: undefined }))]) {
    const item = byPath.get(path);
    if (item === undefined) return unknownItem(path);
    const revised = lines === undefined ? withAllLines(item) : await withoutLines(item, lines, services, signal);
    if ("kind" in revised) return revised;
    changed.set(path, revised);
  }
  return { kind: "changed", items: changed };
}

interface Split {
  readonly kept: readonly TreeEntry[];
  readonly taken: ReadonlySet<string>;
}

/** A path takes out its file or link, and a folder's path all that is beneath it. One that hits nothing is a mistake. */
function takeOut(entries: readonly TreeEntry[], leaveOut: readonly string[]): Split | Refusal {
  const wanted = new Set(leaveOut.map((path) => path.replace(/\/+$/u, "")));
  const hit = new Set<string>();
  const taken = new Set<string>();
  for (const { path } of entries) {
    const by = withParents(path).find((parent) => wanted.has(parent));
    if (by === undefined) continue;
    hit.add(by);
    taken.add(path);
  }
  // A path beneath a folder that goes as well has been hit by that folder.
  const missed = [...wanted].find((path) => !hit.has(path) && !withParents(path).some((parent) => hit.has(parent)));
  if (missed === undefined) return { kept: entries.filter(({ path }) => !taken.has(path)), taken };
  return unknownItem(missed);
}

export function unknownItem(path: string): Refusal {
  return refuse(
    "preview-item-unknown",
    `The preview names nothing at ${JSON.stringify(path)}.`,
    "Name an item, or a folder of items, as the preview shows it: arw-home egress show <preview>.",
  );
}

function neededItem(kind: JobSpec["kind"], { cut = [], leaveOut }: Change): Refusal | undefined {
  if (kind === "ask" && leaveOut.length > 0) {
    return refuse(
      "preview-item-needed",
      "The prompt itself cannot be taken out: without it there is nothing to ask.",
      "Take lines out of it, deny this preview, or ask on this machine (--on local).",
    );
  }
  const named = [...leaveOut, ...cut.map(({ path }) => path)];
  const needed = named.find((path) => path === FILE_LIST_ITEM || (path === PROMPT_ITEM && kind === "command"));
  if (needed === undefined) return undefined;
  return refuse(
    "preview-item-needed",
    `${needed} cannot be taken out: without it the worker does not know which file is which.`,
    "Take files out instead; the list then names only what is left.",
  );
}

/** Lines are counted in what is shown: two wishes about one item would not mean the same lines. */
function namedTwice({ cut = [], leaveOut, putBack = [] }: Change): Refusal | undefined {
  const seen = new Set(leaveOut);
  for (const path of [...cut.map((each) => each.path), ...putBack]) {
    if (seen.has(path)) {
      return refuse("preview-item-twice", `${JSON.stringify(path)} is named twice.`, "Name each item once.");
    }
    seen.add(path);
  }
  return undefined;
}
