// One record of the journal as bytes: `<length:8 hex> <crc32:8 hex> <json>\n`, a line that grep and less can read.
// It decides the form of headers, frames and marks. It must never take bytes whose length, CRC or form is off by one.
import { hash } from "node:crypto";
import { crc32 } from "node:zlib";

/** A frame's JSON is at most this long; larger contents are blobs. The recovery scan relies on a bound. */
export const JOURNAL_FRAME_BYTES_MAX: number = 16 * 1024 * 1024;
export const JOURNAL_FORMAT_VERSION = 1;
/** What the first record of all names as its predecessor. */
export const NO_RECORD_DIGEST: string = "0".repeat(64);

/** The position of a record: what it follows, and what was durable when it was written. */
export interface RecordPosition {
  /** A frame's own sequence; for a header and a mark the sequence of the last frame before it. */
  readonly sequence: number;
  /** The highest sequence known durable when the record was written. */
  readonly durableBefore: number;
  /** SHA-256 (hex) of the JSON of the record before, across segments. */
  readonly previousDigest: string;
}

/** Opens a segment; durable before any frame of it is written. */
export interface HeaderRecord extends RecordPosition {
  readonly kind: "header";
  readonly version: number;
  readonly workspaceId: string;
  readonly homeId: string;
}

/** Holds the events of one command, still undecoded. */
export interface FrameRecord extends RecordPosition {
  readonly kind: "frame";
  readonly events: readonly unknown[];
}

/** Says that all before it is durable; takes no sequence, and is durable before anything follows it. */
export interface MarkRecord extends RecordPosition {
  readonly kind: "mark";
}

export type JournalRecord = HeaderRecord | FrameRecord | MarkRecord;

/** A record found in a segment. */
export interface FoundRecord {
  readonly record: JournalRecord;
  readonly digest: string;
  readonly endByte: number;
}

/** `llllllll cccccccc ` */
const PREFIX_BYTES = 18;
const SPACE = 0x20;
const NEWLINE = 0x0a;
const OPEN_BRACE = 0x7b;
const DIGEST = /^[0-9a-f]{64}$/;

export function encodeHeader(
  position: RecordPosition,
  owner: { readonly workspaceId: string; readonly homeId: string },
): EncodedRecord {
  const { workspaceId: w, homeId: h } = owner;
  return encode(
    `{${jsonOf(position)},"v":${JOURNAL_FORMAT_VERSION},"w":${JSON.stringify(w)},"h":${JSON.stringify(h)}}`,
  );
}

/** `eventsJson` is the JSON of an array. */
export function encodeFrame(position: RecordPosition, eventsJson: string): EncodedRecord {
  return encode(`{${jsonOf(position)},"e":${eventsJson}}`);
}

export function encodeMark(position: RecordPosition): EncodedRecord {
  return encode(`{${jsonOf(position)},"m":1}`);
}

/** The most bytes that a frame adds to its events' JSON: three keys, two numbers, a digest. */
export const FRAME_OVERHEAD_BYTES = 160;

export interface EncodedRecord {
  readonly bytes: Uint8Array;
  /** What the next record names as its predecessor. */
  readonly digest: string;
}

/** The record that begins at `atByte`, or undefined when there is none that is whole and sound. */
export function parseRecordAt(bytes: Buffer, atByte: number): FoundRecord | undefined {
  const jsonFrom = atByte + PREFIX_BYTES;
  if (jsonFrom >= bytes.length || !looksLikeRecord(bytes, atByte)) return undefined;
  const length = hexAt(bytes, atByte);
  const crc = hexAt(bytes, atByte + 9);
  if (length < 0 || crc < 0 || length > JOURNAL_FRAME_BYTES_MAX) return undefined;
  const jsonEnd = jsonFrom + length;
  if (bytes[jsonEnd] !== NEWLINE) return undefined;
  const json = bytes.subarray(jsonFrom, jsonEnd);
  if (crc32(json, crc32(bytes.subarray(atByte, atByte + 9))) !== crc) return undefined;
  const record = decodeRecord(json.toString("utf8"));
  return record && { record, digest: hash("sha256", json, "hex"), endByte: jsonEnd + 1 };
}

function jsonOf({ sequence, durableBefore, previousDigest }: RecordPosition): string {
  return `"n":${sequence},"d":${durableBefore},"p":"${previousDigest}"`;
}

function encode(json: string): EncodedRecord {
  const jsonBytes = Buffer.byteLength(json);
  const jsonEnd = PREFIX_BYTES + jsonBytes;
  const bytes = Buffer.allocUnsafe(jsonEnd + 1);
  bytes.write(json, PREFIX_BYTES, "utf8");
  bytes[jsonEnd] = NEWLINE;
  putHex(bytes, 0, jsonBytes);
  bytes[8] = SPACE;
  const body = bytes.subarray(PREFIX_BYTES, jsonEnd);
  // The CRC covers the length too: a changed length must not select other bytes that happen to fit.
  putHex(bytes, 9, crc32(body, crc32(bytes.subarray(0, 9))));
  bytes[17] = SPACE;
  return { bytes, digest: hash("sha256", body, "hex") };
}

/** Four bytes decide almost every offset of a scan before anything is computed. */
function looksLikeRecord(bytes: Buffer, atByte: number): boolean {
  return bytes[atByte + 8] === SPACE && bytes[atByte + 17] === SPACE && bytes[atByte + PREFIX_BYTES] === OPEN_BRACE;
}

/** Eight lower-case hex digits as a number, or -1. Upper case is refused: one value has one form. */
function hexAt(bytes: Buffer, atByte: number): number {
  let value = 0;
  for (let index = atByte; index < atByte + 8; index++) {
    const code = bytes[index] ?? 0;
    const digit = code >= 0x30 && code <= 0x39 ? code - 0x30 : code >= 0x61 && code <= 0x66 ? code - 0x57 : -1;
    if (digit < 0) return -1;
    value = value * 16 + digit;
  }
  return value;
}

/** The counterpart of `hexAt`. Digit by digit: a text for each number was a tenth of what an append costs. */
function putHex(bytes: Uint8Array, atByte: number, value: number): void {
  for (let index = 0; index < 8; index++) {
    const digit = (value >>> (28 - index * 4)) & 0xf;
    bytes[atByte + index] = digit < 10 ? 0x30 + digit : 0x57 + digit;
  }
}

/** Checked by hand, not with zod: it runs once for each frame of a start, before the events' own decoder. */
function decodeRecord(json: string): JournalRecord | undefined {
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch {
    return undefined;
  }
  if (!isObject(value)) return undefined;
  const { n: sequence, d: durableBefore, p: previousDigest } = value;
  if (!isWhole(sequence) || !isWhole(durableBefore)) return undefined;
  if (typeof previousDigest !== "string" || !DIGEST.test(previousDigest)) return undefined;
  const position = { sequence, durableBefore, previousDigest };
  const { e: events, m: mark, v: version, w: workspaceId, h: homeId } = value;
  if (Array.isArray(events)) return { kind: "frame", ...position, events };
  if (mark === 1) return { kind: "mark", ...position };
  if (!isWhole(version) || typeof workspaceId !== "string" || typeof homeId !== "string") return undefined;
  return { kind: "header", ...position, version, workspaceId, homeId };
}

interface UncheckedRecord {
  readonly n?: unknown;
  readonly d?: unknown;
  readonly p?: unknown;
  readonly e?: unknown;
  readonly m?: unknown;
  readonly v?: unknown;
  readonly w?: unknown;
  readonly h?: unknown;
}

function isObject(value: unknown): value is UncheckedRecord {
  return typeof value === "object" && value !== null;
}

function isWhole(value: unknown): value is number {
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 0;
}
