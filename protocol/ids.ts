// Every id of the product: a kind prefix and 26 base32 characters, branded so that one id is never taken for another.
// Ids are minted by a shell from injected entropy and arrive on commands; the core never makes one.
import * as z from "zod";
import type { Brand } from "./brand.ts";

/** A workspace: the tenancy boundary. Derived from the folder's real path. */
export type WorkspaceId = Brand<string, "WorkspaceId">;
/** A node (the Home included), derived from its Ed25519 public key. */
export type NodeId = Brand<string, "NodeId">;
/** An episode; the correlation id (`corr_id`) of everything that happens for it. */
export type EpisodeId = Brand<string, "EpisodeId">;
/** One piece of compute of an episode. */
export type JobId = Brand<string, "JobId">;
/** One placement of a job on a node. */
export type AttemptId = Brand<string, "AttemptId">;
/** A time-boxed, budgeted, revocable grant. */
export type LeaseId = Brand<string, "LeaseId">;
/** What would leave, shown to the owner. */
export type PreviewId = Brand<string, "PreviewId">;
/** One row of the egress ledger. */
export type EgressRecordId = Brand<string, "EgressRecordId">;
/** A one-time invitation of a worker. */
export type InviteId = Brand<string, "InviteId">;
/** The edits a command job returned. */
export type ProposalId = Brand<string, "ProposalId">;
/** One life of a worker process, so that a restart is told from a reconnect. */
export type InstanceId = Brand<string, "InstanceId">;
/** An action that waits for the owner, or waited. */
export type StagedId = Brand<string, "StagedId">;

const ID_BODY = "[a-z2-7]{26}";
const ALPHABET = "abcdefghijklmnopqrstuvwxyz234567";
/** Random or digest bytes that an id is made of: 26 base32 characters hold 130 bits. */
export const ID_ENTROPY_BYTES = 17;

interface IdKind<Id extends string> {
  readonly prefix: string;
  /** Makes an id of at least ID_ENTROPY_BYTES bytes. Throws RangeError on fewer. */
  readonly from: (bytes: Uint8Array) => Id;
  /** Whether the text has the form of this kind of id. */
  readonly is: (text: string) => text is Id;
  readonly schema: z.ZodType<Id>;
}

function idKind<Name extends string>(prefix: string): IdKind<Brand<string, Name>> {
  const form = new RegExp(`^${prefix}_${ID_BODY}$`);
  const is = (text: string): text is Brand<string, Name> => form.test(text);
  const from = (bytes: Uint8Array): Brand<string, Name> => {
    if (bytes.length < ID_ENTROPY_BYTES) throw new RangeError(`an id needs ${ID_ENTROPY_BYTES} bytes: ${bytes.length}`);
    return `${prefix}_${base32(bytes).slice(0, 26)}` as Brand<string, Name>;
  };
  const schema = z.custom<Brand<string, Name>>(
    (value) => typeof value === "string" && is(value),
    `must be an id like ${prefix}_… with 26 base32 characters`,
  );
  return { prefix, from, is, schema };
}

export const workspaceId: IdKind<WorkspaceId> = idKind("ws");
export const nodeId: IdKind<NodeId> = idKind("node");
export const episodeId: IdKind<EpisodeId> = idKind("ep");
export const jobId: IdKind<JobId> = idKind("job");
export const attemptId: IdKind<AttemptId> = idKind("att");
export const leaseId: IdKind<LeaseId> = idKind("lease");
export const previewId: IdKind<PreviewId> = idKind("prev");
export const egressRecordId: IdKind<EgressRecordId> = idKind("egr");
export const inviteId: IdKind<InviteId> = idKind("inv");
export const proposalId: IdKind<ProposalId> = idKind("prop");
export const instanceId: IdKind<InstanceId> = idKind("inst");
export const stagedId: IdKind<StagedId> = idKind("staged");

/** RFC 4648 base32 in lower case without padding. */
export function base32(bytes: Uint8Array): string {
  let text = "";
  let bits = 0;
  let value = 0;
  for (const byte of bytes) {
    value = (value << 8) | byte;
    bits += 8;
    while (bits >= 5) {
      bits -= 5;
      text += ALPHABET[(value >>> bits) & 31];
    }
    value &= (1 << bits) - 1;
  }
  return bits > 0 ? text + ALPHABET[(value << (5 - bits)) & 31] : text;
}
