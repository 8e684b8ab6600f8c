// A checkpoint of a ledger: how many leaves it has and their root, signed by the Home, as a note that other programs read too.
// It decides whether a note counts. A note with anything more, less or other than what was signed is no checkpoint.
// Source: C2SP signed-note and tlog-checkpoint; the signature covers the text itself, not our own envelope.
import * as z from "zod";
import { digestFromHex, digestHex, digestOf } from "../digest.ts";
import type { WorkspaceId } from "../ids.ts";
import {
  type PublicKey,
  publicKeyBytes,
  publicKeyOf,
  type SigningKey,
  signForeign,
  verifyForeign,
} from "../signature.ts";
import type { SizedRoot } from "./proofs.ts";

export interface TreeHead extends SizedRoot {
  /** Which ledger: its name in the note, and the name of the key that signs it. */
  readonly origin: string;
}

export type ReadNote =
  | { readonly ok: true; readonly head: TreeHead }
  | { readonly ok: false; readonly problem: string };

/** An origin, a size, a root and one signature take about 300. */
export const CHECKPOINT_CHARACTERS_MAX = 1_024;
const ED25519 = Buffer.of(1);
const KEY_HASH_BYTES = 4;
const FORM =
  /^([\x21-\x7e]+)\n(0|[1-9][0-9]{0,15})\n([A-Za-z0-9+/]{43}=)\n\n\u2014 ([\x21-\x7e]+) ([A-Za-z0-9+/]+={0,2})\n$/;

/** The name of the egress ledger of a workspace. */
export function egressOrigin(workspaceId: WorkspaceId): string {
  return `arw/${workspaceId}/egress`;
}

export function signCheckpoint(head: TreeHead, privateKey: SigningKey): string {
  const text = textOf(head);
  const signature = Buffer.concat([keyHash(head.origin, publicKeyOf(privateKey)), signForeign(text, privateKey)]);
  return `${text}\n\u2014 ${head.origin} ${signature.toString("base64")}\n`;
}

/** Reads a note of this ledger, signed with this key; else says why it does not count. */
export function readCheckpointNote(
  note: string,
  expected: { readonly origin: string; readonly key: PublicKey },
): ReadNote {
  if (note.length > CHECKPOINT_CHARACTERS_MAX) return refused("is too long for a checkpoint");
  const [, origin, size, root, signer, signed] = FORM.exec(note) ?? [];
  if (origin === undefined || size === undefined || root === undefined || signed === undefined) {
    return refused("does not have the form of a checkpoint");
  }
  if (origin !== expected.origin || signer !== origin) return refused(`is of ${origin}, not of ${expected.origin}`);
  const head = { origin, size: Number(size), root: digestFromHex(Buffer.from(root, "base64").toString("hex")) };
  const signature = Buffer.from(signed, "base64");
  // Of the texts that give the same bytes only the canonical one counts.
  const canonical = signature.toString("base64") === signed && note.startsWith(`${textOf(head)}\n`);
  if (!canonical || !Number.isSafeInteger(head.size)) return refused("is not written as checkpoints are");
  const hash = signature.subarray(0, KEY_HASH_BYTES);
  if (!hash.equals(keyHash(origin, expected.key))) return refused("is signed with another key");
  if (!verifyForeign(textOf(head), signature.subarray(KEY_HASH_BYTES), expected.key)) {
    return refused("does not carry the signature of its text");
  }
  return { ok: true, head };
}

function textOf({ origin, size, root }: TreeHead): string {
  return `${origin}\n${size}\n${Buffer.from(digestHex(root), "hex").toString("base64")}\n`;
}

function keyHash(name: string, key: PublicKey): Uint8Array {
  const named = Buffer.concat([Buffer.from(`${name}\n`), ED25519, publicKeyBytes(key)]);
  return Buffer.from(digestHex(digestOf(named)), "hex").subarray(0, KEY_HASH_BYTES);
}

function refused(problem: string): ReadNote {
  return { ok: false, problem };
}

/** Only the bound: whether a note counts depends on the ledger and the key. */
export const checkpointNoteSchema: z.ZodType<string> = z.string().min(1).max(CHECKPOINT_CHARACTERS_MAX);
