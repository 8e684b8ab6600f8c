// Which certificates a worker takes for its Home's: the pinned ones, and a newer one of the same identity.
// A newer leaf is followed because the pinned Ed25519 identity signed its key, so that a Home which changed its leaf while
// the worker was away is still found. It must never follow backwards: an older leaf that leaked stays worthless.
import { timingSafeEqual } from "node:crypto";
import { type VerifiedLeaf, verifyLeaf } from "#platform/identity/verifyLeaf.ts";
import type { EpochMs } from "#protocol/quantities.ts";
import type { PublicKey } from "#protocol/signature.ts";

export interface HomePins {
  readonly homeKey: PublicKey;
  /** PEM of the certificate that the Home shows. */
  readonly homeCertificate: string;
  /** PEM of the one that it has announced. */
  readonly nextHomeCertificate?: string;
}

/** The pinned leaves, of which each is of the pinned identity; none where any is not. */
export function pinnedLeaves(pins: HomePins): readonly VerifiedLeaf[] {
  const { homeCertificate, nextHomeCertificate, homeKey } = pins;
  const texts = nextHomeCertificate === undefined ? [homeCertificate] : [homeCertificate, nextHomeCertificate];
  const leaves = texts.map((text) => verifyLeaf(text)).filter((leaf) => leaf.ok);
  const sound = leaves.length === texts.length && leaves.every((leaf) => equal(leaf.publicKey, homeKey));
  return sound ? leaves : [];
}

/** The leaf where it is the same identity's, valid now, and ends later than every pinned one; else undefined. */
export function newerLeaf(
  certificate: string | Uint8Array,
  homeKey: PublicKey,
  pinned: readonly VerifiedLeaf[],
  now: EpochMs,
): VerifiedLeaf | undefined {
  const leaf = verifyLeaf(certificate);
  if (!leaf.ok || !equal(leaf.publicKey, homeKey)) return undefined;
  const valid = now >= leaf.notBefore && now < leaf.notAfter;
  return valid && pinned.every(({ notAfter }) => leaf.notAfter > notAfter) ? leaf : undefined;
}

/** Compares what a peer shows with what is pinned, in constant time. */
export function equal(left: string, right: string): boolean {
  return left.length === right.length && timingSafeEqual(Buffer.from(left), Buffer.from(right));
}
