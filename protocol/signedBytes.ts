// The bytes an Ed25519 signature covers: purpose, length and message, after DSSE's pre-authentication encoding.
// Shared by the Node and the browser implementation, so that both sign the very same bytes.

/** Every purpose a signature of ours can have. */
export type SignaturePurpose =
  | "arw-tls-binding-v1"
  | "arw-enrol-v1"
  | "arw-enrol-reply-v1"
  | "arw-receipt-v1"
  | "arw-link-v1"
  | "arw-welcome-v1"
  | "arw-rotate-v1"
  | "arw-manifest-v1"
  | "arw-checkpoint-v1"
  | "arw-witness-v1";

/** What every message that we sign begins with. */
export const ENVELOPE = "DSSEv1 ";

/** `DSSEv1 <purpose length> <purpose> <message length> <message>`; lengths in bytes. */
export function signedBytes(purpose: SignaturePurpose, message: Uint8Array): Uint8Array {
  const head = new TextEncoder().encode(`${ENVELOPE}${purpose.length} ${purpose} ${message.length} `);
  const bytes = new Uint8Array(head.length + message.length);
  bytes.set(head);
  bytes.set(message, head.length);
  return bytes;
}
