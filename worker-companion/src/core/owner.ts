// What the runner of attempts asks of the machine's owner: whether a job may run, and to count what it used.
// The node `local` has no owner apart from the Home's; a worker's owner has rules of his own.
import type { Refusal } from "#protocol/errors.ts";
import type { AttemptId } from "#protocol/ids.ts";
import type { JobSpec } from "#protocol/job.ts";
import type { Bytes, DurationMs } from "#protocol/quantities.ts";
import type { JobOutcome } from "#protocol/result.ts";

export interface Owner {
  judge(job: JobSpec): Refusal | undefined;
  /** Told before the Home hears `refused`. */
  refused(attemptId: AttemptId, refusal: Pick<Refusal, "code">): void;
  /** The Home hears `accepted` once this has resolved. Rejects where it cannot be counted: then the attempt must not run. */
  taken(attemptId: AttemptId, job: JobSpec): Promise<void>;
  /** The Home hears `finished` once this has resolved. */
  ended(attemptId: AttemptId, used: UsedByAttempt): Promise<void>;
  /** Nothing of it is needed any more. */
  released(attemptId: AttemptId): void;
}

export interface UsedByAttempt {
  readonly outcome: JobOutcome;
  readonly busyMs: DurationMs;
  readonly bytesIn: Bytes;
  readonly bytesOut: Bytes;
}
