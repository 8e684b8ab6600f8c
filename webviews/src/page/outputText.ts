// The output of one stream as far as a page shows it: pieces in order, of which the newest are kept when there are many.
// It must never join two pieces that do not touch, nor grow past its limit.
import { type Bytes, byteCount } from "#protocol/quantities.ts";
import type { OutputPiece } from "#protocol/webview/feed.ts";
import { plainOutput } from "./plainOutput.ts";

export class OutputText {
  readonly #charactersMax: number;
  #text = "";
  #plain: string | undefined;
  #nextByte: Bytes = byteCount(0);
  /** Whether the beginning was dropped, or never asked for. */
  cut = false;
  more = false;
  problem: string | undefined;

  constructor(charactersMax: number) {
    this.#charactersMax = charactersMax;
  }

  get nextByte(): Bytes {
    return this.#nextByte;
  }

  /** What is shown; made when it is looked at, since pieces may come faster than a screen shows. */
  get plain(): string {
    this.#plain ??= plainOutput(this.#text);
    return this.#plain;
  }

  /** Begins at a later byte: what came before is not shown. */
  skipTo(fromByte: Bytes): void {
    this.#text = "";
    this.#plain = undefined;
    this.#nextByte = fromByte;
    this.cut = fromByte > 0;
  }

  /** Takes a piece that follows on; any other one is left out, it was asked for twice. */
  add(piece: OutputPiece): void {
    if (piece.fromByte !== this.#nextByte) return;
    this.problem = piece.problem;
    this.more = piece.more;
    this.#nextByte = piece.nextByte;
    if (piece.text === "") return;
    this.#text += piece.text;
    this.#plain = undefined;
    if (this.#text.length > this.#charactersMax) {
      const from = this.#text.length - this.#charactersMax;
      const line = this.#text.indexOf("\n", from);
      // At a line's end where there is one, so that no half line and no half terminal code begins the text.
      this.#text = this.#text.slice(line === -1 ? from : line + 1);
      this.cut = true;
    }
  }
}
