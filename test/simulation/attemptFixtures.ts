// Ids, jobs and offers for tests of a worker's attempts, all made from small numbers.
// Nothing here is random, so that a failing test says the same twice.
import { digestOf } from "#protocol/digest.ts";
import {
  type AttemptId,
  attemptId,
  type EpisodeId,
  episodeId,
  ID_ENTROPY_BYTES,
  type JobId,
  jobId,
  type NodeId,
  nodeId,
} from "#protocol/ids.ts";
import { type AskJob, type CommandJob, type JobSpec, jobKey } from "#protocol/job.ts";
import type { EngineAdvert } from "#protocol/node.ts";
import { byteCount, durationMs, fencingToken } from "#protocol/quantities.ts";
import type { SignedReceipt } from "#protocol/receipt.ts";
import type { JobResult } from "#protocol/result.ts";
import { signatureSchema } from "#protocol/signature.ts";
import type { Offer } from "#protocol/wire/worker.ts";

const LIMITS = { wallMs: durationMs(60_000), memoryBytes: byteCount(1 << 28), outputBytes: byteCount(1 << 20) };

export function seed(number: number): Uint8Array {
  return new Uint8Array(ID_ENTROPY_BYTES).fill(number);
}

export const attemptIdOf = (number: number): AttemptId => attemptId.from(seed(number));
export const jobIdOf = (number: number): JobId => jobId.from(seed(number));
export const EPISODE: EpisodeId = episodeId.from(seed(1));
export const WORKER: NodeId = nodeId.from(seed(1));

export const COMMAND: CommandJob = {
  kind: "command",
  argv: ["true"],
  folder: ".",
  tree: digestOf("tree"),
  dependencies: { kind: "nothing" },
  outputs: [],
  limits: LIMITS,
};

export const ASK: AskJob = {
  kind: "ask",
  model: digestOf("model"),
  prompt: digestOf("prompt"),
  outputTokensMax: 16,
  temperatureMilli: 0,
  seed: 1,
  limits: LIMITS,
};

export const ADVERTS: readonly EngineAdvert[] = [
  { kind: "command", state: "ready" },
  {
    kind: "llama",
    state: "ready",
    models: [{ name: "demo", digest: ASK.model, bytes: byteCount(1), demo: true }],
  },
];

export function offerOf(number: number, job: JobSpec = ASK, token = 1): Offer {
  return {
    kind: "offer",
    attemptId: attemptIdOf(number),
    fencingToken: fencingToken(token),
    jobId: jobIdOf(number),
    corrId: EPISODE,
    payload: jobKey(job),
    job,
  };
}

export const RESULT: JobResult = { outcome: { kind: "answered", stopReason: "end" }, streams: [] };

export function receiptOf(offer: Offer): SignedReceipt {
  const none = { bytes: byteCount(0), method: "byte-count" } as const;
  return {
    receipt: {
      nodeId: WORKER,
      jobId: offer.jobId,
      attemptId: offer.attemptId,
      fencingToken: offer.fencingToken,
      received: offer.payload,
      receivedBytes: byteCount(0),
      result: digestOf("result"),
      usage: { busy: { durationMs: durationMs(0), method: "exclusive-wall" }, bytesIn: none, bytesOut: none },
    },
    signature: signatureSchema.parse("A".repeat(86)),
  };
}
