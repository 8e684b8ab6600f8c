// Takes secrets out of what a page is told: prompts, titles, errors and output, whatever message they come in.
// A page is a browser, and often on a screen that others see; the editor's own diffs show all.
// Each message is looked at by itself: of output, which comes in pieces, the Home has taken the secrets out before.
import { randomBytes } from "node:crypto";
import { environmentSecrets } from "#platform/redaction/environmentSecrets.ts";
import { createRedactor, type Redactor } from "#platform/redaction/redactor.ts";
import { REDACTION_RULES } from "#platform/redaction/rules.ts";

/** Between the texts of a message: in no secret, and nothing is followed across it. */
const BETWEEN = "\0";

/** Made with the first page: most windows have none. Tags are the same as long as the window lives. */
let made: Redactor | undefined;

/** The message with a placeholder for each secret in its texts. Names of members, numbers and all else stay. */
export function redactedMessage(message: unknown): unknown {
  made ??= createRedactor(REDACTION_RULES, environmentSecrets(process.env), randomBytes(32));
  const redactor = made;
  const texts: string[] = [];
  // A text in which the mark itself stands goes alone.
  withTexts(message, (text) => {
    texts.push(text.includes(BETWEEN) ? redactor.redact(text).text.replaceAll(BETWEEN, "") : text);
    return text;
  });
  if (texts.length === 0) return message;
  const redacted = redactor.redact(texts.join(BETWEEN)).text.split(BETWEEN);
  let next = 0;
  return withTexts(message, () => redacted[next++] ?? "");
}

function withTexts(value: unknown, of: (text: string) => string): unknown {
  if (typeof value === "string") return of(value);
  if (Array.isArray(value)) return value.map((inner) => withTexts(inner, of));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, withTexts(inner, of)]));
}
