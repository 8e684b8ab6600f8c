// Shows a run: an aligned table for the terminal, the same as Markdown for docs/performance.md, and JSON for machines.
// It decides nothing; every figure comes measured.
import { type Goal, type Measured, quantile, ratioOf, reaches, type Unmeasured } from "./measure.ts";

export interface Run {
  readonly date: string;
  readonly machine: string;
  /** Load a core before and after. */
  readonly load: readonly [number, number];
  /** The least share of a core that the run got between two rows when it wanted one whole. */
  readonly coreShare: number;
  readonly quick: boolean;
  readonly rows: readonly (Measured | Unmeasured)[];
}

const HEADINGS = ["row", "samples", "ours", "floor or peer in the same run", "its median", "ratio", "goal", "verdict"];

export function textTable({ rows }: Run): string {
  const lines = [HEADINGS, ...rows.map(cellsOf)];
  const widths = HEADINGS.map((_, column) => Math.max(...lines.map((cells) => cells[column]?.length ?? 0)));
  return lines
    .map((cells) =>
      cells
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
}

export function markdown(run: Run): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(" | ")} |`;
  const [before, after] = run.load.map((load) => load.toFixed(1));
  return [
    `Taken on ${run.date}${run.quick ? " in a quick run" : ""}: ${run.machine}. Load a core: ${before} before the run, ${after} after it (past 1, others were waiting); at the worst moment a program that wanted a whole core got ${Math.round(run.coreShare * 100)} % of it.`,
    "",
    line(HEADINGS),
    line(HEADINGS.map(() => "---")),
    ...run.rows.map((row) => line(cellsOf(row))),
  ].join("\n");
}

export function json(run: Run): string {
  return `${JSON.stringify({ ...run, load: loadOf(run), coreShare: round(run.coreShare), rows: run.rows.map(summaryOf) }, null, 2)}\n`;
}

/** No short list: the formatter would put it on one line, and this file is formatted like any other. */
function loadOf({ load: [before, after] }: Run): object {
  return { before: round(before), after: round(after) };
}

function cellsOf(row: Measured | Unmeasured): readonly string[] {
  if ("reason" in row) return [row.name, "0", "", "", "", "", "", `not measured: ${row.reason}`];
  const ratio = ratioOf(row);
  const figure = (values: readonly number[]): string => `${quantile(values, row.quantile).toFixed(2)} ${row.unit}`;
  const verdict = reaches(row) ? "reached" : "missed";
  return [
    row.name,
    String(row.ours.length),
    figure(row.ours),
    row.floorName,
    figure(row.floor),
    `${ratio.toFixed(2)} ×`,
    goalText(row.goal),
    verdict,
  ];
}

function goalText(goal: Goal): string {
  switch (goal.kind) {
    case "at-most":
      return `≤ ${goal.ratio} ×`;
    case "at-least":
      return `≥ ${goal.ratio} ×`;
    case "within":
      return `≤ ${goal.ms} ms`;
  }
}

function summaryOf(row: Measured | Unmeasured): object {
  if ("reason" in row) return row;
  const { ours, floor, ...rest } = row;
  const summary = (values: readonly number[]): object => ({
    p50: round(quantile(values, 0.5)),
    p99: round(quantile(values, 0.99)),
  });
  const ratio = round(ratioOf(row));
  return {
    ...rest,
    samples: ours.length,
    ours: summary(ours),
    floor: summary(floor),
    ratio,
    reached: reaches(row),
  };
}

function round(value: number): number {
  return Number(value.toPrecision(4));
}
