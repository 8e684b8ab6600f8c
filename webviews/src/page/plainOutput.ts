// Output of other machines made fit for a page: no terminal codes, nothing invisible that could reorder or hide a part of it.
// It is shown as text nodes all the same: this keeps it readable, not safe.
import { plainLines } from "#protocol/text/plainText.ts";

const ESCAPE = "\\u001B";
/** Codes with an introducer and a final letter, texts with a terminator (titles, links), and the short ones. */
const TERMINAL_CODES: RegExp = new RegExp(
  `(?:${ESCAPE}\\[|\\u009B)[0-?]*[ -/]*[@-~]|${ESCAPE}[\\]PX^_][^\\u0007${ESCAPE}]*(?:\\u0007|${ESCAPE}\\\\)|${ESCAPE}[ -/]*[0-~]`,
  "gu",
);
/** Output as a reader wants it: colours are gone, and of a line that was written over only the last writing stays. */
export function plainOutput(text: string): string {
  const written = text.replace(TERMINAL_CODES, "").replaceAll("\r\n", "\n");
  return plainLines(written.replace(/[^\n]*\r(?!\n)/gu, ""));
}
