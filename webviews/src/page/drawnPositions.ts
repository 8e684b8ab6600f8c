// Which rows of a long list are drawn: those in sight, some beyond the edges, and the one that has the keyboard.
// It must never name more than ROWS_DRAWN_MAX.

/** Rows in the document at once, the one with the keyboard included. */
export const ROWS_DRAWN_MAX = 60;

export interface SightRange {
  readonly startIndex: number;
  readonly endIndex: number;
  /** Rows wanted beyond each edge. */
  readonly overscan: number;
  readonly count: number;
}

/** The rows in sight, as many beyond them as the limit allows, and the one that must stay. */
export function drawnPositions(
  { startIndex, endIndex, overscan, count }: SightRange,
  kept: number | undefined,
): number[] {
  const room = ROWS_DRAWN_MAX - 1;
  const inSight = Math.min(endIndex - startIndex + 1, room);
  const beyond = Math.min(overscan, Math.floor((room - inSight) / 2));
  const from = Math.max(0, startIndex - beyond);
  const to = Math.min(count - 1, startIndex + inSight - 1 + beyond);
  const positions = Array.from({ length: Math.max(0, to - from + 1) }, (_, index) => from + index);
  if (kept === undefined || kept < 0 || kept >= count || (kept >= from && kept <= to)) return positions;
  return kept < from ? [kept, ...positions] : [...positions, kept];
}
