// How a message and the bytes beside it become one binary frame: u32 big-endian length of the JSON, the JSON, the bytes.
// One form for all messages; a message without bytes has none after its JSON.
import type { z } from "zod";
import { type Decoded, decodeJson } from "../decode.ts";

/** The JSON part of a frame; a list of 1,000 digests fits ten times. */
export const FRAME_JSON_BYTES_MAX: number = 1024 * 1024;
/** A whole frame: JSON, and a chunk of a blob with room to spare. */
export const FRAME_BYTES_MAX: number = 2 * 1024 * 1024;
/** The problem of a frame whose JSON part is over the limit, so that a link can say which limit was broken. */
export const TOO_LARGE_PROBLEM = "announces a too large message";

const NO_BYTES = new Uint8Array(0);

export interface Framed<Message> {
  readonly message: Message;
  readonly bytes: Uint8Array;
}

/** Throws RangeError past FRAME_JSON_BYTES_MAX or FRAME_BYTES_MAX: whoever builds a message keeps to the limits. */
export function encodeFrame(message: unknown, bytes: Uint8Array = NO_BYTES): Uint8Array {
  const json = new TextEncoder().encode(JSON.stringify(message));
  if (json.length > FRAME_JSON_BYTES_MAX) throw new RangeError(`a message of ${json.length} bytes is over the limit`);
  const frame = new Uint8Array(4 + json.length + bytes.length);
  if (frame.length > FRAME_BYTES_MAX) throw new RangeError(`a frame of ${frame.length} bytes is over the limit`);
  new DataView(frame.buffer).setUint32(0, json.length);
  frame.set(json, 4);
  frame.set(bytes, 4 + json.length);
  return frame;
}

/** Decodes a frame with the message's schema. The bytes are a view of the frame, not a copy. */
export function decodeFrame<Message>(schema: z.ZodType<Message>, frame: Uint8Array): Decoded<Framed<Message>> {
  if (frame.length > FRAME_BYTES_MAX) return { ok: false, path: "$", problem: `is over ${FRAME_BYTES_MAX} bytes` };
  if (frame.length < 4) return { ok: false, path: "$", problem: "is cut before its length" };
  const jsonBytes = new DataView(frame.buffer, frame.byteOffset, frame.byteLength).getUint32(0);
  if (jsonBytes > FRAME_JSON_BYTES_MAX) return { ok: false, path: "$", problem: TOO_LARGE_PROBLEM };
  if (4 + jsonBytes > frame.length) return { ok: false, path: "$", problem: "is shorter than it announces" };
  const text = utf8(frame.subarray(4, 4 + jsonBytes));
  if (text === undefined) return { ok: false, path: "$", problem: "is not UTF-8" };
  const decoded = decodeJson(schema, text);
  return decoded.ok ? { ok: true, value: { message: decoded.value, bytes: frame.subarray(4 + jsonBytes) } } : decoded;
}

/** Text of strict UTF-8: a replaced byte would let two frames mean the same. */
function utf8(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return undefined;
  }
}
