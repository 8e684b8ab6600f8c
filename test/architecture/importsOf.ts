// Finds everything a file loads: static, type-only, side-effect, re-exported, dynamic, required and referenced modules.
// It must never miss a form: an import whose target cannot be read is reported as `computed`, never skipped.
import { type Token, tokenize } from "./tokens.ts";

/** One module that a file names. `specifier` is undefined where it is computed at run time. */
export interface FoundImport {
  readonly form: "static" | "side-effect" | "re-export" | "dynamic" | "require" | "reference";
  readonly specifier: string | undefined;
  readonly line: number;
}

/** Every import of the source, in order of appearance. */
export function importsOf(source: string): readonly FoundImport[] {
  return [...references(source), ...importsIn(tokenize(source))];
}

/** The same, for tokens that are already at hand. */
export function importsIn(tokens: readonly Token[]): readonly FoundImport[] {
  return tokens.flatMap((token, index) => {
    if (token.kind !== "word") return [];
    const previous = tokens[index - 1]?.text;
    if (previous === "." && tokens[index - 1]?.kind === "sign") return [];
    switch (token.text) {
      case "import":
        return importAt(tokens, index);
      case "export":
        return reExportAt(tokens, index);
      case "require":
        return requireAt(tokens, index);
      case "createRequire":
        // What it returns can be called under any name, so its use is as good as a computed import.
        return isSign(tokens[index + 1], "(") ? [{ form: "require", specifier: undefined, line: token.line }] : [];
      default:
        return [];
    }
  });
}

function importAt(tokens: readonly Token[], index: number): readonly FoundImport[] {
  const next = tokens[index + 1];
  const line = tokens[index]?.line ?? 0;
  if (next === undefined || isSign(next, ".") || isSign(next, ":") || isSign(next, "?")) return [];
  if (next.kind === "string") return [{ form: "side-effect", specifier: next.text, line }];
  if (isSign(next, "(")) return [{ form: "dynamic", specifier: soleArgument(tokens, index + 2), line }];
  // `import x = require("…")` holds a require of its own, which its own word reports.
  const end = tokens.findIndex((token, at) => at > index && (isFromModule(tokens, at) || isSign(token, "=")));
  if (isSign(tokens[end], "=")) return [];
  return [{ form: "static", specifier: tokens[end + 1]?.text, line }];
}

function reExportAt(tokens: readonly Token[], index: number): readonly FoundImport[] {
  let at = index + 1;
  if (tokens[at]?.text === "type") at += 1;
  if (isSign(tokens[at], "*")) {
    const from = tokens.findIndex((_, position) => position > at && isFromModule(tokens, position));
    return [{ form: "re-export", specifier: tokens[from + 1]?.text, line: tokens[index]?.line ?? 0 }];
  }
  if (!isSign(tokens[at], "{")) return [];
  const close = tokens.findIndex((token, position) => position > at && isSign(token, "}"));
  if (!isFromModule(tokens, close + 1)) return [];
  return [{ form: "re-export", specifier: tokens[close + 2]?.text, line: tokens[index]?.line ?? 0 }];
}

function requireAt(tokens: readonly Token[], index: number): readonly FoundImport[] {
  const line = tokens[index]?.line ?? 0;
  if (isSign(tokens[index + 1], "(")) {
    return [{ form: "require", specifier: soleArgument(tokens, index + 2), line }];
  }
  const resolves = isSign(tokens[index + 1], ".") && tokens[index + 2]?.text === "resolve";
  return resolves ? [{ form: "require", specifier: soleArgument(tokens, index + 4), line }] : [];
}

/** The string that is the whole first argument, or undefined when it is computed. */
function soleArgument(tokens: readonly Token[], index: number): string | undefined {
  const argument = tokens[index];
  const after = tokens[index + 1];
  return argument?.kind === "string" && (isSign(after, ")") || isSign(after, ",")) ? argument.text : undefined;
}

function references(source: string): readonly FoundImport[] {
  return source.split("\n").flatMap((text, index) => {
    const found = /^\s*\/\/\/\s*<reference\s+(?:path|types)\s*=\s*["']([^"']+)["']/u.exec(text);
    return found === null ? [] : [{ form: "reference" as const, specifier: found[1], line: index + 1 }];
  });
}

/** True where `from "…"` stands: a name in quotes elsewhere in the clause is not the module. */
function isFromModule(tokens: readonly Token[], index: number): boolean {
  return tokens[index]?.kind === "word" && tokens[index]?.text === "from" && tokens[index + 1]?.kind === "string";
}

/** True for that very sign, and not for a string of the same text. */
export function isSign(token: Token | undefined, text: string): boolean {
  return token?.kind === "sign" && token.text === text;
}
