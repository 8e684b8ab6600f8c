// Bytes as text, with the way back: at which byte a character of it began. A byte that is no UTF-8 becomes one character of
// its own, so that output which is not text keeps its places. It must never lose or invent a byte.
import { isAscii, isUtf8 } from "node:buffer";

/** Characters in a row that have so many bytes for each of their UTF-16 code units. */
interface Stretch {
  readonly unit: number;
  readonly byte: number;
  readonly width: number;
}

const CHARACTER_BYTES_MAX = 4;
const NO_CHARACTER = "\uFFFD";

export class ByteText {
  /** The beginning of a character whose rest has not come. */
  #pending: Buffer = Buffer.alloc(0);
  #units = 0;
  #bytes = 0;
  #stretches: Stretch[] = [];

  decode(chunk: Uint8Array): string {
    const bytes = this.#pending.length === 0 ? Buffer.from(chunk) : Buffer.concat([this.#pending, chunk]);
    const whole = bytes.length - beginningBytes(bytes);
    this.#pending = bytes.subarray(whole);
    return this.#decoded(bytes.subarray(0, whole));
  }

  /** What waited for its rest. */
  end(): string {
    const rest = this.#pending;
    this.#pending = Buffer.alloc(0);
    return this.#decoded(rest);
  }

  /** Where this UTF-16 code unit of the whole text begins. It must not have been forgotten. */
  byteAt(unit: number): number {
    let [low, high] = [0, this.#stretches.length];
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if ((this.#stretches[middle]?.unit ?? 0) <= unit) low = middle;
      else high = middle;
    }
    const stretch = this.#stretches[low];
    return stretch === undefined ? this.#bytes : stretch.byte + (unit - stretch.unit) * stretch.width;
  }

  /** Nobody asks for a place before this one any more. */
  forgetBefore(unit: number): void {
    let keptFrom = 0;
    while ((this.#stretches[keptFrom + 1]?.unit ?? Number.POSITIVE_INFINITY) <= unit) keptFrom += 1;
    if (keptFrom > 0) this.#stretches = this.#stretches.slice(keptFrom);
  }

  #decoded(bytes: Buffer): string {
    if (isAscii(bytes)) {
      this.#add(bytes.length, 1);
      return bytes.toString("latin1");
    }
    return isUtf8(bytes) ? this.#valid(bytes.toString("utf8")) : this.#mixed(bytes);
  }

  #valid(text: string): string {
    let from = 0;
    let width = 0;
    for (let index = 0; index < text.length; index++) {
      const own = widthOf(text.charCodeAt(index));
      if (own === width) continue;
      this.#add(index - from, width);
      [from, width] = [index, own];
    }
    this.#add(text.length - from, width);
    return text;
  }

  #mixed(bytes: Buffer): string {
    const texts: string[] = [];
    let validFrom = 0;
    const valid = (to: number): void => {
      if (to > validFrom) texts.push(this.#valid(bytes.toString("utf8", validFrom, to)));
    };
    for (let at = 0; at < bytes.length; ) {
      const characterBytes = validBytes(bytes, at);
      if (characterBytes > 0) {
        at += characterBytes;
        continue;
      }
      valid(at);
      this.#add(1, 1);
      texts.push(NO_CHARACTER);
      at += 1;
      validFrom = at;
    }
    valid(bytes.length);
    return texts.join("");
  }

  #add(units: number, width: number): void {
    if (units === 0) return;
    if (this.#stretches.at(-1)?.width !== width) {
      this.#stretches.push({ unit: this.#units, byte: this.#bytes, width });
    }
    this.#units += units;
    this.#bytes += units * width;
  }
}

/** Both halves of a surrogate pair have two of its four. */
function widthOf(unit: number): number {
  if (unit < 0x80) return 1;
  return unit < 0x800 || (unit >= 0xd800 && unit <= 0xdfff) ? 2 : 3;
}

/** By its first byte; 0 for one that begins no character. */
function expectedBytes(byte: number): number {
  if (byte < 0x80) return 1;
  if (byte < 0xc2 || byte > 0xf4) return 0;
  return byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : 2;
}

function validBytes(bytes: Buffer, at: number): number {
  const expected = expectedBytes(bytes[at] ?? 0);
  if (expected <= 1) return expected;
  return at + expected <= bytes.length && isUtf8(bytes.subarray(at, at + expected)) ? expected : 0;
}

/** How many bytes at the end may be the beginning of a character that goes on. */
function beginningBytes(bytes: Buffer): number {
  for (let back = 1; back < CHARACTER_BYTES_MAX && back <= bytes.length; back++) {
    const byte = bytes[bytes.length - back] ?? 0;
    if (byte < 0x80) return 0;
    if (byte >= 0xc0) return expectedBytes(byte) > back ? back : 0;
  }
  return 0;
}
