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
  const parts = glob.split("/");
  // At the end `**` means what is beneath: one name at least.
  if (parts.at(-1) === ANY_FOLDERS) parts.push("*");
  return (path) => matches(parts, path.split("/"), (part) => part === ANY_FOLDERS, matchesName);
}

const ANY_FOLDERS = "**";

function matchesName(pattern: string, name: string): boolean {
  return matches(
    pattern.split(""),
    name.split(""),
    (sign) => sign === "*",
    (sign, letter) => sign === "?" || sign === letter,
  );
}

/** Matches a pattern in which some signs stand for any run of things. Only the last such sign is ever tried again. */
function matches(
  pattern: readonly string[],
  things: readonly string[],
  isAnyRun: (sign: string) => boolean,
  matchesOne: (sign: string, thing: string) => boolean,
): boolean {
  let at = 0;
  let sign = 0;
  let retrySign = -1;
  let retryAt = 0;
  while (at < things.length) {
    const current = pattern[sign];
    const thing = things[at] ?? "";
    if (current !== undefined && isAnyRun(current)) {
      retrySign = sign++;
      retryAt = at;
    } else if (current !== undefined && matchesOne(current, thing)) {
      sign++;
      at++;
    } else if (retrySign >= 0) {
      sign = retrySign + 1;
      at = ++retryAt;
    } else return false;
  }
  return pattern.slice(sign).every(isAnyRun);
}
