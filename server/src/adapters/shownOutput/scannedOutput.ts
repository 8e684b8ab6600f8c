// One stream of output, read once from its first byte: which ranges of it are not shown, and how far that is decided.
// What could still become a secret is not decided until more comes, or the output has ended.
import type { RemovedOutput } from "#protocol/shownOutput.ts";
import { byteCount } from "#protocol/quantities.ts";
import type { RedactionStream, Redactor } from "#platform/redaction/redactor.ts";
import { ByteText } from "./byteText.ts";

/** Ranges that are remembered of one stream, the newest; for an older page the stream is read again. */
export const RANGES_KNOWN_MAX = 16_384;

export class ScannedOutput {
  readonly redactor: Redactor;
  readonly #stream: RedactionStream;
  readonly #text = new ByteText();
  #ranges: RemovedOutput[] = [];
  #openFrom: number | undefined;
  #knownFrom = 0;
  #scanned = 0;
  #ended = false;

  constructor(redactor: Redactor) {
    this.redactor = redactor;
    this.#stream = redactor.open({
      begun: (start) => {
        this.#openFrom = this.#text.byteAt(start);
      },
      ended: (end, placeholder) => this.#removed(this.#text.byteAt(end), placeholder),
    });
  }

  /** Bytes that were written to it. */
  get scannedBytes(): number {
    return this.#scanned;
  }

  get hasEnded(): boolean {
    return this.#ended;
  }

  /** Before this byte nothing will change any more. */
  get decidedBytes(): number {
    if (this.#ended) return this.#scanned;
    return this.#openFrom ?? this.#text.byteAt(this.#stream.decidedCharacters);
  }

  /** From this byte on every range is still known. */
  get knownFromByte(): number {
    return this.#knownFrom;
  }

  write(bytes: Uint8Array): void {
    this.#scanned += bytes.length;
    this.#stream.write(this.#text.decode(bytes));
    this.#text.forgetBefore(this.#stream.decidedCharacters);
  }

  end(): void {
    this.#stream.write(this.#text.end());
    this.#stream.end();
    this.#ended = true;
  }

  /** Those that reach past a byte, in their order. */
  rangesFrom(fromByte: number): readonly RemovedOutput[] {
    let [low, high] = [0, this.#ranges.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#ranges[middle]?.endByte ?? 0) <= fromByte) low = middle + 1;
      else high = middle;
    }
    return this.#ranges.slice(low);
  }

  #removed(endByte: number, placeholder: string): void {
    const fromByte = this.#openFrom ?? endByte;
    this.#openFrom = undefined;
    this.#ranges.push({ fromByte: byteCount(fromByte), endByte: byteCount(endByte), placeholder });
    // Half of them at a time, so that each is moved once.
    if (this.#ranges.length < 2 * RANGES_KNOWN_MAX) return;
    const dropped = this.#ranges.splice(0, RANGES_KNOWN_MAX);
    this.#knownFrom = dropped.at(-1)?.endByte ?? this.#knownFrom;
  }
}
