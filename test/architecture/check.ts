// Judges one file against the import table, the bans of the pure folders and the style rules a reader relies on.
// It reads text only, so that planted violations prove that every rule fails when it should.
import { isBuiltin } from "node:module";
import { posix } from "node:path";
import { type FolderRule, IMPORT_TABLE, TEST_PACKAGES } from "./importTable.ts";
import { type FoundImport, importsIn, importsOf, isSign } from "./importsOf.ts";
import { type Token, tokenize } from "./tokens.ts";

/** Above this a file is split by noun. */
export const FILE_LINES_MAX = 400;

const DUMPING_GROUNDS = /^(utils?|helpers?|common|misc)$/iu;

const FOLDERS_WITH_FILE_ROWS: readonly string[] = ["protocol", "webviews/src"];

/** Names that reach the world by themselves. `new Date(value)` is fine, `new Date()` reads the clock. */
const IMPURE_NAMES: ReadonlySet<string> = new Set([
  "process",
  "console",
  "fetch",
  "performance",
  "globalThis",
  "setTimeout",
  "setInterval",
  "setImmediate",
  "queueMicrotask",
]);

/** Chance by any owner: `crypto.randomUUID()` as well as the name imported alone. */
const CHANCE_NAMES: ReadonlySet<string> = new Set(["randomUUID", "randomBytes", "randomInt", "getRandomValues"]);

/** Every rule that the file breaks, each as one sentence with its line. An empty list is a clean file. */
export function violationsOf(path: string, source: string): readonly string[] {
  const rule = ruleFor(path);
  if (rule === undefined) return [`${path}: no row of the import table covers this folder`];
  const tokens = tokenize(source);
  return [
    ...importsOf(source).flatMap((found) => importViolation(path, rule, found)),
    ...(rule.pure ? impurities(tokens) : []),
    // A declaration file says what a module of another kind exports; it exports nothing itself.
    ...(path.endsWith(".d.ts") ? [] : defaultExports(tokens)),
    ...shapeViolations(path, source),
  ].map((violation) => `${path}: ${violation}`);
}

/** The row with the longest folder that holds the file. */
export function ruleFor(path: string): FolderRule | undefined {
  return IMPORT_TABLE.filter(({ folder }) => isWithin(path, folder)).toSorted(
    (left, right) => right.folder.length - left.folder.length,
  )[0];
}

/** A test of `digest.ts` lives by the rule of `digest.ts`, hence the dot. */
function isWithin(path: string, folder: string): boolean {
  return path.startsWith(`${folder}/`) || path.startsWith(`${folder}.`);
}

function importViolation(path: string, rule: FolderRule, found: FoundImport): readonly string[] {
  const at = `line ${found.line}: ${found.form} import of`;
  if (found.specifier === undefined) {
    return rule.computedImports ? [] : [`${at} a computed name, which no table can judge`];
  }
  const target = resolve(path, found.specifier);
  if (target.ours)
    return ownImportViolation(path, rule, target.path).map((reason) => `${at} ${target.path}: ${reason}`);
  const isTest = path.endsWith(".test.ts");
  if (isTest && TEST_PACKAGES.includes(found.specifier)) return [];
  if (isBuiltin(found.specifier)) {
    if (!found.specifier.startsWith("node:")) return [`${at} ${found.specifier}: write node:${found.specifier}`];
    const allowed = rule.builtins === "any" || rule.builtins.includes(found.specifier);
    return allowed ? [] : [`${at} ${found.specifier}: ${rule.folder} does no I/O`];
  }
  return rule.packages.includes(target.path) ? [] : [`${at} ${target.path}: not a package of ${rule.folder}`];
}

function ownImportViolation(path: string, rule: FolderRule, target: string): readonly string[] {
  if (/(^|\/)main(\.\w+)?$/u.test(target)) return ["nothing imports a main.ts"];
  if (/\.test(\.\w+)?$/u.test(target)) return ["nothing imports a test"];
  const targetRule = ruleFor(target);
  if (targetRule === undefined) return ["it lies outside the table"];
  // Contract suites and simulated ports live in test/, and run on an adapter from the test beside it.
  if (path.endsWith(".test.ts") && targetRule.folder === "test") return [];
  if (rule.folder === targetRule.folder || sharesFolder(rule, targetRule)) return [];
  const allowed = rule.imports.some((folder) => targetRule.folder === folder || isWithin(targetRule.folder, folder));
  return allowed ? [] : [`${rule.folder} may import ${rule.imports.join(", ") || "nothing of ours"}`];
}

/** Rows for single files (`protocol/digest`) refine their folder's row; for imports they stay one folder. */
function sharesFolder(left: FolderRule, right: FolderRule): boolean {
  return FOLDERS_WITH_FILE_ROWS.some((folder) =>
    [left, right].every((rule) => rule.folder === folder || isWithin(rule.folder, folder)),
  );
}

function resolve(path: string, specifier: string): { readonly ours: boolean; readonly path: string } {
  if (specifier.startsWith("#")) return { ours: true, path: specifier.slice(1) };
  if (specifier.startsWith(".")) return { ours: true, path: posix.join(posix.dirname(path), specifier) };
  if (specifier.startsWith("/") || specifier.startsWith("file:")) return { ours: true, path: specifier };
  const segments = specifier.split("/");
  return { ours: false, path: segments.slice(0, specifier.startsWith("@") ? 2 : 1).join("/") };
}

function impurities(tokens: readonly Token[]): readonly string[] {
  return tokens.flatMap((token, index) => {
    if (token.kind !== "word") return [];
    if (CHANCE_NAMES.has(token.text)) return [`line ${token.line}: ${token.text} in a pure folder: pass chance in`];
    if (isProperty(tokens, index)) return [];
    const member = isSign(tokens[index + 1], ".") ? tokens[index + 2]?.text : computedMember(tokens, index);
    const reads =
      IMPURE_NAMES.has(token.text) ||
      (token.text === "Math" && (member === "random" || member === undefined)) ||
      (token.text === "Date" && readsClock(tokens, index, member));
    return reads ? [`line ${token.line}: ${token.text} in a pure folder: pass the fact in`] : [];
  });
}

/** `Date.now` under any spelling, `new Date()` and `Date()`; a date of a given moment, and the type, are fine. */
function readsClock(tokens: readonly Token[], index: number, member: string | undefined): boolean {
  if (member !== undefined) return member === "now";
  const isCall = isSign(tokens[index + 1], "(");
  if (isCall) return isSign(tokens[index + 2], ")") || tokens[index - 1]?.text !== "new";
  // `new Date` needs no brackets, and an alias (`const Clock = Date`) hides every later use.
  return ["new", "="].includes(tokens[index - 1]?.text ?? "");
}

function computedMember(tokens: readonly Token[], index: number): string | undefined {
  const optional = isSign(tokens[index + 1], "?") && isSign(tokens[index + 2], ".") ? 2 : 0;
  if (optional === 2 && tokens[index + 3]?.kind === "word") return tokens[index + 3]?.text;
  const opened = index + 1 + optional;
  return isSign(tokens[opened], "[") && tokens[opened + 1]?.kind === "string" ? tokens[opened + 1]?.text : undefined;
}

/** True for `x.process`, `{ process: … }` and `process?: …`: names of ours that only look like the global. */
function isProperty(tokens: readonly Token[], index: number): boolean {
  const previous = tokens[index - 1];
  if (isSign(previous, ".") && !isSign(tokens[index - 2], ".")) return true;
  const next = tokens[index + 1];
  const declares = isSign(next, ":") || (isSign(next, "?") && isSign(tokens[index + 2], ":"));
  const opens = previous === undefined || ["{", ",", ";", "(", "readonly"].includes(previous.text);
  return declares && opens;
}

function defaultExports(tokens: readonly Token[]): readonly string[] {
  return tokens.flatMap((token, index) => {
    if (token.kind !== "word" || token.text !== "export" || isProperty(tokens, index)) return [];
    const next = tokens[index + 1];
    const close = isSign(next, "{") ? tokens.findIndex((other, at) => at > index && isSign(other, "}")) : index + 1;
    const clause = tokens.slice(index + 1, close + 1);
    const isDefault =
      isSign(next, "=") ||
      clause.some((other, at) => {
        if (other.text !== "default") return false;
        // `export { default as named }` is the one harmless form.
        return at === 0 || clause[at - 1]?.text === "as" || clause[at + 1]?.text !== "as";
      });
    return isDefault ? [`line ${token.line}: default export: name it`] : [];
  });
}

function shapeViolations(path: string, source: string): readonly string[] {
  const name = posix.basename(path).split(".")[0] ?? "";
  const lines = source.split("\n").length - (source.endsWith("\n") ? 1 : 0);
  return [
    ...(DUMPING_GROUNDS.test(name) ? [`${name} is a dumping ground: name the file by its noun`] : []),
    ...(name === "index" ? ["index is a barrel: import the file itself"] : []),
    ...(lines > FILE_LINES_MAX ? [`${lines} lines, the limit is ${FILE_LINES_MAX}: split it by noun`] : []),
    ...(/^(#!.*\n)?\/[/*]/u.test(source) ? [] : ["it does not open with a comment that says what it decides"]),
  ];
}

/** How many imports a file has; the test uses it to prove that the scan reads anything at all. */
export function importCount(source: string): number {
  return importsIn(tokenize(source)).length;
}
