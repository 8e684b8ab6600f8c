// The owner secret of a Home: minted at its first start, shown once, and kept as a hash only.
// It decides whether a text is the secret. It must never store, log or return the secret after its minting.
import { ArwError } from "#protocol/errors.ts";
import { base32 } from "#protocol/ids.ts";
import { createHash, randomBytes, timingSafeEqual } from "node:crypto";
import { open, readFile, stat } from "node:fs/promises";
import { dirname, join } from "node:path";

export interface OwnerSecret {
  /** Compares in constant time. */
  readonly check: (secret: string) => boolean;
  /** The secret itself, only from the very call that minted it. */
  readonly minted?: string;
}

/** 160 bits: nobody guesses it, however many connections they open. */
const SECRET_BYTES = 20;
const FILE = "owner-secret.sha256";
const FORM = /^[0-9a-f]{64}\n$/;

/** Reads the hash in the Home's folder, or mints a secret. Throws ArwError `owner-secret-unusable` for a lax or broken file. */
export async function openOwnerSecret(homeFolder: string): Promise<OwnerSecret> {
  const path = join(homeFolder, FILE);
  try {
    const secret = `arw-owner-${base32(randomBytes(SECRET_BYTES))}`;
    await writeNew(path, `${sha256(secret).toString("hex")}\n`);
    return { check: checkAgainst(sha256(secret)), minted: secret };
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "EEXIST")) throw error;
  }
  return { check: checkAgainst(await readHash(path)) };
}

/** Why the owner could not prove who they are after the next start; undefined where all is well. It mints nothing. */
export async function ownerSecretProblem(homeFolder: string): Promise<ArwError | undefined> {
  const path = join(homeFolder, FILE);
  try {
    await readHash(path);
    return undefined;
  } catch (error) {
    if (error instanceof ArwError) return error;
    return unusable(
      path,
      "cannot be read",
      "Stop the Home; its next start mints a new owner secret and shows it once.",
    );
  }
}

async function readHash(path: string): Promise<Buffer> {
  if (process.platform !== "win32" && ((await stat(path)).mode & 0o077) !== 0) {
    throw unusable(path, "can be read or changed by others", `Run: chmod 600 '${path}'`);
  }
  const text = await readFile(path, "utf8");
  if (!FORM.test(text)) {
    throw unusable(path, "is not a SHA-256", `Remove it; the next start mints a new owner secret and shows it once.`);
  }
  return Buffer.from(text.trim(), "hex");
}

/** Durable before the secret is shown: a person must never note down a secret that a power cut takes back. */
async function writeNew(path: string, text: string): Promise<void> {
  const file = await open(path, "wx", 0o600);
  try {
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
  if (process.platform === "win32") return;
  const folder = await open(dirname(path), "r");
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

function checkAgainst(expected: Buffer): (secret: string) => boolean {
  return (secret) => timingSafeEqual(sha256(secret), expected);
}

function sha256(secret: string): Buffer {
  return createHash("sha256").update(secret).digest();
}

function unusable(path: string, problem: string, advice: string): ArwError {
  return new ArwError("owner-secret-unusable", `The owner secret's file ${path} ${problem}.`, advice);
}
