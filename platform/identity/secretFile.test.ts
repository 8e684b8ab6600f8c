// A secret is made once, is its owner's alone, and is refused as soon as others could have had it.
import assert from "node:assert/strict";
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { identityOf, loadOrCreateIdentity } from "./identityFile.ts";
import {
  createSecretFile,
  readSecretFile,
  removeSecretFile,
  replaceSecretFile,
  SECRET_FILE_BYTES_MAX,
} from "./secretFile.ts";

function folderOf(context: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), "arw-secret-"));
  context.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

test("an identity is made once, mode 0600 in a folder of mode 0700, and found again", async (context) => {
  const path = join(folderOf(context), "state", "identity");
  const made = await loadOrCreateIdentity(path);
  const found = await loadOrCreateIdentity(path);
  assert.equal(found.publicKey, made.publicKey);
  assert.equal(found.nodeId, made.nodeId);
  assert.equal(statSync(path).mode & 0o777, 0o600);
  assert.equal(statSync(join(path, "..")).mode & 0o777, 0o700);
});

test("processes that start at once share one identity and leave no other file", async (context) => {
  const folder = folderOf(context);
  const all = await Promise.all(Array.from({ length: 20 }, () => loadOrCreateIdentity(join(folder, "identity"))));
  assert.equal(new Set(all.map(({ nodeId }) => nodeId)).size, 1);
  assert.deepEqual(readdirSync(folder), ["identity"]);
});

for (const mode of [0o640, 0o604, 0o660, 0o644]) {
  test(`an identity of mode ${mode.toString(8)} is refused with the chmod that mends it`, async (context) => {
    const path = join(folderOf(context), "identity");
    await loadOrCreateIdentity(path);
    chmodSync(path, mode);
    await assert.rejects(loadOrCreateIdentity(path), { code: "identity-permissions", advice: /chmod 600/ });
    chmodSync(path, 0o600);
    await loadOrCreateIdentity(path);
  });
}

test("a folder that others may write to is refused, for reading and for making", async (context) => {
  const folder = folderOf(context);
  const path = join(folder, "identity");
  await loadOrCreateIdentity(path);
  chmodSync(folder, 0o770);
  await assert.rejects(loadOrCreateIdentity(path), { code: "identity-permissions", advice: /chmod 700/ });
  await assert.rejects(loadOrCreateIdentity(join(folder, "other")), { code: "identity-permissions" });
});

test("a symbolic link in the place of the identity is not followed", async (context) => {
  const folder = folderOf(context);
  await loadOrCreateIdentity(join(folder, "elsewhere"));
  symlinkSync(join(folder, "elsewhere"), join(folder, "identity"));
  await assert.rejects(loadOrCreateIdentity(join(folder, "identity")), { code: "identity-permissions" });
});

for (const [claim, content] of [
  ["an empty identity file", ""],
  ["a cut identity file", "arw-identity-v1 AAAA\n"],
  ["a binary identity file", "\0".repeat(32)],
] as const) {
  test(`${claim} is refused and left as it is`, async (context) => {
    const path = join(folderOf(context), "identity");
    writeFileSync(path, content, { mode: 0o600 });
    await assert.rejects(loadOrCreateIdentity(path), { code: "identity-malformed" });
    assert.equal((await readSecretFile(path))?.toString("latin1"), content);
  });
}

test("a folder in the place of a secret is refused", async (context) => {
  const path = join(folderOf(context), "identity");
  mkdirSync(path, { mode: 0o700 });
  await assert.rejects(readSecretFile(path), { code: "identity-malformed" });
});

test("a secret is created once, replaced at will and removed without a trace", async (context) => {
  const folder = folderOf(context);
  const path = join(folder, "secret");
  assert.equal(await readSecretFile(path), undefined);
  assert.equal(await createSecretFile(path, Buffer.from("one")), true);
  assert.equal(await createSecretFile(path, Buffer.from("two")), false);
  assert.equal(String(await readSecretFile(path)), "one");
  await replaceSecretFile(path, Buffer.from("three"));
  assert.equal(String(await readSecretFile(path)), "three");
  await removeSecretFile(path);
  await removeSecretFile(path);
  assert.deepEqual(readdirSync(folder), []);
});

test("a secret at the limit is kept, a larger one is neither written nor read", async (context) => {
  const path = join(folderOf(context), "secret");
  await createSecretFile(path, Buffer.alloc(SECRET_FILE_BYTES_MAX));
  assert.equal((await readSecretFile(path))?.length, SECRET_FILE_BYTES_MAX);
  await assert.rejects(replaceSecretFile(path, Buffer.alloc(SECRET_FILE_BYTES_MAX + 1)), RangeError);
  writeFileSync(path, Buffer.alloc(SECRET_FILE_BYTES_MAX + 1));
  await assert.rejects(readSecretFile(path), { code: "identity-malformed" });
});

test("one seed is one identity", () => {
  const seed = Buffer.alloc(32, 5);
  assert.equal(identityOf(seed).nodeId, identityOf(Buffer.from(seed)).nodeId);
  assert.notEqual(identityOf(seed).nodeId, identityOf(Buffer.alloc(32, 6)).nodeId);
  assert.throws(() => identityOf(Buffer.alloc(31)), RangeError);
});
