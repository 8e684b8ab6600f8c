// Rows that are measured elsewhere, by tests in a real editor: those add them to a file that the benchmarks read.
// It decides nothing. Without a file, which the tests alone do not have, nothing is kept.
import { appendFileSync, existsSync, readFileSync } from "node:fs";
import * as z from "zod";
import { decodeJson } from "#protocol/decode.ts";
import type { Measured } from "./measure.ts";

/** Names the file in the environment of the tests. */
export const ROWS_VARIABLE = "ARW_BENCH_ROWS";

const times = z.array(z.number().positive()).min(1);
const rowSchema: z.ZodType<Measured> = z.strictObject({
  name: z.string(),
  floorName: z.string(),
  goal: z.discriminatedUnion("kind", [
    z.strictObject({ kind: z.literal("at-most"), ratio: z.number() }),
    z.strictObject({ kind: z.literal("at-least"), ratio: z.number() }),
    z.strictObject({ kind: z.literal("within"), ms: z.number() }),
  ]),
  quantile: z.number(),
  unit: z.enum(["ms", "MiB"]),
  tolerance: z.number(),
  ours: times,
  floor: times,
});

export function keepRow(row: Measured): void {
  const file = process.env[ROWS_VARIABLE];
  if (file !== undefined) appendFileSync(file, `${JSON.stringify(row)}\n`);
}

export function keptRows(file: string): readonly Measured[] {
  const lines = existsSync(file) ? readFileSync(file, "utf8").trimEnd().split("\n") : [];
  return lines.map((line) => {
    const row = decodeJson(rowSchema, line);
    if (!row.ok) throw new Error(`a row of the editor ${row.path} ${row.problem}`);
    return row.value;
  });
}
