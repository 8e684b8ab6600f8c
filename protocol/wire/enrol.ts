// The wire of an enrolment: one request and its answers, on a channel made with an invite's bootstrap certificate.
// Every proof covers the TLS exporter of that channel, so that a captured message is worthless on another.
import * as z from "zod";
import { type InviteId, inviteId, type NodeId, nodeId, type WorkspaceId, workspaceId } from "../ids.ts";
import { type EpochMs, epochMsSchema } from "../quantities.ts";
import { type PublicKey, publicKeySchema, type Signature, signatureSchema } from "../signature.ts";

/** Worker → Home. `authenticator` is HMAC-SHA-256(invite secret, exporter ‖ canonical JSON of `body`), base64url. */
export interface EnrolRequest {
  readonly v: 1;
  readonly kind: "enrol";
  readonly inviteId: InviteId;
  readonly body: {
    readonly publicKey: PublicKey;
    /** PEM of the worker's own TLS leaf. */
    readonly certificate: string;
    readonly name: string;
    /** Ed25519 over exporter ‖ SPKI with purpose `arw-enrol-v1`: the identity key is here and binds the TLS key. */
    readonly identityProof: Signature;
    /** ECDSA P-256 with SHA-256 over `arw-enrol-tls-v1\0` ‖ exporter, DER in base64url: the TLS key is here. */
    readonly tlsProof: string;
  };
  readonly authenticator: string;
}

/** Home → worker, at once: the words both people compare while the owner decides. */
export interface EnrolPending {
  readonly v: 1;
  readonly kind: "enrol-pending";
  readonly words: readonly string[];
  readonly expiresAt: EpochMs;
}

/** Home → worker, after the owner confirmed. `signature` is the Home's over exporter ‖ canonical JSON of the rest, purpose `arw-enrol-reply-v1`. */
export interface Enrolled {
  readonly v: 1;
  readonly kind: "enrolled";
  readonly nodeId: NodeId;
  readonly workspaceId: WorkspaceId;
  readonly signature: Signature;
}

export interface EnrolRefused {
  readonly v: 1;
  readonly kind: "enrol-refused";
  readonly code: string;
  readonly message: string;
  readonly advice: string;
}

export type EnrolReply = EnrolPending | Enrolled | EnrolRefused;

/** What an invite carries: everything a worker needs to find, check and be let in by one Home, once. */
export interface Invite {
  readonly v: 1;
  readonly inviteId: InviteId;
  readonly workspaceId: WorkspaceId;
  readonly role: "worker";
  readonly homeKey: PublicKey;
  /** PEM of the Home's TLS leaf, the only one the worker trusts. */
  readonly homeCertificate: string;
  /** `host:port`, tried in order. */
  readonly addresses: readonly string[];
  /** 32 bytes, base64url. */
  readonly secret: string;
  readonly bootstrapKey: string;
  readonly bootstrapCertificate: string;
  readonly expiresAt: EpochMs;
}

export const enrolRequestSchema: z.ZodType<EnrolRequest> = z.strictObject({
  v: z.literal(1),
  kind: z.literal("enrol"),
  inviteId: inviteId.schema,
  body: z.strictObject({
    publicKey: publicKeySchema,
    certificate: z.string().max(8_192),
    name: z.string().min(1).max(64),
    identityProof: signatureSchema,
    tlsProof: z.string().regex(/^[A-Za-z0-9_-]{1,256}$/),
  }),
  authenticator: z.string().regex(/^[A-Za-z0-9_-]{43}$/),
});

export const enrolReplySchema: z.ZodType<EnrolReply> = z.discriminatedUnion("kind", [
  z.strictObject({
    v: z.literal(1),
    kind: z.literal("enrol-pending"),
    words: z.array(z.string().max(16)).length(4),
    expiresAt: epochMsSchema,
  }),
  z.strictObject({
    v: z.literal(1),
    kind: z.literal("enrolled"),
    nodeId: nodeId.schema,
    workspaceId: workspaceId.schema,
    signature: signatureSchema,
  }),
  z.strictObject({
    v: z.literal(1),
    kind: z.literal("enrol-refused"),
    code: z.string().max(128),
    message: z.string().max(2_048),
    advice: z.string().max(2_048),
  }),
]);

export const inviteSchema: z.ZodType<Invite> = z.strictObject({
  v: z.literal(1),
  inviteId: inviteId.schema,
  workspaceId: workspaceId.schema,
  role: z.literal("worker"),
  homeKey: publicKeySchema,
  homeCertificate: z.string().max(8_192),
  addresses: z.array(z.string().min(3).max(300)).min(1).max(16),
  secret: z.string().regex(/^[A-Za-z0-9_-]{43}$/),
  bootstrapKey: z.string().max(4_096),
  bootstrapCertificate: z.string().max(8_192),
  expiresAt: epochMsSchema,
});
