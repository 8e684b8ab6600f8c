// Colours where they are wanted, and short ids.
// Colour only repeats what a word or a shape says already.
import { plainText } from "#protocol/text/plainText.ts";

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

/** The first characters of an id: enough to tell rows apart; `--json` has the whole. */
export function shortId(id: string): string {
  const [prefix, body] = id.split("_");
  return body === undefined || body.length <= 8 ? plainText(id) : `${prefix}_${body.slice(0, 8)}…`;
}
