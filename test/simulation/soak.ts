// How long a simulation runs: short with every test run, long with `npm run soak`.
// It decides only how often; what must hold is the same.

/** The usual number of runs, or the long one where `npm run soak` asks for it. */
export function runsOf(usual: number, soak: number): number {
  return process.env["ARW_SOAK"] === "1" ? soak : usual;
}

/** Multiplies what a simulation does. */
export const SOAK_FACTOR: number = Number(process.env["ARW_SOAK_FACTOR"] ?? 1);

export function soaked(runs: number): number {
  return runs * SOAK_FACTOR;
}
