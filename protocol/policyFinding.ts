// What is wrong, or of no effect, in the text of a policy: where it stands, in words, and how to mend it. Editors underline it,
// terminals print it. An error means that the text is no policy; a warning changes nothing of what it says.
import * as z from "zod";

/** Lines and characters from 0, in UTF-16 units, as editors count. */
export interface TextPosition {
  readonly line: number;
  readonly character: number;
}
export interface TextRange {
  readonly start: TextPosition;
  readonly end: TextPosition;
}

export interface PolicyFinding {
  readonly code: string;
  readonly severity: "error" | "warning";
  readonly message: string;
  readonly advice: string;
  readonly range: TextRange;
}

/** `policy.jsonc:3:7`, from 1, as terminals and compilers count. */
export function placeText(file: string, { start }: TextRange): string {
  return `${file}:${start.line + 1}:${start.character + 1}`;
}

const position: z.ZodType<TextPosition> = z.strictObject({
  line: z.number().int().min(0),
  character: z.number().int().min(0),
});

export const policyFindingSchema: z.ZodType<PolicyFinding> = z.strictObject({
  code: z.string(),
  severity: z.enum(["error", "warning"]),
  message: z.string(),
  advice: z.string(),
  range: z.strictObject({ start: position, end: position }),
});
