// The contract of an engine: the plug that runs one kind of job. One contract suite runs over every engine.
// An engine knows no Home, no link and no lease; it is given work and cancelled.
import type { Digest } from "#protocol/digest.ts";
import type { AttemptId } from "#protocol/ids.ts";
import type { JobKind, JobSpec } from "#protocol/job.ts";
import type { EngineAdvert } from "#protocol/node.ts";
import type { DurationMs, Tokens } from "#protocol/quantities.ts";
import type { JobOutcome, OutputStream } from "#protocol/result.ts";

/** Which kind of processor a build of the llama engine computes on. */
export type EngineGpu = "cpu" | "cuda" | "vulkan";

export interface EngineWork {
  readonly attemptId: AttemptId;
  readonly jobKey: Digest;
  readonly job: JobSpec;
}

/** What a run produces, in order: chunks of its streams, then exactly one `ended`. */
export type EngineOutput =
  | { readonly kind: "chunk"; readonly stream: OutputStream; readonly bytes: Uint8Array }
  | { readonly kind: "ended"; readonly ending: EngineEnding };

export interface EngineEnding {
  readonly outcome: JobOutcome;
  /** The digest of a canonical Proposal in the blob store, with how many changes it has; its contents are there too. */
  readonly proposal?: { readonly digest: Digest; readonly changes: number };
}

/** What the engine itself can say of a run's use; bytes are counted by whoever moves them. */
export interface EngineUsage {
  readonly tokensIn?: Tokens;
  readonly tokensOut?: Tokens;
  readonly busyMs: DurationMs;
}

export interface Engine {
  readonly kind: JobKind;
  /** What this engine can do here and now. Tolerates everything that is absent; never throws for it. */
  probe(signal: AbortSignal): Promise<EngineAdvert>;
  /**
   * Starts the run of an attempt; every input blob is in the blob store. Resolves once it runs.
   * A run that cannot start ends at once with outcome `failed`; submitting the same attempt again joins its run.
   */
  submit(work: EngineWork): Promise<void>;
  /** The run's output from its n-th item on (0 is the first); waits for more until `ended`. Throws for an unknown attempt. */
  stream(attemptId: AttemptId, from: number, signal: AbortSignal): AsyncIterable<EngineOutput>;
  /** Ends the run with outcome `cancelled`: its process group is gone when this resolves. Unknown attempts are no error. */
  cancel(attemptId: AttemptId): Promise<void>;
  /** Whether a run of this job is still held under this attempt, e.g. after its owner restarted. */
  reattach(jobKey: Digest, attemptId: AttemptId): Promise<"running" | "ended" | "unknown">;
  /** What the run has used so far. Throws for an unknown attempt. */
  usage(attemptId: AttemptId): EngineUsage;
  /** Forgets a run that has ended, and its files. */
  release(attemptId: AttemptId): Promise<void>;
  /** Cancels all runs and frees everything. */
  dispose(): Promise<void>;
}
