// What a Home does at its start that only its folder can show.
import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { servedHome } from "../../test/simulation/servedHome.ts";

test("job folders that a killed Home left behind are gone after the next start", async (context) => {
  const left = (homeFolder: string): string => join(homeFolder, "jobs", "att_left", "tree");
  const { homeFolder, stop } = await servedHome(context, async (folder) => {
    await mkdir(left(folder), { recursive: true });
    await writeFile(join(left(folder), "input.txt"), "an input of a job that died with its Home");
  });
  assert.equal(existsSync(left(homeFolder)), false);
  await stop();
});
