// Turns `unknown` into a typed value or an error that says where. The only door by which outside data enters.
// Depth and size are bounded before zod sees the value; `__proto__` keys are refused.
import type * as z from "zod";

export type Decoded<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly path: string; readonly problem: string };

/** Deeper JSON than this is refused: no message of ours nests past ten. */
export const JSON_DEPTH_MAX = 32;
/** The problem of a text past JSON_DEPTH_MAX, so that a link can say which limit was broken. */
export const TOO_DEEP_PROBLEM: string = `nests deeper than ${JSON_DEPTH_MAX} levels`;

/** Decodes an already parsed value. The path is JSON-path like `$.body.items[3].path`. */
export function decode<T>(schema: z.ZodType<T>, value: unknown): Decoded<T> {
  const result = schema.safeParse(value);
  if (result.success) return { ok: true, value: result.data };
  const issue = result.error.issues[0];
  return { ok: false, path: jsonPath(issue?.path ?? []), problem: issue?.message ?? "is not valid" };
}

/** Parses and decodes JSON text; refuses text that is not JSON, is too deep, or carries a `__proto__` key or half a character. */
export function decodeJson<T>(schema: z.ZodType<T>, text: string): Decoded<T> {
  if (nestingExceeds(text, JSON_DEPTH_MAX)) {
    return { ok: false, path: "$", problem: TOO_DEEP_PROBLEM };
  }
  let value: unknown;
  let problem: string | undefined;
  try {
    value = JSON.parse(text, (key, member: unknown) => {
      if (key === "__proto__") problem ??= "carries a __proto__ key";
      // A lone surrogate has no UTF-8 and no canonical JSON: let in, it would break whoever writes it down.
      const halfCharacter = !key.isWellFormed() || (typeof member === "string" && !member.isWellFormed());
      if (halfCharacter) problem ??= "carries half of a character";
      return member;
    });
  } catch {
    return { ok: false, path: "$", problem: "is not JSON" };
  }
  return problem === undefined ? decode(schema, value) : { ok: false, path: "$", problem };
}

function jsonPath(path: readonly PropertyKey[]): string {
  return path.reduce<string>((text, key) => text + (typeof key === "number" ? `[${key}]` : `.${String(key)}`), "$");
}

/** Counts brackets outside strings, before JSON.parse recurses into them. */
function nestingExceeds(text: string, depthMax: number): boolean {
  let depth = 0;
  let inString = false;
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index);
    if (inString) {
      if (code === 0x5c) index++;
      else if (code === 0x22) inString = false;
    } else if (code === 0x22) inString = true;
    else if (code === 0x7b || code === 0x5b) {
      depth++;
      if (depth > depthMax) return true;
    } else if (code === 0x7d || code === 0x5d) depth--;
  }
  return false;
}
