// What the owner marked as never leaving this machine: globs that count for every collection, whatever else would allow it.
// A mark forbids, so in doubt it matches: without regard to case, with all that lies in a folder, and in any folder where it
// names none. A text that could be misread as matching more than it does is no mark.
import * as z from "zod";
import { pathGlob } from "./pathGlob.ts";
import { type EpochMs, epochMsSchema } from "./quantities.ts";

export interface NeverLeavesMark {
  readonly glob: string;
  readonly markedAt: EpochMs;
  readonly by: string;
}

/** Marks at one time; more is refused. */
export const NEVER_LEAVES_MAX = 256;
/** Longer globs are refused. */
export const NEVER_LEAVES_CHARACTERS_MAX = 1_024;

/**
 * Whether the text can be marked: `*` and `?` within a name, `**` for any number of folders, a slash in front for the top of
 * the workspace. Brackets are letters of a name, and only of one without wildcards: elsewhere they would read as a class.
 */
export function isNeverLeavesGlob(text: string): boolean {
  if (text.length === 0 || text.length > NEVER_LEAVES_CHARACTERS_MAX || !text.isWellFormed()) return false;
  if (/[\\:\0{}]/.test(text) || text.startsWith("!")) return false;
  if (/[*?]/.test(text) && /[[\]!]/.test(text)) return false;
  return namesOf(text).every((name) => {
    return name !== "" && name !== "." && name !== ".." && (name === "**" || !name.includes("**"));
  });
}

/** The mark that keeps a path here, if one does. */
export function neverLeaves(globs: readonly string[]): (path: string) => string | undefined {
  const marks = globs.map((glob) => ({ glob, matches: markMatcher(glob) }));
  return (path) => {
    if (marks.length === 0) return undefined;
    const names = folded(path).split("/");
    return marks.find(({ matches }) => matches(names))?.glob;
  };
}

function markMatcher(glob: string): (names: readonly string[]) => boolean {
  const inner = folded(namesOf(glob).join("/"));
  const matches = pathGlob(inner);
  if (!inner.includes("/") && !glob.startsWith("/")) return (names) => names.some(matches);
  return (names) => names.some((_, index) => matches(names.slice(0, index + 1).join("/")));
}

function namesOf(glob: string): readonly string[] {
  return glob.replace(/^\//, "").replace(/\/$/, "").split("/");
}

/** Some file systems take names for the same that differ in case, or in how an accent is written. */
function folded(text: string): string {
  return text.normalize("NFC").toLowerCase();
}

export const neverLeavesGlobSchema: z.ZodType<string> = z
  .string()
  .refine(isNeverLeavesGlob, "must be a path or glob of the workspace: names, `*`, `?` and `**`, with forward slashes");

export const neverLeavesMarkSchema: z.ZodType<NeverLeavesMark> = z.strictObject({
  glob: neverLeavesGlobSchema,
  markedAt: epochMsSchema,
  by: z.string(),
});
