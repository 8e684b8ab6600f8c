// Reads a piece of an attempt's output for a page: from the byte that it asks for, as text, cut between two characters.
// It must never hand on more than a page takes at once, nor split a character that the next piece would repeat.
import { messageWithAdvice } from "#protocol/errors.ts";
import { byteCount } from "#protocol/quantities.ts";
import { OUTPUT_CHARACTERS_MAX, type OutputPiece, type ReadOutput } from "#protocol/webview/feed.ts";
import { shownOutput } from "#protocol/shownOutput.ts";
import { METHODS } from "#protocol/wire/client.ts";
import type { Home } from "../home/home.ts";

/** A character of UTF-8 has at most this many bytes. */
const CHARACTER_BYTES_MAX = 4;

/** Never rejects: what could not be read is said in the piece. */
export async function readOutputPiece(home: Pick<Home, "call">, asked: ReadOutput): Promise<OutputPiece> {
  const { attemptId, stream, fromByte } = asked;
  const about = { kind: "output", attemptId, stream, fromByte } as const;
  try {
    const { base64, removed = [] } = await home.call(METHODS.readOutput, { attemptId, stream, fromByte });
    const bytes = Buffer.from(base64, "base64");
    let piece: Buffer;
    let text: string;
    let bytesMax = OUTPUT_CHARACTERS_MAX;
    do {
      piece = bytes.subarray(0, wholeCharacterBytes(bytes.subarray(0, bytesMax)));
      text = Buffer.from(shownOutput(piece, fromByte, removed).bytes).toString("utf8");
      // A placeholder may be longer than what it stands for.
      bytesMax = Math.floor(bytesMax / 2);
    } while (text.length > OUTPUT_CHARACTERS_MAX);
    const nextByte = byteCount(fromByte + piece.length);
    return { ...about, text, nextByte, more: bytes.length > piece.length };
  } catch (error) {
    const problem = messageWithAdvice(error);
    return { ...about, text: "", nextByte: fromByte, more: false, problem };
  }
}

/** How many of the bytes are whole characters. All of them, where what is left over is no beginning of a character. */
export function wholeCharacterBytes(bytes: Uint8Array): number {
  for (let back = 1; back <= Math.min(CHARACTER_BYTES_MAX, bytes.length); back++) {
    const byte = bytes[bytes.length - back] ?? 0;
    if (byte < 0x80) return bytes.length;
    // A leading byte says how long its character is.
    const expected = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : byte >= 0xc0 ? 2 : 0;
    if (expected === 0) continue;
    // A lone beginning is text that ended there, or the page would ask for it for ever.
    return expected > back && back < bytes.length ? bytes.length - back : bytes.length;
  }
  return bytes.length;
}
