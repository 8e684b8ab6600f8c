// Cutting lines out of a text, byte for byte: what is left is the text minus whole lines, and nothing stands in their place.
// Cuts add up: in whatever order they are made, the result is the text minus their union. Pure; it knows no files.
import * as z from "zod";
import { decode } from "./decode.ts";
import { type Digest, digestSchema } from "./digest.ts";
import type { ChatMessage } from "./job.ts";
import { type Bytes, bytesSchema } from "./quantities.ts";

/** Ranges that one item may have cut out; ranges that touch are one. */
export const CUT_RANGES_MAX = 100;
/** A larger text is sent whole or not at all: the editor does not show it. */
export const CUT_BYTES_MAX: number = 5 * 1024 * 1024;
/** No text of CUT_BYTES_MAX has more lines. */
const LINES_MAX: number = CUT_BYTES_MAX;

/** Lines from 1, both included. */
export interface LineRange {
  readonly from: number;
  readonly to: number;
}

/** What was cut out of an item of a preview. */
export interface LineCut {
  /** The text before anything was cut. It is not sent. */
  readonly whole: Digest;
  readonly wholeBytes: Bytes;
  /** Lines of the whole text, sorted, no two of them touching. */
  readonly lines: readonly LineRange[];
}

/** The text without these of its lines. A range that reaches beyond the end cuts up to the end. */
export function cutLines(text: Uint8Array, ranges: readonly LineRange[]): Uint8Array {
  const starts = lineStarts(text);
  const kept: Uint8Array[] = [];
  let from = 0;
  for (const range of unionOf(ranges)) {
    kept.push(text.subarray(from, starts[range.from - 1] ?? text.length));
    from = starts[range.to] ?? text.length;
  }
  kept.push(text.subarray(from));
  const left = new Uint8Array(kept.reduce((bytes, piece) => bytes + piece.length, 0));
  let at = 0;
  for (const piece of kept) {
    left.set(piece, at);
    at += piece.length;
  }
  return left;
}

/** How many lines a text has. An end of line ends a line and begins none. */
export function lineCount(text: Uint8Array): number {
  return lineStarts(text).length;
}

/** Sorted, and what overlaps or touches made one. */
export function unionOf(ranges: readonly LineRange[]): readonly LineRange[] {
  const union: LineRange[] = [];
  for (const range of ranges.toSorted((left, right) => left.from - right.from)) {
    const last = union.at(-1);
    if (last === undefined || range.from > last.to + 1) union.push(range);
    else union[union.length - 1] = { from: last.from, to: Math.max(last.to, range.to) };
  }
  return union;
}

/**
 * Lines of what is shown as lines of the whole: with what was cut before, the union of both. `whole` is the text, or the texts
 * that are read as one, before anything was cut. Where a cut brought a bare CR and an empty line together, these are one line
 * of what is shown and go together.
 */
export function alsoCut(
  whole: readonly Uint8Array[],
  before: readonly LineRange[],
  shown: readonly LineRange[],
): readonly LineRange[] {
  const cut = unionOf(before);
  const { firsts, lines } = shownLines(whole, cut);
  // Lines beyond the end stay beyond it: there are none, and that is for the caller to say.
  const beyond = (line: number): number => lines + line - firsts.length;
  const ofWhole = shown.map(({ from, to }) => {
    const next = firsts[to];
    return { from: firsts[from - 1] ?? beyond(from), to: next === undefined ? beyond(to) : next - 1 };
  });
  return unionOf([...cut, ...ofWhole]);
}

/** The lines of messages are counted over all of them, in their order: a prompt is read as one text. */
export function cutMessages(messages: readonly ChatMessage[], ranges: readonly LineRange[]): readonly ChatMessage[] {
  let before = 0;
  return messages.map(({ content, role }) => {
    const text = new TextEncoder().encode(content);
    const lines = lineCount(text);
    const own = ranges
      .map(({ from, to }) => ({ from: Math.max(1, from - before), to: Math.min(lines, to - before) }))
      .filter(({ from, to }) => from <= to);
    before += lines;
    return { role, content: new TextDecoder("utf-8", { ignoreBOM: true }).decode(cutLines(text, own)) };
  });
}

export function messageLineCount(messages: readonly ChatMessage[]): number {
  return messages.reduce((lines, { content }) => lines + lineCount(new TextEncoder().encode(content)), 0);
}

/** `10–20, 35`. */
export function lineRangesText(ranges: readonly LineRange[]): string {
  return ranges.map(({ from, to }) => (from === to ? String(from) : `${from}–${to}`)).join(", ");
}

/** `10-20,35` as ranges; undefined where the text names no lines. */
export function lineRangesOf(text: string): readonly LineRange[] | undefined {
  const ranges: LineRange[] = [];
  for (const part of text.split(",")) {
    const [, first, last = first] = /^\s*(\d{1,8})(?:\s*[-–]\s*(\d{1,8}))?\s*$/u.exec(part) ?? [];
    if (first === undefined) return undefined;
    ranges.push({ from: Number(first), to: Number(last) });
  }
  const decoded = decode(lineRangesSchema, ranges);
  return decoded.ok ? decoded.value : undefined;
}

/** Where each line begins. Lines end as editors have it: with a line feed, a carriage return, or both. */
export function lineStarts(text: Uint8Array): readonly number[] {
  if (text.length === 0) return [];
  const starts = [0];
  for (let at = 0; at < text.length - 1; at++) {
    const byte = text[at];
    if (byte === LINE_FEED || (byte === CARRIAGE_RETURN && text[at + 1] !== LINE_FEED)) starts.push(at + 1);
  }
  return starts;
}

const LINE_FEED = 0x0a;
const CARRIAGE_RETURN = 0x0d;

interface ShownLines {
  /** With which line of the whole each shown line begins. */
  readonly firsts: readonly number[];
  /** How many lines the whole has. */
  readonly lines: number;
}

function shownLines(whole: readonly Uint8Array[], cut: readonly LineRange[]): ShownLines {
  const firsts: number[] = [];
  let lines = 0;
  let range = 0;
  for (const text of whole) {
    let lastByte: number | undefined;
    const starts = lineStarts(text);
    for (const [index, start] of starts.entries()) {
      lines += 1;
      while ((cut[range]?.to ?? lines) < lines) range += 1;
      if ((cut[range]?.from ?? Number.POSITIVE_INFINITY) <= lines) continue;
      const joins = lastByte === CARRIAGE_RETURN && text[start] === LINE_FEED;
      if (!joins) firsts.push(lines);
      lastByte = text[(starts[index + 1] ?? text.length) - 1];
    }
  }
  return { firsts, lines };
}

const line = z.number().int().min(1).max(LINES_MAX);
export const lineRangeSchema: z.ZodType<LineRange> = z
  .strictObject({ from: line, to: line })
  .refine(({ from, to }) => from <= to, { error: "ends where it begins or later" });

export const lineRangesSchema: z.ZodType<readonly LineRange[]> = z.array(lineRangeSchema).min(1).max(CUT_RANGES_MAX);

export const lineCutSchema: z.ZodType<LineCut> = z.strictObject({
  whole: digestSchema,
  wholeBytes: bytesSchema,
  lines: lineRangesSchema,
});
