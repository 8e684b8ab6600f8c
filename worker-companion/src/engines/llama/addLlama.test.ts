// Adding the llama engine without npm: what an installation that fails leaves, and which one counts afterwards.
import assert from "node:assert/strict";
import { mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { test } from "node:test";
import { ArwError } from "#protocol/errors.ts";
import { addLlamaEngine } from "./addLlama.ts";
import { installedLlama } from "./engineFolder.ts";

const never = new AbortController().signal;

async function inFolder(run: (folder: string) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "arw-llama-"));
  try {
    await run(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

test("a build that does not load takes the place of none that does, and leaves nothing", () =>
  inFolder(async (folder) => {
    const install = async (into: string): Promise<void> => {
      const module = join(into, "node_modules/node-llama-cpp/dist/index.js");
      await mkdir(join(module, ".."), { recursive: true });
      await writeFile(module, "");
    };
    const loads = { onLine: () => {}, install, tryOut: async () => {} };
    const first = await addLlamaEngine(folder, "cpu", loads, never);
    const broken = new ArwError("engine-broken", "the vulkan build does not load", "mend the driver");
    const fails = { ...loads, tryOut: () => Promise.reject(broken) };
    await assert.rejects(addLlamaEngine(folder, "cpu", fails, never), {
      code: "engine-not-added",
      message: "It arrived, but the vulkan build does not load",
      advice: "mend the driver",
    });
    assert.equal(installedLlama(folder)?.folder, first.folder);
    assert.deepEqual((await readdir(folder)).sort(), ["current", basename(first.folder)]);
    const second = await addLlamaEngine(folder, "cpu", loads, never);
    assert.equal(installedLlama(folder)?.folder, second.folder);
  }));
