// One attempt as its worker sees it: offered, fetching its inputs, running, concluding, finishing.
// It holds no bytes and knows no engine; numbers of output ranges are given out here and nowhere else.
import type { Digest } from "#protocol/digest.ts";
import type { AttemptId, JobId } from "#protocol/ids.ts";
import type { JobSpec } from "#protocol/job.ts";
import { type Bytes, byteCount, type FencingToken } from "#protocol/quantities.ts";
import type { OutputStream } from "#protocol/result.ts";
import type { Finished } from "#protocol/wire/worker.ts";

export interface Attempt {
  readonly attemptId: AttemptId;
  readonly fencingToken: FencingToken;
  readonly jobId: JobId;
  readonly job: JobSpec;
  readonly phase: Phase;
  readonly output: OutputState;
}

/** A command's inputs are found in two steps: first the manifest of its tree, then what the manifest names. */
export type InputStage = "root" | "entries";

export type Phase =
  /** The shell is looking which inputs are here. */
  | { readonly kind: "offered"; readonly stage: InputStage }
  | { readonly kind: "fetching"; readonly stage: InputStage; readonly missing: ReadonlySet<Digest> }
  | { readonly kind: "running"; readonly started: boolean; readonly cancelling: boolean }
  /** It never ran; the shell is writing its result. */
  | { readonly kind: "concluding" }
  /** All output is numbered; the result waits for `settled`. The Home may fetch the digests of `returns`. */
  | { readonly kind: "finishing"; readonly finished: Finished; readonly returns: ReadonlySet<Digest> };

/** A range of output that the Home has not acknowledged yet. Its bytes are the shell's. */
export interface OutputRange {
  readonly number: number;
  readonly stream: OutputStream;
  readonly fromByte: Bytes;
  readonly bytes: Bytes;
}

export interface OutputState {
  /** Numbered, in order, all above `acknowledged`. */
  readonly retained: readonly OutputRange[];
  readonly acknowledged: number;
  readonly lastNumber: number;
  readonly streamBytes: Readonly<Record<OutputStream, Bytes>>;
}

const NOTHING = byteCount(0);

export const NO_OUTPUT: OutputState = {
  retained: [],
  acknowledged: 0,
  lastNumber: 0,
  streamBytes: { stdout: NOTHING, stderr: NOTHING, text: NOTHING },
};

/** Gives the next number to a range. Numbers run over all streams of the attempt, so that their order survives. */
export function appendRange(
  output: OutputState,
  stream: OutputStream,
  bytes: Bytes,
): { readonly output: OutputState; readonly range: OutputRange } {
  const range: OutputRange = { number: output.lastNumber + 1, stream, fromByte: output.streamBytes[stream], bytes };
  return {
    range,
    output: {
      ...output,
      retained: [...output.retained, range],
      lastNumber: range.number,
      streamBytes: { ...output.streamBytes, [stream]: byteCount(output.streamBytes[stream] + bytes) },
    },
  };
}

/** Forgets the ranges up to a number. An older or a too large number than was ever given out changes nothing it should not. */
export function acknowledgeThrough(output: OutputState, number: number): OutputState {
  const acknowledged = Math.max(output.acknowledged, Math.min(number, output.lastNumber));
  return { ...output, acknowledged, retained: output.retained.filter((range) => range.number > acknowledged) };
}

export function outputBytes(output: OutputState): Bytes {
  return byteCount(output.streamBytes.stdout + output.streamBytes.stderr + output.streamBytes.text);
}
