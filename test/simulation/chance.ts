// Chance that repeats: one seed, one run. Every simulation draws from it and prints its seed when it fails.
import { randomInt } from "node:crypto";

export interface Chance {
  readonly seed: number;
  /** From 0 up to, not including, 1. */
  next(): number;
  /** A whole number from 0 up to, not including, `below`. */
  below(below: number): number;
  /** True this often. */
  yes(probability: number): boolean;
}

/** Mulberry32: small, fast, good enough to shuffle faults. */
export function chanceOf(seed: number): Chance {
  let state = seed >>> 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  return {
    seed,
    next,
    below: (below) => Math.floor(next() * below),
    yes: (probability) => next() < probability,
  };
}

/** The fixed seeds from 1 on, and a fresh one that no earlier run has tried. */
export function seedsOf(count: number): readonly number[] {
  return [...Array.from({ length: count }, (_, index) => index + 1), randomInt(2 ** 32)];
}
