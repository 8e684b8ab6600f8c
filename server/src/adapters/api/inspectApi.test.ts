// What would leave of single files: the same verdicts that a collection comes to, without collecting, and no secret's text.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdir, symlink } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { workspacePathSchema, type WorkspacePath } from "#protocol/workspacePath.ts";
import { ANYONE, answered, codeOf, command, services } from "../../../../test/simulation/apiBench.ts";
import { DeskBench } from "../../../../test/simulation/deskBench.ts";
import { homeAlone, homeWith } from "../../../../test/simulation/homeCommands.ts";
import { GPU } from "../../../../test/simulation/homeScenario.ts";
import { PLANTED_SECRETS } from "../../../../test/simulation/plantedSecrets.ts";
import { egressApi } from "./egressApi.ts";
import { episodeApi } from "./episodeApi.ts";
import { inspectApi } from "./inspectApi.ts";
import { neverLeavesApi } from "./neverLeavesApi.ts";

const TOKEN = PLANTED_SECRETS["github"] ?? "";
const FILES = {
  "a.txt": "one file",
  ".env": "MODE=test",
  "config.ts": `line one\nconst token = "${TOKEN}";\n`,
  "notes/plan.md": "not for others",
  "build/out.js": "made",
  ".gitignore": "build/\n",
};

function paths(...texts: readonly string[]): readonly WorkspacePath[] {
  return texts.map((text) => workspacePathSchema.parse(text));
}

test("each file gets the verdict that a collection comes to, with class, size and findings, and no secret's text", async (t) => {
  const here = await services(t, new DeskBench(homeWith(GPU).state), FILES);
  execFileSync("git", ["init", "-q"], { cwd: here.workspaceFolder });
  await symlink("a.txt", join(here.workspaceFolder, "link"));
  await mkdir(join(here.workspaceFolder, "empty"));
  answered(await neverLeavesApi(here).markNeverLeaves({ globs: ["notes"] }, ANYONE));
  const asked = paths("a.txt", ".env", "config.ts", "notes/plan.md", "build/out.js", "link", "absent.txt", "notes");
  const stored = here.journal.lastSequence;
  const { files, destination } = answered(await inspectApi(here).inspectPaths({ paths: asked }, ANYONE));
  assert.equal(destination?.name, GPU.name);
  assert.equal(destination.keyWords.length, 2);
  assert.deepEqual(
    files.map(({ path, leaves, reason }) => [path, leaves, reason]),
    [
      ["a.txt", true, undefined],
      [".env", false, "secret: environment file"],
      ["config.ts", false, files[2]?.reason],
      ["notes/plan.md", false, "never leaves: marked notes"],
      ["build/out.js", false, "ignored by git, or part of a repository of its own"],
      ["link", true, undefined],
      ["absent.txt", false, "there is no such file"],
      ["notes", false, "a folder: ask about the files in it"],
    ],
  );
  const [plain, environment, config] = files;
  assert.deepEqual([plain?.bytes, plain?.classification, plain?.findings], [8, "internal", []]);
  assert.deepEqual([environment?.classification, environment?.why], ["secret", "its name: environment file"]);
  assert.deepEqual([config?.classification, config?.findings[0]?.line], ["secret", 2]);
  assert.match(config?.reason ?? "", /^secret: .*line 2\)$/);
  assert.ok(!JSON.stringify(files).includes(TOKEN));
  assert.equal(here.journal.lastSequence, stored, "nothing is started");

  const { previewId } = answered(
    await episodeApi(here).startEpisode({ request: command("make"), on: GPU.name }, ANYONE),
  );
  assert.ok(previewId !== undefined);
  const { preview } = answered(await egressApi(here).readPreview({ previewId }, ANYONE));
  for (const { path, leaves } of files.filter((file) => file.path !== "link")) {
    assert.equal(
      preview.items.some((item) => item.path === path),
      leaves,
      path,
    );
  }
});

test("where they would go is named where a worker is there, and one that nobody knows is refused", async (t) => {
  const bench = new DeskBench(homeWith(GPU).state);
  const { inspectPaths } = inspectApi(await services(t, bench));
  const file = paths("a.txt");
  assert.equal(answered(await inspectPaths({ paths: file, on: GPU.nodeId }, ANYONE)).destination?.nodeId, GPU.nodeId);
  for (const on of ["nowhere", "local"])
    assert.equal(codeOf(await inspectPaths({ paths: file, on }, ANYONE)), "node-unknown");
  const alone = inspectApi(await services(t, new DeskBench(homeAlone().state)));
  assert.equal(answered(await alone.inspectPaths({ paths: file }, ANYONE)).destination, undefined);
});
