// What a workspace's own files hold is taken out of texts, in every spelling, as soon as the files say so.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { chmod, mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setImmediate } from "node:timers/promises";
import { test, type TestContext } from "node:test";
import { ArwError } from "#protocol/errors.ts";
import { KNOWN_SECRETS_MAX } from "#platform/redaction/knownSecrets.ts";
import { openWorkspaceRedaction } from "./workspaceRedaction.ts";
import { SECRET_FILES_MAX, secretFiles, secretsOf } from "./workspaceSecrets.ts";

const signal = new AbortController().signal;
const [FIRST, SECOND, THIRD] = ["first-chosen-secret", "second-chosen-secret", "third-chosen-secret"] as const;
const ORDINARY_USER = 65_534;
const SALT = new Uint8Array(32).fill(1);

async function folderWith(t: TestContext, files: Readonly<Record<string, string>>): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "arw-known-"));
  const user = process.geteuid?.();
  t.after(async () => {
    if (user !== undefined) process.seteuid?.(user);
    await rm(folder, { recursive: true, force: true });
  });
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
  const redaction = openWorkspaceRedaction(folder, [], SALT, assert.ifError);
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

test("secrets in submodules, in other repositories inside and behind links are known, and nothing outside is read", async (t) => {
  const [fourth, fifth, outside] = ["fourth-chosen-secret", "fifth-chosen-secret", "outside-chosen-secret"];
  const folder = await folderWith(t, {
    ".env": `A_SECRET=${FIRST}`,
    "module/.env": `B_SECRET=${SECOND}`,
    "module/deep/nested/.env": `C_SECRET=${THIRD}`,
    "beside/.env.local": `D_SECRET=${fourth}`,
    "settings/real": `E_SECRET=${fifth}`,
  });
  const elsewhere = await folderWith(t, { ".env": `F_SECRET=${outside}` });
  const git = (...words: readonly string[]): void => {
    const author = ["-c", "user.name=a", "-c", "user.email=a@example.com", "-c", "commit.gpgsign=false"];
    execFileSync("git", [...author, ...words], { cwd: folder, stdio: "ignore" });
  };
  for (const repository of [".", "module", "module/deep/nested", "beside"]) git("init", "-q", repository);
  git("-C", "module", "commit", "-q", "--allow-empty", "-m", "one");
  const head = execFileSync("git", ["-C", join(folder, "module"), "rev-parse", "HEAD"])
    .toString()
    .trim();
  git("update-index", "--add", "--cacheinfo", `160000,${head},module`);
  await symlink("settings/real", join(folder, ".env.production"));
  await symlink(join(elsewhere, ".env"), join(folder, ".env.test"));
  await symlink(elsewhere, join(folder, "linked"));
  const redactor = await openWorkspaceRedaction(folder, [], SALT, assert.ifError).refreshed(signal);
  for (const secret of [FIRST, SECOND, THIRD, fourth, fifth]) {
    assert.equal(redactor.redact(`it is ${secret}`).removed.length, 1, secret);
  }
  assert.equal(redactor.redact(`it is ${outside}`).removed.length, 0);
});

test("secrets beyond the limit of those that are looked for are counted and said, once", async (t) => {
  const lines = Array.from(
    { length: KNOWN_SECRETS_MAX + 2 },
    (_, number) => `P${number}_PASSWORD=drawn-${number}-by-lot`,
  );
  const folder = await folderWith(t, { ".env": lines.slice(0, -2).join("\n") });
  const said: string[] = [];
  const redaction = openWorkspaceRedaction(folder, [], SALT, (error) => said.push(String(error)));
  await redaction.refreshed(signal);
  assert.deepEqual([redaction.unknownSecrets, said], [0, []]);
  await writeFile(join(folder, ".env"), lines.join("\n"));
  await redaction.refreshed(signal);
  await writeFile(join(folder, ".env"), `${lines.join("\n")}\n`);
  await redaction.refreshed(signal);
  assert.equal(redaction.unknownSecrets, 2);
  assert.equal(said.length, 1);
  assert.match(said[0] ?? "", /hold 2 more exact secrets than the 256 that are looked for/);
});

test("more files than the limit are not read", async (t) => {
  const names = Array.from({ length: SECRET_FILES_MAX + 1 }, (_, number) => [`.env.${number}`, "A=1"]);
  const folder = await folderWith(t, Object.fromEntries(names));
  const { files, missed } = await secretFiles(folder, signal);
  assert.equal(files.length, SECRET_FILES_MAX);
  assert.match(missed ?? "", /more than 256 files/);
  const redaction = openWorkspaceRedaction(folder, [], SALT, assert.ifError);
  await assert.rejects(redaction.refreshed(signal), hasCode("secrets-unread"));
});

test("files of dependencies are read last, and are not missed past the limit", async (t) => {
  const names = Array.from({ length: SECRET_FILES_MAX }, (_, number) => [`node_modules/a/.env.${number}`, "A=1"]);
  const folder = await folderWith(t, { ...Object.fromEntries(names), "server/.env": "A=1" });
  const { files, missed } = await secretFiles(folder, signal);
  assert.deepEqual([files[0]?.path, files.length, missed], ["server/.env", SECRET_FILES_MAX, undefined]);
});

test("what git ignores is read as well, also in a folder that it ignores wholly, whatever the case of its name", async (t) => {
  const folder = await folderWith(t, {
    ".gitignore": ".env\n/config/\n",
    ".env": `A_PASSWORD=${FIRST}\n`,
    "config/deep/.ENV.local": `A_PASSWORD=${SECOND}\n`,
    "config/credentials.yml": `a_password: ${THIRD}\n`,
    "config/plain.txt": "nothing",
  });
  execFileSync("git", ["init"], { cwd: folder, stdio: "ignore" });
  const { files, missed } = await secretFiles(folder, signal);
  const paths = files.map(({ path }) => path);
  assert.deepEqual([paths, missed], [[".env", "config/credentials.yml", "config/deep/.ENV.local"], undefined]);
  const redactor = await openWorkspaceRedaction(folder, [], SALT, assert.ifError).refreshed(signal);
  assert.equal(redactor.redact(`${FIRST} ${SECOND} ${THIRD}`).removed.length, 3);
});

test("where git fails the folder is walked, and a folder that cannot be read is skipped", async (t) => {
  const folder = await folderWith(t, { ".git/HEAD": "damaged", "app/.env": "A=1", "closed/.env": "A=1" });
  await chmod(join(folder, "closed"), 0o000);
  await asOrdinaryUser(folder);
  const { files, missed } = await secretFiles(folder, signal);
  assert.deepEqual([files.map(({ path }) => path), missed], [["app/.env"], undefined]);
});

test("a workspace that cannot be listed refuses what would leave, with advice", async (t) => {
  const folder = await folderWith(t, {});
  const redaction = openWorkspaceRedaction(join(folder, "gone"), [], SALT, assert.ifError);
  await assert.rejects(redaction.refreshed(signal), hasCode("secrets-unread"));
});

test("a file that could not be read refuses what would leave, and is read the next time", async (t) => {
  const folder = await folderWith(t, { ".env": `A_PASSWORD=${FIRST}\n`, "app/.env": `A_PASSWORD=${SECOND}\n` });
  const redaction = openWorkspaceRedaction(folder, [], SALT, assert.ifError);
  await chmod(join(folder, ".env"), 0o000);
  const restore = await asOrdinaryUser(folder);
  await assert.rejects(redaction.refreshed(signal), hasCode("secrets-unread"));
  await assert.rejects(redaction.refreshed(signal), hasCode("secrets-unread"));
  assert.equal(redaction.current.redact(SECOND).removed.length, 1);
  restore();
  await chmod(join(folder, ".env"), 0o600);
  assert.equal((await redaction.refreshed(signal)).redact(FIRST).removed.length, 1);
});

test("a look that nobody waits for makes the secrets known, and its trouble is told once and stops nothing", async (t) => {
  const folder = await folderWith(t, { ".env": `A_PASSWORD=${FIRST}\n` });
  const redaction = openWorkspaceRedaction(folder, [], SALT, assert.ifError);
  redaction.refreshLater();
  redaction.refreshLater();
  while (redaction.current.redact(FIRST).removed.length === 0) await setImmediate();
  await redaction.close();
  const told = new Promise<unknown>((resolve) => {
    openWorkspaceRedaction(join(folder, "gone"), [], SALT, resolve).refreshLater();
  });
  assert.ok(hasCode("secrets-unread")(await told));
});

function hasCode(code: string): (error: unknown) => boolean {
  return (error) => error instanceof ArwError && error.code === code;
}

/** Root may read everything: the test goes on as a user who may not, until it is restored or ends. */
async function asOrdinaryUser(folder: string): Promise<() => void> {
  await chmod(folder, 0o755);
  const user = process.geteuid?.();
  if (user !== 0) return () => undefined;
  const restore = (): void => process.seteuid?.(user);
  process.seteuid?.(ORDINARY_USER);
  return restore;
}
