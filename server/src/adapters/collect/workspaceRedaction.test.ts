// What a workspace's own files hold is taken out of texts, in every spelling, as soon as the files say so.
import assert from "node:assert/strict";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { openWorkspaceRedaction } from "./workspaceRedaction.ts";
import { SECRET_FILES_MAX, secretFiles, secretsOf } from "./workspaceSecrets.ts";

const signal = new AbortController().signal;
const SALT = new Uint8Array(32).fill(1);

async function folderWith(t: TestContext, files: Readonly<Record<string, string>>): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "arw-known-"));
  t.after(() => rm(folder, { recursive: true, force: true }));
  for (const [path, text] of Object.entries(files)) {
    await mkdir(join(folder, path, ".."), { recursive: true });
    await writeFile(join(folder, path), text);
  }
  return folder;
}

test("values of environment and credential files are known secrets, settings are not", () => {
  const text = [
    "# a comment",
    "NODE_ENV=development",
    "PORT=3000",
    "export DB_PASSWORD='correct horse battery'",
    'SESSION_SECRET="not-lot-but-named"  ',
    "PLAIN=Zk3Qv9Xw2Lr7Tn5Bp8Hd4Js6",
    "DATABASE_URL=postgres://app:s3cr3t-of-app@db:5432/app",
    "API_URL=https://api.example.com/v1",
    "  auth_token: yaml-value-9",
    "machine x login me password netrc-pass-1",
    "//registry.example/:_authToken=npm-auth-token-1",
  ].join("\n");
  const found = secretsOf(text);
  for (const secret of [
    "correct horse battery",
    "not-lot-but-named",
    "Zk3Qv9Xw2Lr7Tn5Bp8Hd4Js6",
    "s3cr3t-of-app",
    "yaml-value-9",
    "netrc-pass-1",
    "npm-auth-token-1",
  ]) {
    assert.ok(found.includes(secret), secret);
  }
  for (const setting of ["development", "3000", "https://api.example.com/v1"]) assert.ok(!found.includes(setting));
});

test("a secret of a file is taken out in all its spellings under one tag, and out of date files are read again", async (t) => {
  const secret = "correct horse battery";
  const folder = await folderWith(t, { "app/.env.local": `DB_PASSWORD="${secret}"\n`, "README.md": "read me" });
  const redaction = openWorkspaceRedaction(folder, [], SALT);
  assert.equal(redaction.current.redact(`it is ${secret}`).removed.length, 0);
  const first = await redaction.refreshed(signal);
  const spellings = [secret, encodeURIComponent(secret), Buffer.from(secret).toString("hex")].join(" ");
  const { text, removed } = first.redact(`${spellings} ${Buffer.from(`x${secret}`).toString("base64")}`);
  assert.equal(removed.length, 1);
  assert.equal(removed[0]?.times, 4);
  assert.ok(!text.includes("horse"));
  assert.equal(await redaction.refreshed(signal), first);
  await writeFile(join(folder, "app/.env.local"), "DB_PASSWORD=another-one-entirely\n");
  const second = await redaction.refreshed(signal);
  assert.equal(second.redact("another-one-entirely").removed.length, 1);
  assert.equal(second.redact(secret).removed.length, 0);
});

test("more files than the limit are not read", async (t) => {
  const names = Array.from({ length: SECRET_FILES_MAX + 1 }, (_, number) => [`.env.${number}`, "A=1"]);
  const folder = await folderWith(t, Object.fromEntries(names));
  assert.equal((await secretFiles(folder, signal)).length, SECRET_FILES_MAX);
});
