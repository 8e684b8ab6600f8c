// Globs over workspace paths, for what a lease may cover: `*` and `?` within a name, `**` for any number of folders.
// It grants, so it must never match more than it says: there is no negation, no class and no alternative to be misread,
// and its time grows with the product of both lengths at worst, whoever wrote the glob.
import * as z from "zod";

/** Longer globs are refused. */
export const PATH_GLOB_CHARACTERS_MAX = 256;

/** Whether the text is a glob: relative, with forward slashes; `**` stands alone between slashes. */
export function isPathGlob(text: string): boolean {
  if (text.length === 0 || text.length > PATH_GLOB_CHARACTERS_MAX || !text.isWellFormed()) return false;
  // Other matchers give these a meaning; here they would be letters, and a lease would not cover what its owner meant.
  if (/[\\:\0[\]{}!,]/.test(text)) return false;
  return text.split("/").every((part) => {
    return part !== "" && part !== "." && part !== ".." && (part === ANY_FOLDERS || !part.includes(ANY_FOLDERS));
  });
}

export const pathGlobSchema: z.ZodType<string> = z
  .string()
  .refine(isPathGlob, "must be a glob of workspace paths: names, `*`, `?` and `**`, with forward slashes");

/** Whether a path matches. `src/**` is everything beneath `src`; names that begin with a dot are names like any other. */
export function pathGlob(glob: string): (path: string) => boolean {
  const isMatching = namesGlob(glob);
  return (path) => isMatching(path.split("/"));
}

/** Whether every path matches one of the globs. */
export function globsCover(globs: readonly string[], paths: readonly string[]): boolean {
  const matchers = globs.map(namesGlob);
  return paths.every((path) => {
    const names = path.split("/");
    return matchers.some((covers) => covers(names));
  });
}

function namesGlob(glob: string): (names: readonly string[]) => boolean {
  const parts = glob.split("/");
  // At the end `**` means what is beneath: one name at least.
  if (parts.at(-1) === ANY_FOLDERS) parts.push("*");
  const names = parts.map((part): NamePattern => {
    if (part === ANY_FOLDERS) return ANY_RUN;
    if (!/[*?]/.test(part)) return (name) => name === part;
    const letters = letterPatterns(part);
    return (name) => matches(letters, name);
  });
  return (path) => matches(names, path);
}

const ANY_FOLDERS = "**";

type NamePattern = ((name: string) => boolean) | typeof ANY_RUN;
/** Stands for any number of things, none included. */
const ANY_RUN = "any run";

function letterPatterns(pattern: string): readonly NamePattern[] {
  return pattern.split("").map((sign): NamePattern => {
    if (sign === "*") return ANY_RUN;
    return sign === "?" ? () => true : (letter) => letter === sign;
  });
}

/** Matches letters of a name, or names of a path. Only the last run is ever tried again, so the time stays bounded. */
function matches(patterns: readonly NamePattern[], things: ArrayLike<string>): boolean {
  let at = 0;
  let index = 0;
  let retryIndex = -1;
  let retryAt = 0;
  while (at < things.length) {
    const pattern = patterns[index];
    if (pattern === ANY_RUN) {
      retryIndex = index++;
      retryAt = at;
    } else if (pattern?.(things[at] ?? "") === true) {
      index++;
      at++;
    } else if (retryIndex >= 0) {
      index = retryIndex + 1;
      at = ++retryAt;
    } else return false;
  }
  return patterns.slice(index).every((pattern) => pattern === ANY_RUN);
}
