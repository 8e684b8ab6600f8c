// Output as it is shown: its bytes at their own places, and what was taken out of them as ranges with a placeholder each.
// Places never shift, so that whoever follows or pages through output counts the bytes that the program printed. Pure.
import * as z from "zod";
import { type Bytes, bytesSchema } from "./quantities.ts";

/** A range of output that is not shown. Its bytes come covered, and the placeholder stands where it begins. */
export interface RemovedOutput {
  readonly fromByte: Bytes;
  readonly endByte: Bytes;
  readonly placeholder: string;
}

/** At most this many ranges are taken out of one answer; an answer ends before one more. */
export const OUTPUT_REMOVED_MAX = 1_024;
const PLACEHOLDER_CHARACTERS_MAX = 256;

export const removedOutputSchema: z.ZodType<RemovedOutput> = z.strictObject({
  fromByte: bytesSchema,
  endByte: bytesSchema,
  placeholder: z.string().max(PLACEHOLDER_CHARACTERS_MAX),
});

export interface ShownOutput {
  readonly bytes: Uint8Array;
  /** Placeholders among them. */
  readonly removed: number;
}

/** The bytes from `fromByte` on with placeholders. Of a range that began before, nothing is left: it was shown there. */
export function shownOutput(bytes: Uint8Array, fromByte: number, removed: readonly RemovedOutput[]): ShownOutput {
  const endByte = fromByte + bytes.length;
  const within = removed.filter((range) => range.endByte > fromByte && range.fromByte < endByte);
  if (within.length === 0) return { bytes, removed: 0 };
  const parts: Uint8Array[] = [];
  let at = fromByte;
  let placeholders = 0;
  for (const range of within) {
    if (range.fromByte >= fromByte) {
      parts.push(bytes.subarray(at - fromByte, range.fromByte - fromByte), new TextEncoder().encode(range.placeholder));
      placeholders += 1;
    }
    at = range.endByte;
  }
  if (at < endByte) parts.push(bytes.subarray(at - fromByte));
  return { bytes: joined(parts), removed: placeholders };
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((total, part) => total + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
