// Keeps a node's TLS leaves in its state folder: the one it shows, and beside it the next one, made early so that the peers
// know it before it is shown. Key and certificate live in one file: two files could come from two leaves after a crash.
// It must never drop a leaf that a peer may still need while that leaf is valid.
import { createPrivateKey, X509Certificate } from "node:crypto";
import { ArwError } from "#protocol/errors.ts";
import type { EpochMs } from "#protocol/quantities.ts";
import type { Identity } from "./identityFile.ts";
import { readSecretFile, removeSecretFile, replaceSecretFile } from "./secretFile.ts";
import { mintLeaf, type TlsLeaf } from "./tlsLeaf.ts";
import { verifyLeaf } from "./verifyLeaf.ts";

/** With less life left than this the next leaf is made and told to the peers. A peer away for less than that learns it in time. */
export const LEAF_NEXT_DAYS_BEFORE = 10;
/** A leaf with less life left than this is not handed to a new peer: `freshLeaf` makes another. */
export const LEAF_RENEWED_DAYS_BEFORE = 5;

const DAY_MS = 86_400_000;
const CERTIFICATE_BEGINS = "-----BEGIN CERTIFICATE-----";

export interface HeldLeaves {
  /** The one to show now. */
  readonly current: TlsLeaf;
  /** The one to show next, once the peers know it. */
  readonly next: TlsLeaf | undefined;
  /** The next leaf, made and saved when the current one nears its end; undefined as long as that is far. */
  prepareNext(now: EpochMs): Promise<TlsLeaf | undefined>;
  /** From now on the next leaf is the current one. Nothing happens where there is none. */
  promoteNext(): Promise<void>;
}

/**
 * The leaves in the files. A current one that ran out gives way to the next one. Where neither is good any more: minted
 * anew for whom its peers know by its identity (`mint`), or ArwError `certificate-ran-out` for whom they know by its leaf.
 */
export async function openLeaves(
  path: string,
  identity: Identity,
  now: EpochMs,
  whenRunOut: "mint" | "refuse",
): Promise<HeldLeaves> {
  const nextPath = nextOf(path);
  let next = await readLeaf(nextPath, identity);
  let current = await readLeaf(path, identity);
  const ranOut = current !== undefined && now >= current.notAfter ? current.notAfter : undefined;
  if (next !== undefined && now >= next.notAfter) next = undefined;
  // A crash between the two names of one leaf: it took over already.
  if (next !== undefined && next.fingerprint === current?.fingerprint) next = undefined;
  if (current === undefined || ranOut !== undefined) {
    if (next === undefined && ranOut !== undefined && whenRunOut === "refuse") throw ranOutAt(ranOut);
    current = next ?? (await mintLeaf(identity, now));
    next = undefined;
    await saveLeaf(path, current);
    await removeSecretFile(nextPath);
  }
  return leavesOf(path, identity, current, next);
}

/** A leaf for a peer that is yet to know this node: the saved one while it has days enough left, else a new one, saved first. */
export async function freshLeaf(path: string, identity: Identity, now: EpochMs): Promise<TlsLeaf> {
  const saved = await readLeaf(path, identity);
  if (saved !== undefined && saved.notAfter - now > LEAF_RENEWED_DAYS_BEFORE * DAY_MS) return saved;
  const fresh = await mintLeaf(identity, now);
  await saveLeaf(path, fresh);
  await removeSecretFile(nextOf(path));
  return fresh;
}

export async function removeLeaves(path: string): Promise<void> {
  await removeSecretFile(path);
  await removeSecretFile(nextOf(path));
}

function leavesOf(path: string, identity: Identity, first: TlsLeaf, second: TlsLeaf | undefined): HeldLeaves {
  let current = first;
  let next = second;
  return {
    get current() {
      return current;
    },
    get next() {
      return next;
    },
    async prepareNext(now) {
      if (current.notAfter - now > LEAF_NEXT_DAYS_BEFORE * DAY_MS) return next;
      if (next !== undefined) return next;
      const minted = await mintLeaf(identity, now);
      await saveLeaf(nextOf(path), minted);
      next = minted;
      return minted;
    },
    async promoteNext() {
      if (next === undefined) return;
      const promoted = next;
      // The new file is whole before the old name is gone: a crash in between leaves the same leaf twice.
      await saveLeaf(path, promoted);
      await removeSecretFile(nextOf(path));
      current = promoted;
      next = undefined;
    },
  };
}

function nextOf(path: string): string {
  return `${path}.next`;
}

async function saveLeaf(path: string, leaf: TlsLeaf): Promise<void> {
  await replaceSecretFile(path, Buffer.from(`${leaf.privateKey.trim()}\n${leaf.certificate}`));
}

/** Undefined for anything but a key, its certificate and this identity's binding: a leaf costs nothing to make again. */
async function readLeaf(path: string, identity: Identity): Promise<TlsLeaf | undefined> {
  const text = (await readSecretFile(path))?.toString("utf8") ?? "";
  const split = text.indexOf(CERTIFICATE_BEGINS);
  if (split < 0) return undefined;
  const privateKey = text.slice(0, split);
  const verdict = verifyLeaf(text.slice(split));
  if (!verdict.ok || verdict.publicKey !== identity.publicKey || !isKeyOf(privateKey, verdict.certificate)) {
    return undefined;
  }
  return {
    certificate: verdict.certificate,
    privateKey,
    fingerprint: verdict.fingerprint,
    notAfter: verdict.notAfter,
  };
}

function isKeyOf(privateKey: string, certificate: string): boolean {
  try {
    return new X509Certificate(certificate).checkPrivateKey(createPrivateKey(privateKey));
  } catch {
    return false;
  }
}

function ranOutAt(end: EpochMs): ArwError {
  return new ArwError(
    "certificate-ran-out",
    `This machine's certificate ran out at ${new Date(end).toISOString()}, before its Home could be told of the next one.`,
    "Ask the Home's owner for an invite, and join again with: arw-worker join <invite>. The Home knows the machine again. If the time is wrong, set this machine's clock.",
  );
}
