// Quantities with their unit in the type, so that bytes are never added to milliseconds.
// Money is whole micro-units of a currency: no floating point touches it.
import * as z from "zod";
import type { Brand } from "./brand.ts";

/** Milliseconds since 1970-01-01T00:00:00Z by the Home's wall clock. */
export type EpochMs = Brand<number, "EpochMs">;
/** Milliseconds on a clock that nobody can set: it only grows, from an arbitrary start. */
export type SteadyMs = Brand<number, "SteadyMs">;
/** A length of time in milliseconds. */
export type DurationMs = Brand<number, "DurationMs">;
/** A count of bytes. */
export type Bytes = Brand<number, "Bytes">;
/** A count of tokens. */
export type Tokens = Brand<number, "Tokens">;
/** Millionths of one unit of a currency, whole. */
export type CostMicros = Brand<number, "CostMicros">;
/** The position of a frame in the journal; the first frame has sequence 1, nothing has 0. */
export type Sequence = Brand<number, "Sequence">;
/** Grows with every attempt of a job; a report that carries a smaller one is fenced. */
export type FencingToken = Brand<number, "FencingToken">;

/** Makes a quantity of a number. Throws RangeError unless it is a whole number from 0 up to 2^53-1. */
function whole<Name extends string>(name: Name): (value: number) => Brand<number, Name> {
  return (value) => {
    if (!Number.isSafeInteger(value) || value < 0) throw new RangeError(`${name} must be a whole number ≥ 0: ${value}`);
    return value as Brand<number, Name>;
  };
}

export const epochMs: (value: number) => EpochMs = whole("EpochMs");
export const steadyMs: (value: number) => SteadyMs = whole("SteadyMs");
export const durationMs: (value: number) => DurationMs = whole("DurationMs");
export const byteCount: (value: number) => Bytes = whole("Bytes");
export const tokenCount: (value: number) => Tokens = whole("Tokens");
export const costMicros: (value: number) => CostMicros = whole("CostMicros");
export const sequence: (value: number) => Sequence = whole("Sequence");
export const fencingToken: (value: number) => FencingToken = whole("FencingToken");

const wholeNumber = z.number().int().min(0).max(Number.MAX_SAFE_INTEGER);

export const epochMsSchema: z.ZodType<EpochMs> = wholeNumber.transform(epochMs);
export const steadyMsSchema: z.ZodType<SteadyMs> = wholeNumber.transform(steadyMs);
export const durationMsSchema: z.ZodType<DurationMs> = wholeNumber.transform(durationMs);
export const bytesSchema: z.ZodType<Bytes> = wholeNumber.transform(byteCount);
export const tokensSchema: z.ZodType<Tokens> = wholeNumber.transform(tokenCount);
export const costMicrosSchema: z.ZodType<CostMicros> = wholeNumber.transform(costMicros);
export const sequenceSchema: z.ZodType<Sequence> = wholeNumber.transform(sequence);
export const fencingTokenSchema: z.ZodType<FencingToken> = wholeNumber.transform(fencingToken);
