// The example project is real and repeatable: the same lines wherever it runs, also from the files that may leave alone.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { cp, mkdir, mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { after, before, test } from "node:test";
import { pathToFileURL } from "node:url";
import * as z from "zod";
import { detectSecrets, createSecretDetector } from "../../server/src/adapters/collect/secretDetector.ts";
import { collectTree } from "../../server/src/adapters/collect/inputTree.ts";
import { MemoryBlobs } from "../simulation/memoryBlobs.ts";

const EXAMPLE = resolve("examples/tally");
const SUMMARY = "26 passed, 2 failed: cart rejects empty input";
const signal = new AbortController().signal;

let base = "";
before(async () => {
  base = await mkdtemp(join(tmpdir(), "arw-tally-"));
});
after(() => rm(base, { recursive: true, force: true }));

function runIn(folder: string, script: string): { readonly status: number | null; readonly stdout: string } {
  // Without the variables of the test run around it, which would make node:test talk to that one.
  const environment = { PATH: process.env["PATH"] };
  return spawnSync(process.execPath, [script], { cwd: folder, encoding: "utf8", env: environment });
}

async function copyOfExample(name: string): Promise<string> {
  const copy = join(base, name);
  await cp(EXAMPLE, copy, { recursive: true });
  return copy;
}

const plantedSchema = z.strictObject({ files: z.array(z.string()), secrets: z.array(z.string()) });

async function plantIn(folder: string): Promise<z.infer<typeof plantedSchema>> {
  const plant = z.looseObject({ plantSecrets: z.function({ input: [z.string()], output: plantedSchema }) });
  const { plantSecrets } = plant.parse(await import(pathToFileURL(join(folder, "plant.mjs")).href));
  return plantSecrets(folder);
}

test("two runs print the same bytes and end with the summary that the demo model reads", async () => {
  const runs = [runIn(EXAMPLE, "scripts/test.mjs"), runIn(await copyOfExample("second"), "scripts/test.mjs")];
  assert.equal(runs[0]?.stdout, runs[1]?.stdout);
  assert.equal(runs[0]?.stdout.trimEnd().split("\n").at(-1), SUMMARY);
  assert.equal(runs[0]?.status, 1);
});

test("the report is an output that a run can propose", async () => {
  const copy = await copyOfExample("report");
  assert.equal(runIn(copy, "scripts/report.mjs").status, 0);
  const summary: unknown = JSON.parse(await readFile(join(copy, "reports/summary.json"), "utf8"));
  assert.deepEqual(summary, { lines: 4, subtotal: 6290, discount: 240, tax: 1150, total: 7200 });
});

test("planted secrets stay, and what may leave is enough to run the tests", async () => {
  const copy = await copyOfExample("planted");
  const { files, secrets } = await plantIn(copy);
  assert.equal(spawnSync("git", ["init", "-q"], { cwd: copy }).status, 0);
  const blobs = new MemoryBlobs();
  const collected = await collectTree(
    {
      workspaceFolder: copy,
      folder: ".",
      dependencies: { kind: "nothing" },
      leaveOut: [],
      neverLeaves: [],
      classOf: () => ({}),
      destination: "remote",
      blobs,
      detector: createSecretDetector(new Map<never, never>()),
    },
    signal,
  );
  for (const file of files) assert.match(collected.leftOut.find(({ path }) => path === file)?.reason ?? "", /secret/u);
  const said = JSON.stringify(collected);
  for (const secret of secrets) {
    assert.ok(secret.length >= 20 && !said.includes(secret));
    for (const blob of blobs.stored.values()) assert.ok(!Buffer.from(blob).includes(secret));
  }
  const elsewhere = join(base, "elsewhere");
  for (const entry of collected.manifest.entries) {
    assert.ok(entry.kind === "file");
    await mkdir(dirname(join(elsewhere, entry.path)), { recursive: true });
    await blobs.materialise(entry.digest, join(elsewhere, entry.path), entry.executable);
  }
  assert.equal(runIn(elsewhere, "scripts/test.mjs").stdout, runIn(copy, "scripts/test.mjs").stdout);
});

test("nothing in the repository's copy looks like a secret", async () => {
  for (const entry of await readdir(EXAMPLE, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const text = await readFile(join(entry.parentPath, entry.name), "utf8");
    assert.deepEqual(await detectSecrets(text, signal), [], entry.name);
  }
});
