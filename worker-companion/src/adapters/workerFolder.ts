// The worker's own folder: its identity, its TLS leaf, the Home it belongs to, its blobs and its jobs.
// Everything is decoded on the way in; a file that cannot be read is named with the fix, never silently replaced.
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import * as z from "zod";
import { errnoOf } from "#platform/files/fileSystem.ts";
import { type Identity, loadOrCreateIdentity } from "#platform/identity/identityFile.ts";
import { freshLeaf, type HeldLeaves, openLeaves, removeLeaves } from "#platform/identity/leafFile.ts";
import { readSecretFile, removeSecretFile, replaceSecretFile } from "#platform/identity/secretFile.ts";
import type { TlsLeaf } from "#platform/identity/tlsLeaf.ts";
import { openPrivateFolder } from "#platform/state/privateFolder.ts";
import { canonicalJson } from "#protocol/canonicalJson.ts";
import { decodeJson } from "#protocol/decode.ts";
import { ArwError } from "#protocol/errors.ts";
import { nodeId, workspaceId } from "#protocol/ids.ts";
import { type PriceCard, priceCardSchema } from "#protocol/node.ts";
import type { EpochMs } from "#protocol/quantities.ts";
import { publicKeySchema } from "#protocol/signature.ts";
import { CERTIFICATE_CHARACTERS_MAX } from "#protocol/wire/worker.ts";
import type { Membership } from "./dial/enrol.ts";

/** The worker's place in its Home, and the name it was given there. */
export interface NamedMembership extends Membership {
  readonly name: string;
}

export interface WorkerFolder {
  readonly path: string;
  readonly identity: Identity;
  readonly blobsPath: string;
  readonly jobsPath: string;
  /** What was used of the owner's daily budget. */
  readonly dailyUsePath: string;
  /** A leaf for a Home that is yet to know this worker. */
  freshLeaf(now: EpochMs): Promise<TlsLeaf>;
  /** The leaf that the Home knows, and the next one. Throws ArwError `certificate-ran-out`. */
  leaves(now: EpochMs): Promise<HeldLeaves>;
  /** Undefined before the first join. Throws ArwError `worker-state-malformed`. */
  membership(): Promise<NamedMembership | undefined>;
  saveMembership(membership: NamedMembership): Promise<void>;
  /** Forgets the Home and the leaf that it knows; the identity stays. */
  removeMembership(): Promise<void>;
  /** The next opening makes another node of this machine. */
  removeIdentity(): Promise<void>;
  /** Counts this start of the worker, durably; the first is 1. Throws ArwError `worker-state-malformed`. */
  beginLife(): Promise<number>;
  /** What the owner charges, from `prices.json`; undefined where there is none. Throws ArwError `prices-malformed`. */
  prices(): Promise<PriceCard | undefined>;
}

const membershipSchema: z.ZodType<NamedMembership> = z.strictObject({
  name: z.string().min(1).max(64),
  addresses: z.array(z.string().min(3).max(300)).min(1).max(16),
  homeKey: publicKeySchema,
  homeCertificate: z.string().max(CERTIFICATE_CHARACTERS_MAX),
  nextHomeCertificate: z.string().max(CERTIFICATE_CHARACTERS_MAX).exactOptional(),
  homeId: nodeId.schema,
  workspaceId: workspaceId.schema,
  nodeId: nodeId.schema,
});

export async function openWorkerFolder(path: string): Promise<WorkerFolder> {
  await openPrivateFolder(path);
  const identityPath = join(path, "identity");
  const identity = await loadOrCreateIdentity(identityPath);
  const leafPath = join(path, "leaf.pem");
  const homePath = join(path, "home.json");
  return {
    path,
    identity,
    blobsPath: join(path, "blobs"),
    jobsPath: join(path, "jobs"),
    dailyUsePath: join(path, "daily-use.json"),
    freshLeaf: (now) => freshLeaf(leafPath, identity, now),
    leaves: (now) => openLeaves(leafPath, identity, now, "refuse"),
    membership: () => readMembership(homePath),
    saveMembership: (membership) => replaceSecretFile(homePath, Buffer.from(canonicalJson(membership))),
    removeMembership: async () => {
      await removeSecretFile(homePath);
      await removeLeaves(leafPath);
    },
    removeIdentity: () => removeSecretFile(identityPath),
    beginLife: () => countLife(join(path, "life.json")),
    prices: () => readPrices(join(path, "prices.json")),
  };
}

async function readMembership(path: string): Promise<NamedMembership | undefined> {
  const bytes = await readSecretFile(path);
  if (bytes === undefined) return undefined;
  const decoded = decodeJson(membershipSchema, bytes.toString("utf8"));
  if (decoded.ok) return decoded.value;
  throw new ArwError(
    "worker-state-malformed",
    `The file ${path} does not say which Home this worker belongs to: ${decoded.path} ${decoded.problem}.`,
    "Remove the file, and join again with a new invite: arw-worker join <invite>",
  );
}

const livesSchema: z.ZodType<{ readonly life: number }> = z.strictObject({
  life: z
    .number()
    .int()
    .min(1)
    .max(Number.MAX_SAFE_INTEGER - 1),
});

async function countLife(path: string): Promise<number> {
  const bytes = await readSecretFile(path);
  const decoded = bytes === undefined ? undefined : decodeJson(livesSchema, bytes.toString("utf8"));
  if (decoded?.ok === false) {
    throw new ArwError(
      "worker-state-malformed",
      `The file ${path} does not say how often this worker was started: ${decoded.path} ${decoded.problem}.`,
      "Remove the file, then: arw-worker leave, and join again with a new invite.",
    );
  }
  const life = (decoded?.value.life ?? 0) + 1;
  await replaceSecretFile(path, Buffer.from(canonicalJson({ life })));
  return life;
}

async function readPrices(path: string): Promise<PriceCard | undefined> {
  let text: string;
  try {
    text = await readFile(path, "utf8");
  } catch (error) {
    if (errnoOf(error) === "ENOENT") return undefined;
    throw pricesProblem(path, `it cannot be read (${errnoOf(error) ?? String(error)})`, error);
  }
  const decoded = decodeJson(priceCardSchema, text);
  if (decoded.ok) return decoded.value;
  throw pricesProblem(path, `${decoded.path} ${decoded.problem}`);
}

function pricesProblem(path: string, problem: string, cause?: unknown): ArwError {
  return new ArwError(
    "prices-malformed",
    `The price card ${path} does not count: ${problem}.`,
    'Correct it, like {"currency":"EUR","perThousandTokensIn":0,"perThousandTokensOut":0,"perToolMinute":2000,"perGigabyteIn":0}, or remove it: without one the cost is unknown.',
    cause === undefined ? {} : { cause },
  );
}
