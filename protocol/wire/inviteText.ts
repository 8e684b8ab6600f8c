// An invite as one line of text that survives chat programs: `arw1_` and base64url of its JSON.
import { canonicalJson } from "../canonicalJson.ts";
import { decodeJson } from "../decode.ts";
import { ArwError } from "../errors.ts";
import { type Invite, inviteSchema } from "./enrol.ts";

const PREFIX = "arw1_";
/** Longer text is no invite of ours. */
export const INVITE_CHARACTERS_MAX = 16_384;

export function inviteText(invite: Invite): string {
  return PREFIX + Buffer.from(canonicalJson(invite)).toString("base64url");
}

/** Throws ArwError `invite-malformed` with what is wrong. White space inside, as line wrapping leaves it, is ignored. */
export function parseInvite(text: string): Invite {
  const compact = text.replace(/\s+/g, "");
  const malformed = (problem: string): ArwError =>
    new ArwError(
      "invite-malformed",
      `This is not a complete ARW invite: ${problem}.`,
      "Copy the whole line that starts with arw1_ from the Home, or ask its owner for a new invite.",
    );
  if (!compact.startsWith(PREFIX)) throw malformed(`it does not start with ${PREFIX}`);
  if (compact.length > INVITE_CHARACTERS_MAX) throw malformed("it is too long");
  const encoded = compact.slice(PREFIX.length);
  // Buffer.from skips what is no base64url, so a damaged invite could pass for another one.
  if (!/^[A-Za-z0-9_-]+$/.test(encoded)) throw malformed("it holds characters that no invite has");
  const decoded = decodeJson(inviteSchema, Buffer.from(encoded, "base64url").toString("utf8"));
  if (!decoded.ok) throw malformed(`${decoded.path} ${decoded.problem}`);
  return decoded.value;
}
