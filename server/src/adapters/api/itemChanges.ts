// What the items of a preview have that the last commit has not, as lines of what the preview shows. The commit's bytes are
// compared with the collected ones, never with the files as they are now, and nothing is revised or sent here.
import type { PreviewItem } from "#protocol/egress.ts";
import { type Refusal, refuse } from "#protocol/errors.ts";
import { CUT_BYTES_MAX, lineCount } from "#protocol/lineCut.ts";
import { byteCount } from "#protocol/quantities.ts";
import { CHANGES_LISTED_MAX, type ChangesResult, type ItemChanges } from "#protocol/wire/egressViews.ts";
import type { BlobStore } from "#platform/blobs/blobStore.ts";
import { FILE_LIST_ITEM } from "../collect/inputTree.ts";
import { changedSince, lastCommitOf } from "../collect/lastCommit.ts";
import { PROMPT_ITEM } from "../collect/promptItem.ts";
import { isText } from "./itemLines.ts";
import { unknownItem } from "./revisedInput.ts";

export interface ChangesRequest {
  readonly items: readonly PreviewItem[];
  readonly paths: readonly string[];
  readonly blobs: BlobStore;
  readonly workspaceFolder: string;
}

/** Refuses where the preview has no such item, or the workspace is in no repository. Throws ArwError `git-failed`. */
export async function changesOf(
  { blobs, items, paths, workspaceFolder }: ChangesRequest,
  signal: AbortSignal,
): Promise<ChangesResult | Refusal> {
  const byPath = new Map(items.map((item) => [item.path, item]));
  const missing = paths.find((path) => !byPath.has(path));
  if (missing !== undefined) return unknownItem(missing);
  const last = await lastCommitOf(workspaceFolder, paths, signal);
  if (last === undefined) return NO_REPOSITORY;
  const asked = paths.flatMap((path) => byPath.get(path) ?? []);
  const changes: ItemChanges[] = [];
  // One after the other: two texts and their diff are held at a time.
  for (const item of asked) {
    signal.throwIfAborted();
    changes.push(await changesOfItem(item, last.objects.get(item.path), { blobs, workspaceFolder, signal }));
  }
  return { ...(last.commit === undefined ? {} : { commit: last.commit }), items: changes };
}

async function changesOfItem(
  { bytes, digest, path }: PreviewItem,
  object: string | undefined,
  at: Pick<ChangesRequest, "blobs" | "workspaceFolder"> & { readonly signal: AbortSignal },
): Promise<ItemChanges> {
  const unknown = (reason: string): ItemChanges => ({ kind: "unknown", path, reason });
  if (path === FILE_LIST_ITEM || path === PROMPT_ITEM) return unknown("it is no file of the workspace");
  if (bytes > CUT_BYTES_MAX) return unknown(TOO_LARGE);
  const text = await at.blobs.read(digest, byteCount(0), CUT_BYTES_MAX);
  if (!isText(text)) return unknown("it is not text");
  if (object === undefined) {
    const lines = lineCount(text);
    return { kind: "new", path, changes: lines === 0 ? [] : [{ from: 1, to: lines }], more: 0 };
  }
  const changes = await changedSince(at.workspaceFolder, object, text, at.signal);
  if (changes === "too-large") return unknown(TOO_LARGE);
  const listed = changes.slice(0, CHANGES_LISTED_MAX);
  return { kind: "changed", path, changes: listed, more: changes.length - listed.length };
}

const TOO_LARGE = "it is, or was, larger than 5 MiB";

const NO_REPOSITORY = refuse(
  "changes-unknown",
  "The workspace is in no Git repository, so nobody knows what has changed.",
  "Name lines instead: arw-home egress revise <preview> --leave-out src/a.ts:10-20.",
);
