// What an attempt used, with the method of each figure: a figure without its method is a rumour.
import * as z from "zod";
import { type Bytes, bytesSchema, type DurationMs, durationMsSchema, type Tokens, tokensSchema } from "./quantities.ts";

/** How a figure came about: exact by the engine, by wall clock of an exclusive run, or counted by us. */
export type UsageMethod = "engine-count" | "exclusive-wall" | "byte-count" | "estimated";

export interface Usage {
  readonly tokensIn?: { readonly tokens: Tokens; readonly method: UsageMethod };
  readonly tokensOut?: { readonly tokens: Tokens; readonly method: UsageMethod };
  /** Wall time of the tool or engine while this attempt had it. Tool minutes are derived from it for display. */
  readonly busy: { readonly durationMs: DurationMs; readonly method: UsageMethod };
  readonly bytesIn: { readonly bytes: Bytes; readonly method: UsageMethod };
  readonly bytesOut: { readonly bytes: Bytes; readonly method: UsageMethod };
}

const method = z.enum(["engine-count", "exclusive-wall", "byte-count", "estimated"]);

export const usageSchema: z.ZodType<Usage> = z.strictObject({
  tokensIn: z.strictObject({ tokens: tokensSchema, method }).exactOptional(),
  tokensOut: z.strictObject({ tokens: tokensSchema, method }).exactOptional(),
  busy: z.strictObject({ durationMs: durationMsSchema, method }),
  bytesIn: z.strictObject({ bytes: bytesSchema, method }),
  bytesOut: z.strictObject({ bytes: bytesSchema, method }),
});
