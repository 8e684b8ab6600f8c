// One line of JSON whose texts have gone through the redactor, for logs. Names and numbers stay as they are.
import { redactedStart } from "./redactedStart.ts";
import type { Redactor } from "./redactor.ts";

/** Texts longer than `textCharactersMax` are cut, after they were redacted. Throws what JSON.stringify throws. */
export function redactedJson(
  value: Readonly<Record<string, unknown>>,
  redactor: Redactor,
  textCharactersMax: number = Number.POSITIVE_INFINITY,
): string {
  return JSON.stringify(value, (_, inner: unknown) =>
    typeof inner === "string" ? redactedStart(inner, textCharactersMax, redactor) : inner,
  );
}
