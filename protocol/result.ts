// How an attempt ended. A command that exits with 1 has finished: the job did what was asked. `failed` means it could not.
import * as z from "zod";
import { type Digest, digestSchema } from "./digest.ts";
import { type Bytes, bytesSchema } from "./quantities.ts";

/** A stream of an attempt's output: the command's two, or the text of an inference. */
export type OutputStream = "stdout" | "stderr" | "text";

export type JobOutcome =
  | { readonly kind: "exited"; readonly exitCode: number }
  | { readonly kind: "answered"; readonly stopReason: "end" | "length" }
  | { readonly kind: "cancelled" }
  | { readonly kind: "failed"; readonly code: string; readonly message: string; readonly advice: string };

export interface ProducedStream {
  readonly stream: OutputStream;
  readonly bytes: Bytes;
  readonly digest: Digest;
}

export interface JobResult {
  readonly outcome: JobOutcome;
  /** Whole streams, in the order stdout, stderr, text; empty ones are left out. */
  readonly streams: readonly ProducedStream[];
  /**
   * The digest of the canonical Proposal, which is a blob like the contents it names. Absent where nothing changed.
   * With 0 changes it says only what was left out, and why.
   */
  readonly proposal?: { readonly digest: Digest; readonly bytes: Bytes; readonly changes: number };
}

/** The longest code, and the longest message or advice, of an outcome: longer text is cut before it becomes one. */
export const OUTCOME_CODE_MAX = 128;
export const OUTCOME_TEXT_MAX = 2_048;

export const outputStreamSchema: z.ZodType<OutputStream> = z.enum(["stdout", "stderr", "text"]);

export const jobOutcomeSchema: z.ZodType<JobOutcome> = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("exited"), exitCode: z.number().int().min(0).max(255) }),
  z.strictObject({ kind: z.literal("answered"), stopReason: z.enum(["end", "length"]) }),
  z.strictObject({ kind: z.literal("cancelled") }),
  z.strictObject({
    kind: z.literal("failed"),
    code: z.string().max(OUTCOME_CODE_MAX),
    message: z.string().max(OUTCOME_TEXT_MAX),
    advice: z.string().max(OUTCOME_TEXT_MAX),
  }),
]);

export const producedStreamSchema: z.ZodType<ProducedStream> = z.strictObject({
  stream: outputStreamSchema,
  bytes: bytesSchema,
  digest: digestSchema,
});

export const jobResultSchema: z.ZodType<JobResult> = z.strictObject({
  outcome: jobOutcomeSchema,
  streams: z.array(producedStreamSchema).max(3),
  proposal: z
    .strictObject({ digest: digestSchema, bytes: bytesSchema, changes: z.number().int().min(0) })
    .exactOptional(),
});
