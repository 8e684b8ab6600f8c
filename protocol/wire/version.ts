// The version of every wire of ours. A peer of another version is refused before anything else is read, with advice.
import * as z from "zod";

export const PROTOCOL_VERSION = 1;

/** What a Home or worker closes a link with, so that the peer can say why. WebSocket close codes 4000-4999 are ours. */
export const CLOSE_CODES = {
  "protocol-version": 4400,
  "malformed-message": 4401,
  "message-out-of-order": 4402,
  "foreign-workspace": 4403,
  "not-enrolled": 4404,
  "frame-too-large": 4405,
  "too-deep": 4406,
  replaced: 4407,
  revoked: 4408,
  "heartbeat-missed": 4409,
  "clustering-off": 4410,
  "unexpected-message": 4411,
  "wrong-digest": 4412,
  goodbye: 4413,
  "state-restored": 4414,
  "ledger-broken": 4415,
} as const;

export type CloseCode = keyof typeof CLOSE_CODES;

/** Reads only the version of a message, so that a peer of any version can be told apart from garbage. */
export const versionedSchema: z.ZodType<{ readonly v: number }> = z.looseObject({ v: z.number().int() });

/** One sentence for a peer of another version: cause and fix. */
export function versionAdvice(theirs: number): string {
  const older = theirs < PROTOCOL_VERSION ? "Update the peer" : "Update this program";
  return `This side speaks protocol ${PROTOCOL_VERSION}, the peer ${theirs}. ${older} so that both speak the same.`;
}
