// Text made fit for a terminal: colours where they are wanted, and no control characters of other machines, ever.
// Colour only repeats what a word or a shape says already.

export interface Style {
  readonly dim: (text: string) => string;
  readonly bold: (text: string) => string;
  readonly red: (text: string) => string;
  readonly yellow: (text: string) => string;
  readonly green: (text: string) => string;
}

export function styleOf(colour: boolean): Style {
  const sgr = (on: number, off: number) => (text: string) => (colour ? `\u001B[${on}m${text}\u001B[${off}m` : text);
  return { dim: sgr(2, 22), bold: sgr(1, 22), red: sgr(31, 39), yellow: sgr(33, 39), green: sgr(32, 39) };
}

/** Control characters (escape sequences begin with one) and those that reverse the reading direction. */
const UNSAFE = /[\p{Cc}\p{Bidi_Control}]/gu;
const UNSAFE_BUT_LINES = /(?![\n\t])[\p{Cc}\p{Bidi_Control}]/gu;

/** One line of a text that came from elsewhere: what could move the cursor or lie about order is shown as its code. */
export function plain(text: string): string {
  return text.replace(UNSAFE, codeOf);
}

/** The same for a text of several lines; tabs and line ends stay. */
export function plainLines(text: string): string {
  return text.replaceAll("\r\n", "\n").replace(UNSAFE_BUT_LINES, codeOf);
}

/** The first characters of an id: enough to tell rows apart; `--json` has the whole. */
export function shortId(id: string): string {
  const [prefix, body] = id.split("_");
  return body === undefined || body.length <= 8 ? plain(id) : `${prefix}_${body.slice(0, 8)}…`;
}

function codeOf(character: string): string {
  return `<${(character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, "0")}>`;
}
