// What a Home finds out about itself when it is asked: one row a check, each with its cause and, where it is not well, the fix.
import * as z from "zod";

export interface DiagnosisCheck {
  /** Stable, e.g. `journal`. */
  readonly id: string;
  readonly title: string;
  readonly state: "ok" | "attention" | "failed";
  readonly cause: string;
  /** Absent where nothing is to be mended. */
  readonly fix?: string;
}

export const diagnosisCheckSchema: z.ZodType<DiagnosisCheck> = z.strictObject({
  id: z.string(),
  title: z.string(),
  state: z.enum(["ok", "attention", "failed"]),
  cause: z.string(),
  fix: z.string().exactOptional(),
});
