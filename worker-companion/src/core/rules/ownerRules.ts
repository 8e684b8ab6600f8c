// What the owner of a machine lets its Home do: which kinds of jobs, commands and models, for whom, when, and how much a day.
// A file with the smallest mistake counts as no file that could be read, and then nothing is allowed.
import * as z from "zod";
import type { JobKind } from "#protocol/job.ts";
import { parseCommentedJson } from "./commentedJson.ts";

export type Weekday = "mon" | "tue" | "wed" | "thu" | "fri" | "sat" | "sun";

/** By the machine's own clock. `to` before `from` passes midnight, and then `days` are those on which it begins. */
export interface Hours {
  readonly days?: readonly Weekday[];
  /** HH:MM */
  readonly from: string;
  /** HH:MM, up to 24:00; the minute itself is outside. */
  readonly to: string;
}

/**
 * A rule fits a job when all that it says fits. One that speaks of commands fits commands, one that speaks of models fits
 * questions, one that speaks of neither fits both.
 */
export interface OwnerRule {
  readonly name: string;
  readonly effect: "allow" | "deny";
  readonly kinds?: readonly JobKind[];
  /** Globs of a whole command line, its words joined by one space. */
  readonly commands?: readonly string[];
  /** Globs of a model's name or digest. */
  readonly models?: readonly string[];
  readonly homes?: readonly string[];
  readonly workspaces?: readonly string[];
  readonly hours?: readonly Hours[];
}

/** From midnight to midnight by the machine's own clock. What is absent is unlimited. */
export interface DailyBudget {
  readonly jobs?: number;
  readonly busyMinutes?: number;
  /** Inputs that came and results that went back, together. */
  readonly bytes?: number;
}

export interface OwnerRules {
  /** A deny that fits refuses. Where any rule allows, one of those must fit; where none does, the rest is allowed. */
  readonly rules: readonly OwnerRule[];
  readonly daily?: DailyBudget;
  /** How much disk the inputs and results of jobs may keep. */
  readonly blobBytesMax?: number;
}

export type RulesReading =
  | { readonly ok: true; readonly rules: OwnerRules }
  /** `where` is a line, and a path where the text is JSON. */
  | { readonly ok: false; readonly where: string; readonly problem: string };

export const RULES_MAX = 64;
export const GLOBS_MAX = 256;
/** A larger file is not what an owner writes. */
export const RULES_FILE_BYTES_MAX: number = 256 * 1024;

const globs = z.array(z.string().min(1).max(1_024)).min(1).max(GLOBS_MAX);
const clockTime = z.string().regex(/^(?:[01]\d|2[0-3]):[0-5]\d$/u, "must be a time like 08:30");
const endTime = z.union([clockTime, z.literal("24:00")], "must be a time like 08:30, or 24:00");
const hours: z.ZodType<Hours> = z
  .strictObject({
    days: z
      .array(z.enum(["mon", "tue", "wed", "thu", "fri", "sat", "sun"]))
      .min(1)
      .exactOptional(),
    from: clockTime,
    to: endTime,
  })
  .refine(({ from, to }) => from !== to, "from and to are the same time: for a whole day use 00:00 and 24:00");
const amount = z.number().int().min(0).max(Number.MAX_SAFE_INTEGER);

const rulesSchema: z.ZodType<OwnerRules> = z.strictObject({
  rules: z
    .array(
      z.strictObject({
        name: z.string().min(1).max(64),
        effect: z.enum(["allow", "deny"]),
        kinds: z
          .array(z.enum(["command", "ask"]))
          .min(1)
          .exactOptional(),
        commands: globs.exactOptional(),
        models: globs.exactOptional(),
        homes: globs.exactOptional(),
        workspaces: globs.exactOptional(),
        hours: z.array(hours).min(1).max(32).exactOptional(),
      }),
    )
    .max(RULES_MAX)
    .refine(
      (rules) => new Set(rules.map(({ name }) => name)).size === rules.length,
      "two rules have the same name, so a refusal could not say which one it was",
    ),
  daily: z
    .strictObject({
      jobs: amount.exactOptional(),
      busyMinutes: amount.exactOptional(),
      bytes: amount.exactOptional(),
    })
    .exactOptional(),
  blobBytesMax: amount.exactOptional(),
});

export function readRules(text: string): RulesReading {
  const parsed = parseCommentedJson(text);
  if (!parsed.ok) {
    const { line, column } = parsed.place;
    return { ok: false, where: `line ${line}, column ${column}`, problem: parsed.problem };
  }
  const decoded = rulesSchema.safeParse(parsed.value);
  if (decoded.success) return { ok: true, rules: decoded.data };
  const issue = decoded.error.issues[0];
  const path = issue?.path ?? [];
  const written = path.map((part) => (typeof part === "number" ? `[${part}]` : `.${String(part)}`)).join("");
  return {
    ok: false,
    where: `line ${parsed.placeOf(path).line}, $${written}`,
    problem: issue?.message ?? "is not valid",
  };
}
