// One line of JSON whose texts have gone through the redactor, for logs. Names and numbers stay as they are.
// A text is judged with the name that it has: `{"password": "…"}` says as much as `password=…`.
import { redactedStart } from "./redactedStart.ts";
import type { Redactor } from "./redactor.ts";

/** What tells of a secret stands at the end of a name. */
const NAME_CHARACTERS_MAX = 64;

/** Texts longer than `textCharactersMax` are cut, after they were redacted. Throws what JSON.stringify throws. */
export function redactedJson(
  value: Readonly<Record<string, unknown>>,
  redactor: Redactor,
  textCharactersMax: number = Number.POSITIVE_INFINITY,
): string {
  return JSON.stringify(value, (name, inner: unknown) =>
    typeof inner === "string" ? named(name, inner, textCharactersMax, redactor) : inner,
  );
}

function named(name: string, text: string, charactersMax: number, redactor: Redactor): string {
  const before = `${name.slice(-NAME_CHARACTERS_MAX)}=`;
  const shown = redactedStart(before + text, before.length + charactersMax, redactor);
  if (shown.startsWith(before)) return shown.slice(before.length);
  // A secret that begins in the name itself.
  return shown.slice(0, charactersMax);
}
