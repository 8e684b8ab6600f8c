// Installations of the llama engine beside each other: which one counts, and when the files of another may go.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { type TestContext, test } from "node:test";
import {
  forgetCurrent,
  gpuOfModule,
  holdModule,
  installedLlama,
  makeCurrent,
  newInstallation,
  sweepInstallations,
} from "./engineFolder.ts";
import { buildsFor } from "./llamaBuilds.ts";
import { resolveLlama } from "./resolveLlama.ts";

async function folderOf(t: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "arw-engines-"));
  t.after(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

async function installed(engineFolder: string, gpu: "cpu" | "cuda"): Promise<string> {
  const folder = await newInstallation(engineFolder);
  const modulePath = join(folder, "node_modules/node-llama-cpp/dist/index.js");
  await mkdir(dirname(modulePath), { recursive: true });
  await writeFile(modulePath, "");
  await makeCurrent(folder, { version: "1.0.0", gpu });
  return modulePath;
}

test("the newest whole installation counts, with its build; one that was cut off never does", async (t) => {
  const folder = await folderOf(t);
  assert.equal(installedLlama(folder), undefined);
  const first = await installed(folder, "cpu");
  await newInstallation(folder);
  assert.equal(resolveLlama(folder), first);
  const second = await installed(folder, "cuda");
  assert.equal(resolveLlama(folder), second);
  assert.equal(gpuOfModule(second), "cuda");
  assert.equal(gpuOfModule("/elsewhere/node_modules/node-llama-cpp/dist/index.js"), "cpu");
});

test("removing is at once for whoever starts next, and touches nothing that is loaded", async (t) => {
  const folder = await folderOf(t);
  const modulePath = await installed(folder, "cpu");
  const release = holdModule(modulePath);
  assert.equal(await forgetCurrent(folder), true);
  assert.notEqual(resolveLlama(folder), modulePath);
  assert.equal(await sweepInstallations(folder), 1);
  assert.ok(existsSync(modulePath));
  release();
  assert.equal(await sweepInstallations(folder), 0);
  assert.deepEqual(await readdir(folder), []);
  assert.equal(await forgetCurrent(folder), false);
});

test("the mark of a process that was killed holds nothing", async (t) => {
  const folder = await folderOf(t);
  const modulePath = await installed(folder, "cpu");
  const child = spawn(process.execPath, ["-e", "setInterval(() => {}, 1000)"]);
  const users = join(dirname(dirname(dirname(dirname(modulePath)))), "users");
  await mkdir(users);
  await writeFile(join(users, `${child.pid}-1`), "");
  await forgetCurrent(folder);
  assert.equal(await sweepInstallations(folder), 1);
  child.kill("SIGKILL");
  await once(child, "exit");
  assert.equal(await sweepInstallations(folder), 0);
});

test("an installation that another process fills is left to it; one that nobody fills any more goes", async (t) => {
  const folder = await folderOf(t);
  await newInstallation(folder);
  const child = spawn(process.execPath, ["-e", ""]);
  await once(child, "exit");
  await mkdir(join(folder, `llama-${child.pid}-1`));
  assert.equal(await sweepInstallations(folder), 1);
  assert.deepEqual(await readdir(folder), [`llama-${process.pid}-${(await readdir(folder))[0]?.split("-")[2]}`]);
});

test("each machine gets the builds there are for it, and is told about those there are not", () => {
  assert.deepEqual(buildsFor("cpu", "linux", "x64"), ["linux-x64"]);
  assert.deepEqual(buildsFor("cuda", "linux", "x64"), ["linux-x64", "linux-x64-cuda", "linux-x64-cuda-ext"]);
  assert.deepEqual(buildsFor("vulkan", "win32", "x64"), ["win-x64", "win-x64-vulkan"]);
  assert.deepEqual(buildsFor("cpu", "darwin", "arm64"), ["mac-arm64-metal"]);
  assert.deepEqual(buildsFor("cpu", "linux", "arm"), ["linux-armv7l"]);
  for (const [gpu, platform, architecture] of [
    ["cuda", "linux", "arm64"],
    ["cuda", "darwin", "arm64"],
    ["vulkan", "win32", "arm64"],
    ["cpu", "freebsd", "x64"],
  ] as const) {
    assert.throws(() => buildsFor(gpu, platform, architecture), { code: "engine-unavailable" });
  }
});
