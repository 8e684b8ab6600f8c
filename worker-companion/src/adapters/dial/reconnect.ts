// How long a worker waits before it dials its Home again: longer after each failure, and never in step with the others.
// Pure: chance comes in, a duration goes out.
import { type DurationMs, durationMs } from "#protocol/quantities.ts";

/** The ceiling of the first wait: a dropped link should be back before anybody notices. */
export const RECONNECT_FIRST_MS = 200;
/** The ceiling of every later wait: a Home that wakes up has its workers within this. */
export const RECONNECT_MS_MAX = 15_000;
/** No wait is shorter, so that a Home that refuses at once is not dialled in a tight loop. */
export const RECONNECT_MS_MIN = 50;

/**
 * The wait before attempt number `attempt` (1 is the first after a loss). `random` is in [0, 1).
 * Exponential with full jitter. Source: AWS Architecture Blog, "Exponential Backoff And Jitter".
 */
export function reconnectDelay(attempt: number, random: number): DurationMs {
  const ceiling = Math.min(RECONNECT_MS_MAX, RECONNECT_FIRST_MS * 2 ** Math.min(attempt - 1, 30));
  return durationMs(Math.round(RECONNECT_MS_MIN + random * (ceiling - RECONNECT_MS_MIN)));
}
