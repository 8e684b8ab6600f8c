// One line of JSON whose texts have gone through the redactor, for logs. Names and numbers stay as they are.
import type { Redactor } from "./redactor.ts";

/** Throws what JSON.stringify throws. */
export function redactedJson(value: Readonly<Record<string, unknown>>, redactor: Redactor): string {
  return JSON.stringify(value, (_, inner: unknown) =>
    typeof inner === "string" ? redactor.redact(inner).text : inner,
  );
}
