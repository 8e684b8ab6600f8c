// Text of other machines made fit for a page: no terminal codes, nothing invisible that could reorder or hide a part of it.
// It is shown as text nodes all the same: this keeps it readable, not safe.

const ESCAPE = "\\u001B";
/** Codes with an introducer and a final letter, texts with a terminator (titles, links), and the short ones. */
const TERMINAL_CODES: RegExp = new RegExp(
  `(?:${ESCAPE}\\[|\\u009B)[0-?]*[ -/]*[@-~]|${ESCAPE}[\\]PX^_][^\\u0007${ESCAPE}]*(?:\\u0007|${ESCAPE}\\\\)|${ESCAPE}[ -/]*[0-~]`,
  "gu",
);
const UNSAFE = /[\p{Cc}\p{Bidi_Control}]/gu;
const UNSAFE_BUT_LINES = /(?![\n\t])[\p{Cc}\p{Bidi_Control}]/gu;

/** One line: every control character is shown as its code. */
export function plainLine(text: string): string {
  return text.replace(UNSAFE, codeOf);
}

/** Output as a reader wants it: colours are gone, and of a line that was written over only the last writing stays. */
export function plainOutput(text: string): string {
  return text
    .replace(TERMINAL_CODES, "")
    .replaceAll("\r\n", "\n")
    .replace(/[^\n]*\r(?!\n)/gu, "")
    .replace(UNSAFE_BUT_LINES, codeOf);
}

function codeOf(character: string): string {
  return `<${(character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, "0")}>`;
}
