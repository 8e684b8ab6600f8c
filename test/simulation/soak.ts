// How long the proofs run: once for every change, a hundred times as long with `npm run soak`.
// It decides numbers only; every run draws its seeds from the same place.

/** Multiplies what a simulation does. */
export const SOAK_FACTOR: number = Number(process.env["ARW_SOAK_FACTOR"] ?? 1);

export function soaked(runs: number): number {
  return runs * SOAK_FACTOR;
}
