// Judges the next TLS leaf that a node hands over on its live link, before the core hears of it.
// A broken proof is the peer's fault and ends the link; a clock or an older leaf is answered with the reason.
import { leafTimeProblem, verifyLeaf } from "#platform/identity/verifyLeaf.ts";
import { provesNextCertificate } from "#platform/link/rotationProofs.ts";
import type { Digest } from "#protocol/digest.ts";
import { type Refusal, refuse } from "#protocol/errors.ts";
import type { EpochMs } from "#protocol/quantities.ts";
import type { PublicKey } from "#protocol/signature.ts";
import type { NextCertificate } from "#protocol/wire/worker.ts";

export interface CertificateHolder {
  readonly publicKey: PublicKey;
  /** PEM of the leaf that counts now. */
  readonly certificate: string;
  readonly exporter: Uint8Array;
}

export type CertificateVerdict =
  | { readonly kind: "proven"; readonly fingerprint: Digest; readonly certificate: string }
  | { readonly kind: "unproven"; readonly problem: string }
  | Refusal;

export function judgeNextCertificate(
  message: NextCertificate,
  holder: CertificateHolder,
  now: EpochMs,
): CertificateVerdict {
  const leaf = verifyLeaf(message.certificate);
  if (!leaf.ok) return unproven(leaf.problem);
  if (leaf.publicKey !== holder.publicKey) return unproven("it is of another identity");
  const { certificate, fingerprint } = leaf;
  if (!provesNextCertificate({ ...message, certificate }, holder.publicKey, holder.exporter)) {
    return unproven("its keys are not proven on this channel");
  }
  const skew = leafTimeProblem(leaf, "the worker's next", now);
  if (skew !== undefined) return refuse(skew.code, `At the Home: ${skew.message}`, skew.advice);
  const held = verifyLeaf(holder.certificate);
  // The one that counts already may be handed over again: its worker did not hear the answer.
  if (held.ok && fingerprint !== held.fingerprint && leaf.notAfter <= held.notAfter) {
    return refuse("certificate-not-newer", "The certificate ends no later than the present one.", "Make a new one.");
  }
  return { kind: "proven", fingerprint, certificate };
}

function unproven(problem: string): CertificateVerdict {
  return { kind: "unproven", problem: `the next certificate is refused: ${problem}` };
}
