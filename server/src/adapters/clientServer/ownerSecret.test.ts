// The owner secret: shown once, kept as a hash, and refused where its file is not private.
import assert from "node:assert/strict";
import { chmod, mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { openOwnerSecret, ownerSecretProblem } from "./ownerSecret.ts";

async function homeFolder(t: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "arw-owner-"));
  t.after(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

test("the first opening mints a secret, every later one only knows it", async (t) => {
  const folder = await homeFolder(t);
  const first = await openOwnerSecret(folder);
  assert.match(first.minted ?? "", /^arw-owner-[a-z2-7]{32}$/);
  const second = await openOwnerSecret(folder);
  assert.equal(second.minted, undefined);
  for (const { check } of [first, second]) {
    assert.equal(check(first.minted ?? ""), true);
    assert.equal(check(`${first.minted} `), false);
    assert.equal(check(""), false);
  }
});

test("the secret itself is in no file, and the hash's file is private", async (t) => {
  const folder = await homeFolder(t);
  const { minted } = await openOwnerSecret(folder);
  const path = join(folder, "owner-secret.sha256");
  assert.equal((await readFile(path, "utf8")).includes(minted ?? "?"), false);
  assert.equal((await stat(path)).mode & 0o777, 0o600);
});

test("a hash that others could change, or that is none, is refused with advice", async (t) => {
  const folder = await homeFolder(t);
  await openOwnerSecret(folder);
  const path = join(folder, "owner-secret.sha256");
  await chmod(path, 0o622);
  await assert.rejects(openOwnerSecret(folder), { code: "owner-secret-unusable" });
  await chmod(path, 0o600);
  await writeFile(path, "not a hash");
  await assert.rejects(openOwnerSecret(folder), { code: "owner-secret-unusable" });
});

test("a diagnosis says what is wrong with the hash, and mints nothing where it is gone", async (t) => {
  const folder = await homeFolder(t);
  await openOwnerSecret(folder);
  const path = join(folder, "owner-secret.sha256");
  assert.equal(await ownerSecretProblem(folder), undefined);
  await chmod(path, 0o644);
  assert.match((await ownerSecretProblem(folder))?.advice ?? "", /chmod 600/);
  await rm(path);
  assert.equal((await ownerSecretProblem(folder))?.code, "owner-secret-unusable");
  await assert.rejects(stat(path), { code: "ENOENT" });
});
