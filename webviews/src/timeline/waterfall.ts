// Lays job spans out as a waterfall: a lane for each node, bars on a common axis of time, as fractions of the width. Pure
// numbers; drawing is elsewhere. Bars of one lane never overlap: they stack into rows.
import type { JobSpan, SpanCrossing } from "./jobSpans.ts";

/** Jobs drawn at once: more bars than this say nothing. */
export const BARS_MAX = 100;
/** Rows of bars in one lane; what does not fit shares the last one. */
export const LANE_ROWS_MAX = 8;
/** Every bar is at least this part of the width, so that it can be seen and pressed. */
const BAR_PART_MIN = 0.004;

export interface Bar {
  readonly span: JobSpan;
  /** Fractions of the width, 0 to 1. */
  readonly left: number;
  readonly width: number;
  /** The part of the bar, 0 to 1, in which it waited. */
  readonly waited: number;
  readonly row: number;
  readonly marks: readonly { readonly left: number; readonly crossing: SpanCrossing }[];
}

export interface Lane {
  /** Undefined: not placed anywhere yet. */
  readonly node: JobSpan["node"];
  readonly rows: number;
  readonly bars: readonly Bar[];
}

export interface Waterfall {
  readonly lanes: readonly Lane[];
  readonly fromAt: number;
  readonly toAt: number;
  readonly ticks: readonly { readonly left: number; readonly afterMs: number }[];
}

/** `nowAt`: where bars of unfinished jobs end. */
export function layOut(spans: readonly JobSpan[], nowAt: number, ticksMax: number): Waterfall | undefined {
  if (spans.length === 0) return undefined;
  const fromAt = Math.min(...spans.map(({ queuedAt }) => queuedAt));
  const ends = spans.map(({ endedAt, queuedAt }) => endedAt ?? Math.max(nowAt, queuedAt));
  const toAt = Math.max(...ends, fromAt + 1);
  const byNode = new Map<string, JobSpan[]>();
  for (const span of spans) {
    const key = span.node?.nodeId ?? "";
    byNode.set(key, [...(byNode.get(key) ?? []), span]);
  }
  const lanes = [...byNode.values()].map((own) => laneOf(own, { fromAt, toAt, nowAt }));
  return { lanes, fromAt, toAt, ticks: ticksOf(toAt - fromAt, ticksMax) };
}

interface Axis {
  readonly fromAt: number;
  readonly toAt: number;
  readonly nowAt: number;
}

function laneOf(spans: readonly JobSpan[], axis: Axis): Lane {
  const rowEnds: number[] = [];
  const bars = spans.map((span): Bar => {
    const bar = barOf(span, axis);
    const free = rowEnds.findIndex((end) => end <= bar.left);
    const row = free === -1 ? Math.min(rowEnds.length, LANE_ROWS_MAX - 1) : free;
    rowEnds[row] = Math.max(rowEnds[row] ?? 0, bar.left + bar.width);
    return { ...bar, row };
  });
  return { node: spans[0]?.node, rows: Math.max(1, rowEnds.length), bars };
}

function barOf(span: JobSpan, { fromAt, toAt, nowAt }: Axis): Bar {
  const length = toAt - fromAt;
  const end = span.endedAt ?? Math.max(nowAt, span.queuedAt);
  const width = Math.max((end - span.queuedAt) / length, BAR_PART_MIN);
  const left = Math.min((span.queuedAt - fromAt) / length, 1 - width);
  const ran = span.startedAt === undefined ? end : span.startedAt;
  const waited = end > span.queuedAt ? Math.min(1, Math.max(0, (ran - span.queuedAt) / (end - span.queuedAt))) : 0;
  const marks = span.crossings.map((crossing) => ({
    left: Math.min(1, Math.max(0, (crossing.at - fromAt) / length)),
    crossing,
  }));
  return { span, left, width, waited, row: 0, marks };
}

/** Round steps of time: 1, 2 or 5 of a power of ten below a second, then what a clock has. */
const STEPS_MS: readonly number[] = [
  1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000, 15_000, 30_000, 60_000, 120_000, 300_000, 600_000,
  900_000, 1_800_000, 3_600_000, 7_200_000, 21_600_000, 43_200_000, 86_400_000,
];

function ticksOf(lengthMs: number, ticksMax: number): Waterfall["ticks"] {
  const fitting = STEPS_MS.find((step) => lengthMs / step <= ticksMax);
  // Past days, whole days.
  const step = fitting ?? Math.ceil(lengthMs / ticksMax / 86_400_000) * 86_400_000;
  return Array.from({ length: Math.floor(lengthMs / step) + 1 }, (_, index) => ({
    left: (index * step) / lengthMs,
    afterMs: index * step,
  }));
}
