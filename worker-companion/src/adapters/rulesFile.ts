// The owner's rules file in the worker's folder: `rules.jsonc` or `rules.json`, read anew whenever it looks changed.
// A file that cannot be read is told with its place and lets nothing through; it must never fall back to an older version.
import { readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { errnoOf } from "#platform/files/fileSystem.ts";
import { type OwnerRules, readRules, RULES_FILE_BYTES_MAX } from "../core/rules/ownerRules.ts";

export type CurrentRules =
  | { readonly kind: "absent" }
  | { readonly kind: "read"; readonly path: string; readonly rules: OwnerRules }
  | { readonly kind: "unreadable"; readonly path: string; readonly problem: string };

export const RULES_FILE_NAMES: readonly string[] = ["rules.jsonc", "rules.json"];

export interface RulesFile {
  /** As the file is at this moment. Costs two look-ups of a name where nothing has changed. */
  current(): CurrentRules;
}

export function openRulesFile(folder: string): RulesFile {
  let seen: { readonly mark: string; readonly rules: CurrentRules } | undefined;
  return {
    current() {
      const marks = RULES_FILE_NAMES.map((name) => markOf(join(folder, name)));
      const mark = marks.join("|");
      if (seen?.mark !== mark) seen = { mark, rules: readFrom(folder, marks) };
      return seen.rules;
    },
  };
}

/** Changes whenever the file does; empty where there is none. */
function markOf(path: string): string {
  try {
    const found = statSync(path, { bigint: true, throwIfNoEntry: false });
    return found === undefined ? "" : `${found.ino}.${found.size}.${found.mtimeNs}.${found.ctimeNs}`;
  } catch (error) {
    return `unreadable: ${errnoOf(error) ?? String(error)}`;
  }
}

function readFrom(folder: string, marks: readonly string[]): CurrentRules {
  const [path, second] = RULES_FILE_NAMES.filter((_, index) => marks[index] !== "").map((name) => join(folder, name));
  if (path === undefined) return { kind: "absent" };
  const unreadable = (problem: string): CurrentRules => ({ kind: "unreadable", path, problem });
  if (second !== undefined) return unreadable(`there is also ${second}, and only one of the two can count`);
  let text: string;
  try {
    if (statSync(path).size > RULES_FILE_BYTES_MAX) return unreadable(`it has more than ${RULES_FILE_BYTES_MAX} bytes`);
    text = readFileSync(path, "utf8");
  } catch (error) {
    return unreadable(`it cannot be read (${errnoOf(error) ?? String(error)})`);
  }
  const reading = readRules(text);
  return reading.ok ? { kind: "read", path, rules: reading.rules } : unreadable(`${reading.where}: ${reading.problem}`);
}
