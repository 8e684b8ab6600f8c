// Documents with tens of thousands of entries, written and read step by step: whoever drives the steps may do other things
// between two. It decides nothing about when. What is written so is byte for byte canonical JSON; what is read so is held
// to the same schemas and limits as what is read at once, and anything but our own canonical text is read at once.
import * as z from "zod";
import { canonicalJson } from "./canonicalJson.ts";
import { type Decoded, decodeJson } from "./decode.ts";
import { type EgressPreview, egressPreviewSchema, leftOutSchema, previewItemSchema } from "./egress.ts";
import { TREE_ENTRIES_MAX, type TreeManifest, treeEntrySchema, treeManifestSchema } from "./job.ts";

/** Entries that one step writes or reads: a few milliseconds of work on a slow machine. */
export const STEP_ENTRIES = 256;

/** The canonical JSON of an object, in pieces: an array that is a member of it comes STEP_ENTRIES entries at a time. */
export function* canonicalPieces(document: object): Generator<string, void> {
  let before = "{";
  for (const key of Object.keys(document).sort()) {
    const member: unknown = Reflect.get(document, key);
    if (member === undefined) continue;
    const opened = `${before}${canonicalJson(key)}:`;
    before = ",";
    if (!Array.isArray(member)) {
      yield opened + canonicalJson(member);
      continue;
    }
    yield `${opened}[`;
    for (let from = 0; from < member.length; from += STEP_ENTRIES) {
      const entries = canonicalJson(member.slice(from, from + STEP_ENTRIES));
      yield (from === 0 ? "" : ",") + entries.slice(1, -1);
    }
    yield "]";
  }
  yield before === "{" ? "{}" : "}";
}

/** Decodes the text of an input tree. */
export function* decodeTree(text: string): Generator<void, Decoded<TreeManifest>> {
  const cut = cutOut(text, "entries");
  const head = decodeJson(treeManifestSchema, cut?.head ?? text);
  if (cut === undefined) return head;
  const entries = yield* decodeEntries(treeEntrySchema, cut.slices);
  const isWhole = head.ok && entries !== undefined && entries.length <= TREE_ENTRIES_MAX;
  // What is wrong, and where, the whole text says.
  return isWhole ? { ok: true, value: { ...head.value, entries } } : decodeJson(treeManifestSchema, text);
}

/** Decodes the text of a preview document. */
export function* decodePreview(text: string): Generator<void, Decoded<EgressPreview>> {
  const withoutItems = cutOut(text, "items");
  const cut = withoutItems === undefined ? undefined : cutOut(withoutItems.head, "leftOut");
  const head = decodeJson(egressPreviewSchema, cut?.head ?? text);
  if (withoutItems === undefined || cut === undefined) return head;
  const items = yield* decodeEntries(previewItemSchema, withoutItems.slices);
  const leftOut = yield* decodeEntries(leftOutSchema, cut.slices);
  const isWhole = head.ok && items !== undefined && leftOut !== undefined;
  return isWhole ? { ok: true, value: { ...head.value, items, leftOut } } : decodeJson(egressPreviewSchema, text);
}

function* decodeEntries<Entry>(
  schema: z.ZodType<Entry>,
  slices: readonly string[],
): Generator<void, readonly Entry[] | undefined> {
  const all: Entry[] = [];
  const entriesSchema = z.array(schema);
  for (const slice of slices) {
    const decoded = decodeJson(entriesSchema, slice);
    if (!decoded.ok) return undefined;
    for (const entry of decoded.value) all.push(entry);
    yield;
  }
  return all;
}

interface Cut {
  /** The text with this array empty. */
  readonly head: string;
  /** Arrays that together are the one that was there. */
  readonly slices: readonly string[];
}

/**
 * Takes an array of objects out of an object's canonical text. It goes by marks that cannot stand inside a string: there
 * every quote follows a backslash, and behind the quote that ends a string stands no letter.
 */
function cutOut(text: string, key: string): Cut | undefined {
  const opened = `"${key}":[`;
  const from = text.indexOf(opened) + opened.length;
  const ends = /\}\](?:,"[a-zA-Z]|\}$)/gu;
  ends.lastIndex = from;
  const to = ends.exec(text)?.index;
  if (text[from] !== "{" || to === undefined) return undefined;
  const head = text.slice(0, from) + text.slice(to + 1);
  // The same key twice: which of the two counts, the whole text says.
  if (head.split(`"${key}":`).length !== 2) return undefined;
  const slices: string[] = [];
  const between = /\},\{"[a-zA-Z]/gu;
  between.lastIndex = from;
  let sliceFrom = from;
  for (let entries = 1, at = between.exec(text); at !== null && at.index < to; entries++, at = between.exec(text)) {
    if (entries % STEP_ENTRIES !== 0) continue;
    slices.push(`[${text.slice(sliceFrom, at.index + 1)}]`);
    sliceFrom = at.index + 2;
  }
  slices.push(`[${text.slice(sliceFrom, to + 1)}]`);
  return { head, slices };
}
