// What can happen to a worker's attempts, and what the shell must then do: the two alphabets of `step` in attempts.ts.
// An input is a fact that has happened; an effect carries everything the shell needs except bytes and keys.
import type { Digest } from "#protocol/digest.ts";
import type { Refusal } from "#protocol/errors.ts";
import type { AttemptId } from "#protocol/ids.ts";
import type { JobSpec } from "#protocol/job.ts";
import type { EngineAdvert } from "#protocol/node.ts";
import type { Bytes } from "#protocol/quantities.ts";
import type { SignedReceipt } from "#protocol/receipt.ts";
import type { JobOutcome, JobResult, OutputStream } from "#protocol/result.ts";
import type { HomeMessage, Welcome, WorkerMessage } from "#protocol/wire/worker.ts";
import type { InputStage, OutputRange } from "./attempt.ts";

/** Messages that are the link's own affair: its opening, its heartbeats and its certificates. */
export type LinkMessage = Extract<
  HomeMessage,
  {
    readonly kind:
      | "welcome"
      | "heartbeat-acknowledged"
      | "certificate-recorded"
      | "certificate-refused"
      | "home-certificate";
  }
>;
/** Messages of the Home that concern an attempt. */
export type AttemptMessage = Exclude<HomeMessage, LinkMessage>;

export interface MissingBlob {
  readonly digest: Digest;
  readonly fromByte: Bytes;
}

export type AttemptsInput =
  | { readonly kind: "engines-probed"; readonly adverts: readonly EngineAdvert[] }
  /** `objection`: what the machine's owner has against an offer. */
  | { readonly kind: "home-message"; readonly message: AttemptMessage; readonly objection?: Refusal }
  | {
      readonly kind: "inputs-checked";
      readonly attemptId: AttemptId;
      readonly stage: InputStage;
      readonly missing: readonly MissingBlob[];
    }
  | { readonly kind: "input-complete"; readonly attemptId: AttemptId; readonly digest: Digest }
  /** An input that arrived with a gap, e.g. because two attempts fetch it at once: look again from what is here. */
  | { readonly kind: "input-interrupted"; readonly attemptId: AttemptId }
  | { readonly kind: "inputs-unusable"; readonly attemptId: AttemptId; readonly outcome: JobOutcome }
  | { readonly kind: "engine-started"; readonly attemptId: AttemptId }
  | {
      readonly kind: "engine-output";
      readonly attemptId: AttemptId;
      readonly stream: OutputStream;
      readonly bytes: Bytes;
    }
  | {
      readonly kind: "concluded";
      readonly attemptId: AttemptId;
      readonly result: JobResult;
      readonly receipt: SignedReceipt;
      readonly returns: ReadonlySet<Digest>;
    }
  | { readonly kind: "link-up"; readonly resume: Welcome["resume"] }
  | { readonly kind: "link-down" }
  /** The Home has been silent for so long that it has given this worker up. */
  | { readonly kind: "lease-lapsed" }
  | { readonly kind: "drain" }
  | { readonly kind: "stop" };

export type AttemptsEffect =
  | { readonly kind: "SendMessage"; readonly message: WorkerMessage }
  /** Find which inputs of this stage are not in the blob store, and say so with `inputs-checked` or `inputs-unusable`. */
  | {
      readonly kind: "CheckInputs";
      readonly attemptId: AttemptId;
      readonly job: JobSpec;
      readonly stage: InputStage;
    }
  /** Append the chunk that came with the message at hand to the blob. */
  | {
      readonly kind: "StoreChunk";
      readonly attemptId: AttemptId;
      readonly digest: Digest;
      readonly fromByte: Bytes;
      readonly blobBytes: Bytes;
    }
  | { readonly kind: "StartEngine"; readonly attemptId: AttemptId; readonly job: JobSpec }
  /** End the run; if it then says `cancelled`, the attempt ended with this outcome. */
  | { readonly kind: "CancelEngine"; readonly attemptId: AttemptId; readonly outcome: JobOutcome }
  /** Write the result of an attempt that never ran. */
  | { readonly kind: "ConcludeUnstarted"; readonly attemptId: AttemptId; readonly outcome: JobOutcome }
  /** Keep the bytes of the output at hand under this number. */
  | { readonly kind: "RetainRange"; readonly attemptId: AttemptId; readonly range: OutputRange }
  | { readonly kind: "SendRange"; readonly attemptId: AttemptId; readonly range: OutputRange }
  | { readonly kind: "DropRanges"; readonly attemptId: AttemptId; readonly throughNumber: number }
  | {
      readonly kind: "SendBlob";
      readonly attemptId: AttemptId;
      readonly digest: Digest;
      readonly fromByte: Bytes;
    }
  /** End whatever runs for the attempt and forget it with its files. */
  | { readonly kind: "ReleaseAttempt"; readonly attemptId: AttemptId }
  /** Close the link with this word once every released attempt is gone. */
  | { readonly kind: "Leave"; readonly reason: "drain" | "stop" };
