// What one invite is made of: a bootstrap key and certificate, a secret, and the line that carries them to the worker.
// The Home keeps the fingerprint, the certificate and the secret; the bootstrap key leaves with the invite and is kept nowhere.
import type { Identity } from "#platform/identity/identityFile.ts";
import { mintBootstrapLeaf, type TlsLeaf } from "#platform/identity/tlsLeaf.ts";
import { type Digest, digestOf } from "#protocol/digest.ts";
import type { InviteId, WorkspaceId } from "#protocol/ids.ts";
import type { EpochMs } from "#protocol/quantities.ts";
import type { Invite } from "#protocol/wire/enrol.ts";

export const INVITE_SECRET_BYTES = 32;

export interface InviteTerms {
  readonly home: Identity;
  readonly leaf: TlsLeaf;
  readonly workspaceId: WorkspaceId;
  /** `host:port`, tried in order. */
  readonly addresses: readonly string[];
  readonly inviteId: InviteId;
  readonly now: EpochMs;
  readonly expiresAt: EpochMs;
  /** INVITE_SECRET_BYTES of chance. */
  readonly secret: Uint8Array;
}

export interface InviteMaterial {
  readonly invite: Invite;
  /** Of the bootstrap certificate. */
  readonly fingerprint: Digest;
  /** PEM, for the allow-list. */
  readonly certificate: string;
  /** What may be journaled: it proves nothing to anybody. */
  readonly secretDigest: Digest;
  /** For a secret file; needed to check the worker's authenticator. */
  readonly secret: Uint8Array;
}

/** Throws RangeError on a secret of another length. */
export async function createInviteMaterial(terms: InviteTerms): Promise<InviteMaterial> {
  const { home, leaf, workspaceId, addresses, inviteId, now, expiresAt, secret } = terms;
  if (secret.length !== INVITE_SECRET_BYTES) {
    throw new RangeError(`an invite's secret has ${INVITE_SECRET_BYTES} bytes: ${secret.length}`);
  }
  const bootstrap = await mintBootstrapLeaf(now, expiresAt);
  return {
    invite: {
      v: 1,
      inviteId,
      workspaceId,
      role: "worker",
      homeKey: home.publicKey,
      homeCertificate: leaf.certificate,
      addresses,
      secret: Buffer.from(secret).toString("base64url"),
      bootstrapKey: bootstrap.privateKey,
      bootstrapCertificate: bootstrap.certificate,
      expiresAt,
    },
    fingerprint: bootstrap.fingerprint,
    certificate: bootstrap.certificate,
    secretDigest: digestOf(secret),
    secret,
  };
}
