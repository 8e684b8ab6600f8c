// What one claim inside the extension host came to: the form in which the inside hands it to the outside.
import * as z from "zod";

export interface ClaimResult {
  readonly name: string;
  readonly durationMs: number;
  /** Why it does not hold; absent where it does. */
  readonly problem?: string;
}

export const claimResultSchema: z.ZodType<ClaimResult> = z.strictObject({
  name: z.string(),
  durationMs: z.number(),
  problem: z.string().exactOptional(),
});
