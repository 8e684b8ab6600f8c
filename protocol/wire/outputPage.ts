// A page of what an attempt printed, as a client asks for it and gets it. Bytes keep their places, whatever is not shown of them.
import * as z from "zod";
import { type AttemptId, attemptId } from "../ids.ts";
import { type Bytes, bytesSchema } from "../quantities.ts";
import { type OutputStream, outputStreamSchema } from "../result.ts";
import { OUTPUT_REMOVED_MAX, type RemovedOutput, removedOutputSchema } from "../shownOutput.ts";

export interface OutputParams {
  readonly attemptId: AttemptId;
  readonly stream: OutputStream;
  readonly fromByte: Bytes;
  /** As the program printed it, secrets included: for a pipe or a file, never for a view. */
  readonly exact?: true;
  /** The owner, looking at what came back to accept or discard it. */
  readonly review?: true;
}

/** Empty at the end. */
export interface OutputPage {
  readonly base64: string;
  /** Absent where nothing was taken out. */
  readonly removed?: readonly RemovedOutput[];
  /** There is more, which is given once more has come or the attempt has ended. */
  readonly held?: true;
}

export const outputParamsSchema: z.ZodType<OutputParams> = z.strictObject({
  attemptId: attemptId.schema,
  stream: outputStreamSchema,
  fromByte: bytesSchema,
  exact: z.literal(true).exactOptional(),
  review: z.literal(true).exactOptional(),
});

export const outputPageSchema: z.ZodType<OutputPage> = z.strictObject({
  base64: z.base64(),
  removed: z.array(removedOutputSchema).max(OUTPUT_REMOVED_MAX).exactOptional(),
  held: z.literal(true).exactOptional(),
});
