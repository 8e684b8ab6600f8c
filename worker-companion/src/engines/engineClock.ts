// Time as the engines see it: a monotonic reading for busy time, and timers for wall limits.
// Wall clocks jump; nothing here may be compared with a time of another machine.
import { type DurationMs, durationMs } from "#protocol/quantities.ts";

export interface EngineClock {
  /** Monotonic, from an arbitrary start. */
  nowMs(): number;
  /** Calls the action after the delay; the answer takes it back. */
  after(delayMs: number, action: () => void): () => void;
}

/** Longer timers fire at once in Node; a wall limit beyond 24 days is no limit anybody waits for. */
const TIMER_MS_MAX = 2 ** 31 - 1;

export const systemEngineClock: EngineClock = {
  nowMs: () => performance.now(),
  after: (delayMs, action) => {
    const timer = setTimeout(action, Math.min(delayMs, TIMER_MS_MAX));
    return () => clearTimeout(timer);
  },
};

export function pause(clock: EngineClock, delayMs: number): Promise<void> {
  return new Promise((resolve) => clock.after(delayMs, resolve));
}

export function elapsedMs(clock: EngineClock, startedMs: number): DurationMs {
  return durationMs(Math.max(0, Math.round(clock.nowMs() - startedMs)));
}
