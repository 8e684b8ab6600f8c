// The steps of the self-test on this very machine: its crypto, the disk of the Home's state folder, its TLS.
// Each throws with what was wrong. It leaves no file and no port behind.
import { randomBytes } from "node:crypto";
import { open, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { identityOf } from "#platform/identity/identityFile.ts";
import type { EpochMs } from "#protocol/quantities.ts";
import { sign, verify } from "#protocol/signature.ts";
import type { SelfTestSteps } from "./selfTest.ts";
import { openSelfTestDoor } from "./selfTestDoor.ts";

const SCRATCH_FILE = "self-test";
const SCRATCH_BYTES = 64;

export function selfTestSteps(homeFolder: string, now: () => EpochMs): SelfTestSteps {
  return {
    signatures: async () => trySignatures(),
    files: () => tryFiles(homeFolder),
    openDoor: () => openSelfTestDoor(now),
  };
}

function trySignatures(): void {
  const identity = identityOf(randomBytes(32));
  const message = randomBytes(32);
  const signature = sign("arw-link-v1", message, identity.privateKey);
  if (!verify("arw-link-v1", message, signature, identity.publicKey)) throw new Error("a good one does not verify");
  message.writeUInt8(message.readUInt8(0) ^ 1);
  if (verify("arw-link-v1", message, signature, identity.publicKey)) throw new Error("a bad one verifies");
}

async function tryFiles(folder: string): Promise<void> {
  const path = join(folder, SCRATCH_FILE);
  const bytes = randomBytes(SCRATCH_BYTES);
  try {
    await synced(path, "w", async (file) => file.write(bytes));
    // Windows has no way to sync a folder; its file system orders names itself.
    if (process.platform !== "win32") await synced(folder, "r", async () => undefined);
    if (!(await readFile(path)).equals(bytes)) throw new Error("what was written is not what is read");
  } finally {
    await rm(path, { force: true });
  }
}

async function synced(
  path: string,
  flags: string,
  use: (file: Awaited<ReturnType<typeof open>>) => Promise<unknown>,
): Promise<void> {
  const file = await open(path, flags, 0o600);
  try {
    await use(file);
    await file.sync();
  } finally {
    await file.close();
  }
}
