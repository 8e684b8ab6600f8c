// Why data is of its class beyond its name and content: what a person marked, and what a file was written from. And what of an
// episode is private and what came from elsewhere. Plain data and pure look-ups; nothing here makes anything less than it is.
import * as z from "zod";
import { type Classification, classificationSchema, type EpisodeTaint } from "./egress.ts";
import { type EpisodeId, episodeId } from "./ids.ts";
import { type EpochMs, epochMsSchema } from "./quantities.ts";
import { isWorkspacePath } from "./workspacePath.ts";

/** What a person said of a file, or of a folder and all that lies in it; `.` is the whole workspace. */
export interface ClassMark {
  readonly path: string;
  readonly classification: Classification;
  readonly markedAt: EpochMs;
  readonly by: string;
}

/** What something was made from. Beliefs and caches make no files yet; whoever lets them do so names them here. */
export type DerivedFrom =
  | { readonly kind: "episode"; readonly episodeId: EpisodeId }
  | { readonly kind: "belief"; readonly beliefId: string }
  | { readonly kind: "cache"; readonly cacheId: string };

/** A file, or a folder that stands for files in it, which was written from data of this class. */
export interface DerivedPath {
  readonly path: string;
  readonly classification: Classification;
  /** The last that wrote there. */
  readonly from: DerivedFrom;
  /** Where it came from, where that is not this machine. Absent for what was made here from what was made here. */
  readonly untrusted?: string;
}

/** Marks at one time; more is refused. */
export const CLASS_MARKS_MAX = 256;
/** Paths that are remembered as written from something; past it the files of a folder are remembered as the folder. */
export const DERIVED_PATHS_MAX = 1_024;
/** The whole workspace, where a path stands for itself and all that lies in it. */
export const WORKSPACE_ROOT = ".";

const ASCENDING: readonly Classification[] = ["public", "internal", "secret", "regulated"];

/** The highest of them; what nobody knows anything about is internal. */
export function highestClass(classes: readonly Classification[]): Classification {
  return classes.length === 0 ? "internal" : classes.reduce((one, other) => (isHigher(other, one) ? other : one));
}

export function isHigher(one: Classification, than: Classification): boolean {
  return ASCENDING.indexOf(one) > ASCENDING.indexOf(than);
}

/** Whether data of this class may ever leave this machine. */
export function staysHere(classification: Classification): boolean {
  return isHigher(classification, "internal");
}

export interface PathClass {
  /** The nearest mark on the path or on a folder above it. */
  readonly mark?: ClassMark;
  /** What it was written from: the highest class of all that wrote it, or a folder that stands for it. */
  readonly derived?: DerivedPath;
}

/** What marks and derivations say of paths. */
export function pathClasses(
  marks: readonly ClassMark[] = [],
  derived: readonly DerivedPath[] = [],
): (path: string) => PathClass {
  if (marks.length === 0 && derived.length === 0) return () => NOTHING_SAID;
  const exact = new Map(marks.map((mark) => [mark.path, mark]));
  const strict = marks.filter(({ classification }) => staysHere(classification));
  // Some file systems take names for the same that differ in case or accents: in doubt a mark that forbids fits.
  const inDoubt = new Map(strict.map((mark) => [folded(mark.path), mark]));
  const written = new Map<string, DerivedPath>();
  for (const each of derived) put(written, folded(each.path), each);
  return (path) => {
    const places = placesOf(path);
    const mark = firstOf(places, (place) => stricter(exact.get(place), inDoubt.get(folded(place))));
    const from = places.reduce<DerivedPath | undefined>(
      (joined, place) => join(joined, written.get(folded(place))),
      undefined,
    );
    return { ...(mark === undefined ? {} : { mark }), ...(from === undefined ? {} : { derived: from }) };
  };
}

const NOTHING_SAID: PathClass = {};

/** The class by marks and derivation alone. What was written after a mark counts beside it; unknown is internal. */
export function classSaid({ derived, mark }: PathClass): Classification {
  const base = mark?.classification ?? "internal";
  return derived === undefined ? base : highestClass([base, derived.classification]);
}

/** Why a path is of its class by a mark, in words that every surface shows. */
export function markText({ by, classification, path: marked }: ClassMark, path: string): string {
  const where = marked === path ? "" : marked === WORKSPACE_ROOT ? ", with the whole workspace" : `, with ${marked}/`;
  return `marked ${classification} by ${by}${where}`;
}

export function derivedText({ classification, from, path: written, untrusted }: DerivedPath, path: string): string {
  const where =
    written === path ? "" : `, as other files in ${written === WORKSPACE_ROOT ? "the workspace" : `${written}/`}`;
  const origin = untrusted === undefined ? "" : `, ${untrusted}`;
  return `written from ${classification} data by ${sourceText(from)}${where}${origin}`;
}

function sourceText(from: DerivedFrom): string {
  switch (from.kind) {
    case "episode":
      return from.episodeId;
    case "belief":
      return `belief ${from.beliefId}`;
    case "cache":
      return `cache ${from.cacheId}`;
  }
}

/** Why it is of this class by marks and derivation alone; undefined where they say nothing. */
export function saidText({ derived, mark }: PathClass, path: string): string | undefined {
  const reasons = [
    ...(derived === undefined ? [] : [derivedText(derived, path)]),
    ...(mark === undefined ? [] : [markText(mark, path)]),
  ];
  return reasons.length === 0 ? undefined : reasons.join("; ");
}

/** What met in an episode, in words that every surface shows. */
export function taintText({ private: highest, untrusted }: EpisodeTaint): string {
  return `it was given ${highest} data, and ${untrusted.join("; ")}`;
}

/** The path itself, then each folder above it, the workspace last. */
function placesOf(path: string): readonly string[] {
  if (path === WORKSPACE_ROOT) return [WORKSPACE_ROOT];
  const parts = path.split("/");
  return [...parts.map((_, index) => parts.slice(0, parts.length - index).join("/")), WORKSPACE_ROOT];
}

function firstOf<Found>(places: readonly string[], find: (place: string) => Found | undefined): Found | undefined {
  for (const place of places) {
    const found = find(place);
    if (found !== undefined) return found;
  }
  return undefined;
}

function stricter(one: ClassMark | undefined, other: ClassMark | undefined): ClassMark | undefined {
  if (one === undefined || other === undefined) return one ?? other;
  return isHigher(other.classification, one.classification) ? other : one;
}

/** Both of them: the higher class, and what is untrusted stays so. */
function join(one: DerivedPath | undefined, other: DerivedPath | undefined): DerivedPath | undefined {
  if (one === undefined || other === undefined) return one ?? other;
  const untrusted = other.untrusted ?? one.untrusted;
  return {
    path: one.path,
    classification: highestClass([one.classification, other.classification]),
    from: other.from,
    ...(untrusted === undefined ? {} : { untrusted }),
  };
}

/** What was known, and what was written now. Nothing that was known gets less by it, in whatever order it comes. */
export function withDerived(
  known: readonly DerivedPath[],
  written: readonly DerivedPath[],
  pathsMax: number = DERIVED_PATHS_MAX,
): readonly DerivedPath[] {
  const byPath = new Map<string, DerivedPath>();
  for (const each of [...known, ...written]) put(byPath, each.path, each);
  while (byPath.size > pathsMax) foldLargest(byPath, pathsMax);
  return [...byPath.values()].sort((one, other) => (one.path < other.path ? -1 : 1));
}

/** What a mark answers for: a person has looked at what lies there, so that what it was written from counts no more. */
export function withoutDerived(known: readonly DerivedPath[], path: string): readonly DerivedPath[] {
  if (path === WORKSPACE_ROOT) return [];
  return known.filter((each) => each.path !== path && !each.path.startsWith(`${path}/`));
}

function put(byPath: Map<string, DerivedPath>, key: string, each: DerivedPath): void {
  byPath.set(key, join(byPath.get(key), each) ?? each);
}

/**
 * The folder that most of them lie in takes their place, then the next, until they are few enough; of several the deepest, then the
 * first by name. One pass folds as many as it takes: files in as many folders are no work of their own each.
 */
function foldLargest(byPath: Map<string, DerivedPath>, pathsMax: number): void {
  const folders = new Map<string, DerivedPath[]>();
  for (const each of byPath.values()) {
    if (each.path === WORKSPACE_ROOT) continue;
    const folder = folderOf(each.path);
    const held = folders.get(folder);
    if (held === undefined) folders.set(folder, [each]);
    else held.push(each);
  }
  const largest = [...folders].sort(
    ([one, held], [other, others]) =>
      others.length - held.length || depthOf(other) - depthOf(one) || (one < other ? -1 : 1),
  );
  for (const [folder, held] of largest) {
    if (byPath.size <= pathsMax) return;
    for (const { path } of held) {
      // As it is by now: a folder may have been folded into it in this pass.
      const each = byPath.get(path);
      byPath.delete(path);
      if (each !== undefined) put(byPath, folder, { ...each, path: folder });
    }
  }
}

function folderOf(path: string): string {
  const end = path.lastIndexOf("/");
  return end === -1 ? WORKSPACE_ROOT : path.slice(0, end);
}

function depthOf(path: string): number {
  return path === WORKSPACE_ROOT ? 0 : path.split("/").length;
}

function folded(text: string): string {
  return text.normalize("NFC").toLowerCase();
}

export function isClassPath(text: string): boolean {
  return text === WORKSPACE_ROOT || isWorkspacePath(text);
}

export const classPathSchema: z.ZodType<string> = z
  .string()
  .refine(isClassPath, "must be a file or folder of the workspace, with forward slashes, or . for all of it");

export const classMarkSchema: z.ZodType<ClassMark> = z.strictObject({
  path: classPathSchema,
  classification: classificationSchema,
  markedAt: epochMsSchema,
  by: z.string(),
});

export const derivedFromSchema: z.ZodType<DerivedFrom> = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("episode"), episodeId: episodeId.schema }),
  z.strictObject({ kind: z.literal("belief"), beliefId: z.string() }),
  z.strictObject({ kind: z.literal("cache"), cacheId: z.string() }),
]);

export const derivedPathSchema: z.ZodType<DerivedPath> = z.strictObject({
  path: classPathSchema,
  classification: classificationSchema,
  from: derivedFromSchema,
  untrusted: z.string().exactOptional(),
});
