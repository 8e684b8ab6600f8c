// What a leaf of the egress ledger is: the canonical JSON of a fact of the journal that never changes, a record or what came
// of it. The text must stay the same for ever, or no proof that was given out holds: members may only be added as optional
// ones, and neither kind may get an upcaster.
import * as z from "zod";
import { canonicalJson } from "../canonicalJson.ts";
import { type Decoded, decodeJson } from "../decode.ts";
import type { EgressRecorded, EgressSettled, JournalEvent } from "../events.ts";
import { egressEventSchemas } from "../eventSchemas/egress.ts";

export type EgressLeaf = EgressRecorded | EgressSettled;

/** A record of ours takes about 800 characters; its texts are bounded where they come from. */
export const LEAF_CHARACTERS_MAX: number = 64 * 1024;

export function isEgressLeaf(event: JournalEvent): event is EgressLeaf {
  return event.kind === "EgressRecorded" || event.kind === "EgressSettled";
}

export function leafText(leaf: EgressLeaf): string {
  try {
    return canonicalJson(leaf);
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    // Half a character somewhere, as a text that was cut ends: canonical JSON has none, and every fact must have a leaf.
    return canonicalJson(JSON.parse(JSON.stringify(leaf, (_, member: unknown) => wellFormed(member))));
  }
}

function wellFormed(member: unknown): unknown {
  return typeof member === "string" ? member.toWellFormed() : member;
}

export const egressLeafSchema: z.ZodType<EgressLeaf> = z.union([
  egressEventSchemas.EgressRecorded,
  egressEventSchemas.EgressSettled,
]);

/** Reads a leaf; another text of the same fact is no leaf. */
export function readLeaf(text: string): Decoded<EgressLeaf> {
  const decoded = decodeJson(egressLeafSchema, text);
  if (!decoded.ok || leafText(decoded.value) === text) return decoded;
  return { ok: false, path: "$", problem: "is not in canonical form" };
}

/** A leaf on a wire or in a file: its text, for that is what was hashed. */
export const leafTextSchema: z.ZodType<string> = z.string().min(2).max(LEAF_CHARACTERS_MAX);
