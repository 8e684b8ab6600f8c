// The whole wire between a Home and a worker, on one page. Every message travels in an envelope with a strictly growing
// sequence and the workspace it is for; `output` and `blob` carry bytes beside the JSON (see `frame.ts`).
// Change a message and its fixture, docs/protocol.md and PROTOCOL_VERSION change with it.
import * as z from "zod";
import { type Digest, digestSchema } from "../digest.ts";
import {
  type AttemptId,
  attemptId,
  type EpisodeId,
  episodeId,
  type InstanceId,
  instanceId,
  type JobId,
  jobId,
  type NodeId,
  nodeId,
  type WorkspaceId,
  workspaceId,
} from "../ids.ts";
import { type JobSpec, jobSpecSchema } from "../job.ts";
import { type LeafProof, leafProofSchema } from "../ledger/leafProof.ts";
import { treeSizeSchema } from "../ledger/merkleTree.ts";
import { seenSizesSchema, type ShownLedger, shownLedgerSchema } from "../ledger/witness.ts";
import { type NodeCapabilities, nodeCapabilitiesSchema, type NodeLoad, nodeLoadSchema } from "../node.ts";
import {
  type Bytes,
  bytesSchema,
  type DurationMs,
  durationMsSchema,
  type FencingToken,
  fencingTokenSchema,
} from "../quantities.ts";
import { type SignedReceipt, signedReceiptSchema } from "../receipt.ts";
import { type JobResult, jobResultSchema, type OutputStream, outputStreamSchema } from "../result.ts";
import { type SchemaOfKind, schemaByKind } from "../schemaByKind.ts";
import { type Signature, signatureSchema } from "../signature.ts";

/** At most this many digests in one `need`; more come in further messages. */
export const NEED_BLOBS_MAX = 1_000;
/** Output is coalesced to at most this many bytes a range … */
export const OUTPUT_RANGE_BYTES_MAX: number = 64 * 1024;
/** … or to this long. */
export const OUTPUT_RANGE_MS_MAX = 20;
/** A PEM leaf of ours takes about a thousand characters. */
export const CERTIFICATE_CHARACTERS_MAX = 8_192;
/** A blob travels in chunks of at most this many bytes. */
export const BLOB_CHUNK_BYTES_MAX: number = 256 * 1024;

interface OfAttempt {
  readonly attemptId: AttemptId;
  readonly fencingToken: FencingToken;
}

// ---- worker → Home ----

/** First message of a link: who, in which life, able to do what, and which attempts it still holds. */
export interface Hello {
  readonly kind: "hello";
  readonly nodeId: NodeId;
  readonly instanceId: InstanceId;
  /**
   * How often this state folder has been started; each start counts one more before it says hello. A Home that has seen a
   * later life knows that the folder was restored from a backup, or copied. Absent where no folder is kept.
   */
  readonly life?: number;
  /** Signs the TLS exporter of this very channel with purpose `arw-link-v1`. */
  readonly proof: Signature;
  readonly name: string;
  readonly capabilities: NodeCapabilities;
  readonly attempts: readonly (OfAttempt & { readonly lastNumber: number })[];
  /**
   * The sizes of the Home's ledger that this worker has seen, at most two: it demands a proof that the ledger goes on from
   * each. Absent from a worker that is no witness; such a one is shown no ledger.
   */
  readonly seenLedger?: readonly number[];
}
export interface Heartbeat {
  readonly kind: "heartbeat";
  readonly load: NodeLoad;
}
export interface Accepted extends OfAttempt {
  readonly kind: "accepted";
}
/** The worker will not take the attempt: its owner's rules, no slot, no such engine or model. */
export interface Refused extends OfAttempt {
  readonly kind: "refused";
  readonly code: string;
  readonly message: string;
  readonly advice: string;
}
/** Blobs of this attempt the worker lacks, each from the byte it already has. Only after an offer, so only under a lease. */
export interface Need extends OfAttempt {
  readonly kind: "need";
  readonly blobs: readonly { readonly digest: Digest; readonly fromByte: Bytes }[];
}
export interface Started extends OfAttempt {
  readonly kind: "started";
}
/** A range of output; its bytes travel beside the JSON. Sent again from the last acknowledged number after a reconnect. */
export interface Output extends OfAttempt {
  readonly kind: "output";
  readonly number: number;
  readonly stream: OutputStream;
  readonly fromByte: Bytes;
}
export interface Finished extends OfAttempt {
  readonly kind: "finished";
  readonly lastNumber: number;
  readonly result: JobResult;
  readonly receipt: SignedReceipt;
}
/** The worker's leaf nears its end: here is its next one. Both proofs cover this channel, so none is worth anything on another. */
export interface NextCertificate {
  readonly kind: "next-certificate";
  /** PEM. */
  readonly certificate: string;
  /** Ed25519 over exporter ‖ SPKI with purpose `arw-rotate-v1`: the identity key is here and vouches for the new TLS key. */
  readonly identityProof: Signature;
  /** ECDSA P-256 with SHA-256 over `arw-rotate-tls-v1\0` ‖ exporter, DER in base64url: the new TLS key is here. */
  readonly tlsProof: string;
}
/** The worker has checked the ledger that it was shown, and holds this checkpoint from now on. */
export interface Witnessed {
  readonly kind: "witnessed";
  readonly size: number;
  readonly root: Digest;
  /** Over origin, size and root with purpose `arw-witness-v1`. */
  readonly signature: Signature;
}
/** The worker stops taking work and will close: `drain` lets attempts end, `stop` has ended them. */
export interface Leaving {
  readonly kind: "leaving";
  readonly reason: "drain" | "stop";
}

// ---- Home → worker ----

export interface Welcome {
  readonly kind: "welcome";
  readonly homeId: NodeId;
  /** Signs the TLS exporter of this very channel with purpose `arw-welcome-v1`: the Home's identity is here, not only its leaf. */
  readonly proof: Signature;
  readonly heartbeatMs: DurationMs;
  /** Without word from the worker for this long, the Home believes it lost. */
  readonly heartbeatTtlMs: DurationMs;
  /** Attempts of `hello.attempts` that go on, each from the last durable number; all others are to be ended and forgotten. */
  readonly resume: readonly { readonly attemptId: AttemptId; readonly acknowledged: number }[];
  /** To a witness: the checkpoint of the egress ledger, and the proofs that it demanded. */
  readonly ledger?: ShownLedger;
}
export interface Offer extends OfAttempt {
  readonly kind: "offer";
  readonly jobId: JobId;
  readonly corrId: EpisodeId;
  /** The digest of `job`: what the egress record names and the receipt must repeat. */
  readonly payload: Digest;
  readonly job: JobSpec;
  /** To a witness: the record that lets the job leave, proven to stand in the ledger. */
  readonly record?: LeafProof;
}
/** All output up to and with this number is durable at the Home. */
export interface Acknowledge extends OfAttempt {
  readonly kind: "acknowledge";
  readonly number: number;
}
/** The result is durable at the Home (or fenced): the worker may forget the attempt and its files. */
export interface Settled extends OfAttempt {
  readonly kind: "settled";
  readonly accepted: boolean;
}
export interface Cancel extends OfAttempt {
  readonly kind: "cancel";
  readonly reason: string;
}
export interface HeartbeatAcknowledged {
  readonly kind: "heartbeat-acknowledged";
}
/** The next leaf is durable at the Home and may be shown from now on; the one before it stays good for an overlap. */
export interface CertificateRecorded {
  readonly kind: "certificate-recorded";
  readonly fingerprint: Digest;
}
/** The next leaf was well proven, and is not taken now. The one before it goes on. */
export interface CertificateRefused {
  readonly kind: "certificate-refused";
  readonly code: string;
  readonly message: string;
  readonly advice: string;
}
/** The leaf that the Home will show next, bound to the same identity: to be trusted beside the present one. */
export interface HomeCertificate {
  readonly kind: "home-certificate";
  /** PEM. */
  readonly certificate: string;
}

// ---- both ----

/** Asks the other side for a blob: the Home for a proposal's contents. */
export interface RequestBlob extends OfAttempt {
  readonly kind: "request-blob";
  readonly digest: Digest;
  readonly fromByte: Bytes;
}
/** A chunk of a blob; its bytes travel beside the JSON. `blobBytes` is the whole size. */
export interface BlobChunk extends OfAttempt {
  readonly kind: "blob";
  readonly digest: Digest;
  readonly fromByte: Bytes;
  readonly blobBytes: Bytes;
}

export type WorkerMessage =
  | Hello
  | Heartbeat
  | Accepted
  | Refused
  | Need
  | Started
  | Output
  | Finished
  | NextCertificate
  | Witnessed
  | Leaving
  | BlobChunk;
export type HomeMessage =
  | Welcome
  | Offer
  | Acknowledge
  | Settled
  | Cancel
  | HeartbeatAcknowledged
  | CertificateRecorded
  | CertificateRefused
  | HomeCertificate
  | RequestBlob
  | BlobChunk;

export interface Envelope<Message> {
  readonly v: 1;
  readonly workspaceId: WorkspaceId;
  /** 1, 2, 3 … per connection and direction. */
  readonly sequence: number;
  readonly body: Message;
}

const ofAttempt = { attemptId: attemptId.schema, fencingToken: fencingTokenSchema };
const number = z.number().int().min(1);
const count = z.number().int().min(0);
const sentence = z.string().max(2_048);
const refusal = { code: z.string().max(128), message: sentence, advice: sentence };
const certificate = z.string().max(CERTIFICATE_CHARACTERS_MAX);

export const helloSchema: z.ZodType<Hello> = z.strictObject({
  kind: z.literal("hello"),
  nodeId: nodeId.schema,
  instanceId: instanceId.schema,
  life: z.number().int().min(1).max(Number.MAX_SAFE_INTEGER).exactOptional(),
  proof: signatureSchema,
  name: z.string().min(1).max(64),
  capabilities: nodeCapabilitiesSchema,
  attempts: z.array(z.strictObject({ ...ofAttempt, lastNumber: count })).max(1_024),
  seenLedger: seenSizesSchema.exactOptional(),
});

const blobChunkSchema: z.ZodType<BlobChunk> = z.strictObject({
  kind: z.literal("blob"),
  ...ofAttempt,
  digest: digestSchema,
  fromByte: bytesSchema,
  blobBytes: bytesSchema,
});

/** One schema a kind, so that fixtures and documentation are checked against each. */
export const workerMessageSchemas: SchemaOfKind<WorkerMessage> = {
  hello: helloSchema,
  heartbeat: z.strictObject({ kind: z.literal("heartbeat"), load: nodeLoadSchema }),
  accepted: z.strictObject({ kind: z.literal("accepted"), ...ofAttempt }),
  refused: z.strictObject({
    kind: z.literal("refused"),
    ...ofAttempt,
    ...refusal,
  }),
  need: z.strictObject({
    kind: z.literal("need"),
    ...ofAttempt,
    blobs: z
      .array(z.strictObject({ digest: digestSchema, fromByte: bytesSchema }))
      .min(1)
      .max(NEED_BLOBS_MAX),
  }),
  started: z.strictObject({ kind: z.literal("started"), ...ofAttempt }),
  output: z.strictObject({
    kind: z.literal("output"),
    ...ofAttempt,
    number,
    stream: outputStreamSchema,
    fromByte: bytesSchema,
  }),
  finished: z.strictObject({
    kind: z.literal("finished"),
    ...ofAttempt,
    lastNumber: count,
    result: jobResultSchema,
    receipt: signedReceiptSchema,
  }),
  "next-certificate": z.strictObject({
    kind: z.literal("next-certificate"),
    certificate,
    identityProof: signatureSchema,
    tlsProof: z.string().regex(/^[A-Za-z0-9_-]{1,256}$/),
  }),
  witnessed: z.strictObject({
    kind: z.literal("witnessed"),
    size: treeSizeSchema,
    root: digestSchema,
    signature: signatureSchema,
  }),
  leaving: z.strictObject({ kind: z.literal("leaving"), reason: z.enum(["drain", "stop"]) }),
  blob: blobChunkSchema,
};

export const homeMessageSchemas: SchemaOfKind<HomeMessage> = {
  welcome: z.strictObject({
    kind: z.literal("welcome"),
    homeId: nodeId.schema,
    proof: signatureSchema,
    heartbeatMs: durationMsSchema,
    heartbeatTtlMs: durationMsSchema,
    resume: z.array(z.strictObject({ attemptId: attemptId.schema, acknowledged: count })).max(1_024),
    ledger: shownLedgerSchema.exactOptional(),
  }),
  offer: z.strictObject({
    kind: z.literal("offer"),
    ...ofAttempt,
    jobId: jobId.schema,
    corrId: episodeId.schema,
    payload: digestSchema,
    job: jobSpecSchema,
    record: leafProofSchema.exactOptional(),
  }),
  acknowledge: z.strictObject({ kind: z.literal("acknowledge"), ...ofAttempt, number }),
  settled: z.strictObject({ kind: z.literal("settled"), ...ofAttempt, accepted: z.boolean() }),
  cancel: z.strictObject({ kind: z.literal("cancel"), ...ofAttempt, reason: sentence }),
  "heartbeat-acknowledged": z.strictObject({ kind: z.literal("heartbeat-acknowledged") }),
  "certificate-recorded": z.strictObject({ kind: z.literal("certificate-recorded"), fingerprint: digestSchema }),
  "certificate-refused": z.strictObject({ kind: z.literal("certificate-refused"), ...refusal }),
  "home-certificate": z.strictObject({ kind: z.literal("home-certificate"), certificate }),
  "request-blob": z.strictObject({
    kind: z.literal("request-blob"),
    ...ofAttempt,
    digest: digestSchema,
    fromByte: bytesSchema,
  }),
  blob: blobChunkSchema,
};

function envelope<Message>(body: z.ZodType<Message>): z.ZodType<Envelope<Message>> {
  return z.strictObject({ v: z.literal(1), workspaceId: workspaceId.schema, sequence: number, body });
}

export const workerEnvelopeSchema: z.ZodType<Envelope<WorkerMessage>> = envelope(
  schemaByKind<WorkerMessage>(workerMessageSchemas),
);
export const homeEnvelopeSchema: z.ZodType<Envelope<HomeMessage>> = envelope(
  schemaByKind<HomeMessage>(homeMessageSchemas),
);
