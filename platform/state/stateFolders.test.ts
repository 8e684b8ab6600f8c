// State folders: where they are on each system, and who may enter them.
import assert from "node:assert/strict";
import { chmod, mkdir, mkdtemp, rm, stat, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { ArwError } from "#protocol/errors.ts";
import { openPrivateFolder, realWorkspaceFolder } from "./privateFolder.ts";
import { type Machine, SOCKET_PATH_BYTES_MAX, stateFolders, thisMachine, workspaceIdOf } from "./stateFolders.ts";

const LINUX: Machine = {
  env: {},
  platform: "linux",
  homeDirectory: "/home/ada",
  temporaryDirectory: "/tmp",
  userId: 1000,
};
const WORKSPACE = workspaceIdOf("/home/ada/parser");

test("each system has its own usual state folder, and ARW_STATE_HOME beats them all", () => {
  assert.equal(stateFolders(LINUX).root, "/home/ada/.local/state/arw");
  assert.equal(stateFolders({ ...LINUX, env: { XDG_STATE_HOME: "/state" } }).root, "/state/arw");
  assert.equal(stateFolders({ ...LINUX, env: { XDG_STATE_HOME: "state" } }).root, "/home/ada/.local/state/arw");
  assert.equal(stateFolders({ ...LINUX, platform: "darwin" }).root, "/home/ada/Library/Application Support/arw");
  const windows = { ...LINUX, platform: "win32", env: { LOCALAPPDATA: "C:\\Users\\ada\\Local" } } as const;
  assert.equal(stateFolders(windows).root, "C:\\Users\\ada\\Local\\arw");
  assert.equal(stateFolders(windows).socketPath(WORKSPACE), `\\\\.\\pipe\\arw-${WORKSPACE}`);
  for (const platform of ["linux", "darwin", "win32"] as const) {
    assert.equal(stateFolders({ ...LINUX, platform, env: { ARW_STATE_HOME: "/elsewhere" } }).root, "/elsewhere");
  }
});

test("a workspace's folder follows from its real path alone", () => {
  assert.equal(workspaceIdOf("/home/ada/parser"), WORKSPACE);
  assert.notEqual(workspaceIdOf("/home/ada/other"), WORKSPACE);
  assert.match(stateFolders(LINUX).homeFolder(WORKSPACE), /^\/home\/ada\/\.local\/state\/arw\/homes\/ws_[a-z2-7]{26}$/);
});

test("a user whom the system knows no name for has folders too", (t) => {
  const { getuid } = process;
  if (getuid === undefined) return t.skip("no user ids on this system");
  t.after(() => {
    process.getuid = getuid;
  });
  process.getuid = () => 12_345;
  assert.equal(thisMachine().userId, 12_345);
});

test("the socket lies in the runtime folder, except for Homes of a chosen state folder", () => {
  const env = { XDG_RUNTIME_DIR: "/run/user/1000" };
  assert.equal(stateFolders({ ...LINUX, env }).socketPath(WORKSPACE), `/run/user/1000/arw/${WORKSPACE}.sock`);
  const chosen = stateFolders({ ...LINUX, env: { ...env, ARW_STATE_HOME: "/s" } });
  assert.equal(chosen.socketPath(WORKSPACE), `/s/sockets/${WORKSPACE}.sock`);
});

test("a socket path too long for bind becomes a short hashed one, different for each state folder", () => {
  const long = (letter: string) =>
    stateFolders({ ...LINUX, env: { ARW_STATE_HOME: `/${letter.repeat(120)}` } }).socketPath(WORKSPACE);
  assert.match(long("a"), /^\/tmp\/arw-1000\/[0-9a-f]{16}\.sock$/);
  assert.notEqual(long("a"), long("b"));
  const longest = SOCKET_PATH_BYTES_MAX - `/sockets/${WORKSPACE}.sock`.length;
  const atLimit = stateFolders({ ...LINUX, env: { ARW_STATE_HOME: `/${"a".repeat(longest - 1)}` } });
  assert.equal(Buffer.byteLength(atLimit.socketPath(WORKSPACE)), SOCKET_PATH_BYTES_MAX);
});

test("a private folder is made 0700; a lax one or a link in its place is refused with advice", async (t) => {
  const folder = await mkdtemp(join(tmpdir(), "arw-state-"));
  t.after(() => rm(folder, { recursive: true, force: true }));
  const made = join(folder, "a", "b");
  await openPrivateFolder(made);
  assert.equal((await stat(made)).mode & 0o777, 0o700);
  await openPrivateFolder(made);

  const refused = (error: unknown): boolean =>
    error instanceof ArwError && error.code === "state-folder-not-private" && error.advice.includes("chmod 700");
  const lax = join(folder, "lax");
  await mkdir(lax);
  await chmod(lax, 0o750);
  await assert.rejects(openPrivateFolder(lax), refused);
  assert.equal((await stat(lax)).mode & 0o777, 0o750);
  const link = join(folder, "link");
  await symlink(made, link);
  await assert.rejects(openPrivateFolder(link), refused);
});

test("a missing workspace folder, or a file in its place, is named", async (t) => {
  const folder = await mkdtemp(join(tmpdir(), "arw-workspace-"));
  t.after(() => rm(folder, { recursive: true, force: true }));
  const link = join(folder, "link");
  await symlink(folder, link);
  assert.equal(await realWorkspaceFolder(link), await realWorkspaceFolder(folder));
  await assert.rejects(realWorkspaceFolder(join(folder, "absent")), { code: "workspace-missing" });
  await assert.rejects(realWorkspaceFolder(process.execPath), { code: "workspace-missing" });
});
