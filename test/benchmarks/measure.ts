// How a row is measured: ours and its floor take turns in one run, and medians are compared, never single times.
// It decides what a ratio is. It must never compare times of different runs.

/** What a row must reach: at most so many times the floor's time, at least so much of its throughput, or a time. */
export type Goal =
  | { readonly kind: "at-most"; readonly ratio: number }
  | { readonly kind: "at-least"; readonly ratio: number }
  /** A time that a person may be made to wait, whatever the floor takes. Shown, and never asserted. */
  | { readonly kind: "within"; readonly ms: number };

/** Milliseconds of each turn, in order; the n-th of ours ran beside the n-th of the floor. */
export interface Turns {
  readonly ours: readonly number[];
  readonly floor: readonly number[];
}

/** One line of the table. */
export interface Measured extends Turns {
  readonly name: string;
  readonly floorName: string;
  readonly goal: Goal;
  /** The share of turns that are no slower than the figure that counts: 0.5 is the median. */
  readonly quantile: number;
  readonly unit: "ms" | "MiB";
  /** How many times worse than the committed one the ratio may be: TOLERANCE_ALIKE or TOLERANCE_UNALIKE. */
  readonly tolerance: number;
}

/** A row that this machine cannot measure, and why. */
export interface Unmeasured {
  readonly name: string;
  readonly reason: string;
}

export interface Scale {
  /** Fewer and smaller samples, for the gate. */
  readonly quick: boolean;
  /** A folder of this row's own, removed after it. */
  readonly folder: (name: string) => string;
}

export interface Row {
  readonly name: string;
  run(scale: Scale): Promise<readonly (Measured | Unmeasured)[]>;
}

/** A turn answers its own milliseconds: what it prepares and clears away does not count. */
export type Turn = () => Promise<number>;

/** A quick row stops taking turns after this: on a loaded machine it has fewer turns, not a longer gate. */
const QUICK_MS = 3_000;
const QUICK_TURNS_MIN = 3;

/** Turns that come first and do not count: code is compiled and connections are warm afterwards. */
const WARM_UP_TURNS = 5;

/** Takes turns, the order changing each time, so that neither side always runs behind the other. */
export async function alternating(
  scale: Pick<Scale, "quick">,
  turns: number,
  ours: Turn,
  floor: Turn,
  warmUp: number = WARM_UP_TURNS,
): Promise<Turns> {
  const taken: { readonly ours: number[]; readonly floor: number[] } = { ours: [], floor: [] };
  const until = performance.now() + QUICK_MS;
  for (let turn = -warmUp; turn < turns; turn++) {
    const oursFirst = turn % 2 === 0;
    const first = await (oursFirst ? ours : floor)();
    const second = await (oursFirst ? floor : ours)();
    if (turn < 0) continue;
    taken.ours.push(oursFirst ? first : second);
    taken.floor.push(oursFirst ? second : first);
    if (scale.quick && turn + 1 >= QUICK_TURNS_MIN && performance.now() > until) break;
  }
  return taken;
}

/** The milliseconds that the work takes. */
export async function timed(work: () => Promise<unknown>): Promise<number> {
  const from = performance.now();
  await work();
  return performance.now() - from;
}

export function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((left, right) => left - right);
  const at = (sorted.length - 1) * share;
  const below = sorted[Math.floor(at)];
  const above = sorted[Math.ceil(at)];
  if (below === undefined || above === undefined) throw new RangeError("nothing was measured");
  return below + (above - below) * (at - Math.floor(at));
}

/** Times of ours in times of the floor, or, for a throughput, work of ours in work of the floor. */
export function ratioOf({ ours, floor, quantile: share, goal }: Measured): number {
  const ratio = quantile(ours, share) / quantile(floor, share);
  return goal.kind === "at-least" ? 1 / ratio : ratio;
}

export function reaches(measured: Measured): boolean {
  const { goal, ours, quantile: share } = measured;
  switch (goal.kind) {
    case "at-most":
      return ratioOf(measured) <= goal.ratio;
    case "at-least":
      return ratioOf(measured) >= goal.ratio;
    case "within":
      return quantile(ours, share) <= goal.ms;
  }
}

/** The run in so many parts of turns that lay side by side: a minute of noise spoils one of them. */
const ROUNDS = 5;

/** The median of the ratios of each part. */
export function steadyRatio(measured: Measured): number {
  const turns = Math.min(measured.ours.length, measured.floor.length);
  const rounds = Math.min(ROUNDS, turns);
  const ratios = Array.from({ length: rounds }, (_, round) => {
    const [from, to] = [Math.floor((turns * round) / rounds), Math.floor((turns * (round + 1)) / rounds)];
    return ratioOf({ ...measured, ours: measured.ours.slice(from, to), floor: measured.floor.slice(from, to) });
  });
  return quantile(ratios, 0.5);
}
