// Offsets of a text as lines and characters, as editors count them.
import type { TextPosition, TextRange } from "#protocol/policyFinding.ts";

export class TextLines {
  /** Where each line begins. */
  readonly #starts: readonly number[];
  readonly #text: string;

  constructor(text: string) {
    this.#text = text;
    this.#starts = [0, ...[...text.matchAll(/\r\n|\n|\r/g)].map(({ index, 0: end }) => index + end.length)];
  }

  range(offset: number, length: number): TextRange {
    return { start: this.#position(offset), end: this.#position(offset + length) };
  }

  /** A place past the end of its line is that end, as editors mean it. */
  offset({ line, character }: TextPosition): number {
    const start = this.#starts[line] ?? this.#text.length;
    return Math.min(start + character, this.#starts[line + 1] ?? this.#text.length);
  }

  /** What of a range stands on its first line. */
  firstLine(range: TextRange): TextRange {
    const { start, end } = range;
    if (start.line === end.line) return range;
    const next = this.#starts[start.line + 1] ?? this.#text.length;
    const line = this.#text.slice(this.#starts[start.line], next).trimEnd();
    return { start, end: { line: start.line, character: line.length } };
  }

  #position(offset: number): TextPosition {
    let [low, high] = [0, this.#starts.length - 1];
    while (low < high) {
      const middle = Math.ceil((low + high) / 2);
      if ((this.#starts[middle] ?? 0) <= offset) low = middle;
      else high = middle - 1;
    }
    return { line: low, character: offset - (this.#starts[low] ?? 0) };
  }
}
