// Tests of the tests: each patch breaks what its folder is named for in one way that would lose, invent or let out something,
// and the tests it names must notice. A mutant that lives is a hole in them; a patch that no longer applies must be made
// again, for it proves nothing.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { test } from "node:test";

const PATCHES = "test/mutants";
const COPIED = ["protocol", "platform", "server", "worker-companion/src", "test", "scripts", "package.json"];
/** Each in a copy of the sources: as many at once as a small machine has cores. */
const LANES = 2;
/** The folders, and how many mutants each must have at least. */
const MUTANTS_MIN: Readonly<Record<string, number>> = {
  journal: 10,
  gate: 4,
  policy: 4,
  redactor: 8,
  ledger: 5,
  staging: 5,
  classes: 5,
};

interface Ended {
  readonly exitCode: number;
  readonly output: string;
}

function run(command: string, words: readonly string[], folder: string): Promise<Ended> {
  // Without the variables of the test run around it, which would make node:test talk to that one.
  const env = { PATH: process.env["PATH"], HOME: process.env["HOME"] };
  const child = spawn(command, words, { cwd: folder, env, stdio: ["ignore", "pipe", "pipe"] });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8").on("data", (text: string) => {
      output += text;
    });
  }
  return new Promise((ended, failed) => {
    child.on("error", failed);
    child.on("close", (exitCode) => ended({ exitCode: exitCode ?? 1, output }));
  });
}

function copyOfSources(): string {
  const folder = mkdtempSync(join(tmpdir(), "arw-mutant-"));
  for (const path of COPIED) cpSync(path, join(folder, path), { recursive: true });
  symlinkSync(resolve("node_modules"), join(folder, "node_modules"));
  return folder;
}

/** Why the mutant lives; undefined once it is killed. */
async function survival(patch: string, folder: string): Promise<string | undefined> {
  const path = resolve(PATCHES, patch);
  const tests = /^killed-by: (\S+)$/m.exec(readFileSync(path, "utf8"))?.[1]?.split(",");
  if (tests === undefined) return "it does not say which tests kill it";
  const applied = await run("git", ["apply", path], folder);
  if (applied.exitCode !== 0) return `it does not apply any more; make it again: ${applied.output}`;
  try {
    const { exitCode, output } = await run(process.execPath, ["scripts/test.mjs", ...tests], folder);
    if (exitCode === 0) return `it lives: ${tests.join(", ")} noticed nothing`;
    // A mutant that cannot be built, or tests that were not found, prove nothing.
    return /^✖ /m.test(output) ? undefined : `nothing was tested: ${output.slice(-2_000)}`;
  } finally {
    await run("git", ["apply", "-R", path], folder);
  }
}

test("every mutant is killed", { timeout: 900_000 }, async (t) => {
  const folders = readdirSync(PATCHES, { withFileTypes: true }).filter((entry) => entry.isDirectory());
  assert.deepEqual(folders.map(({ name }) => name).sort(), Object.keys(MUTANTS_MIN).sort());
  const waiting = folders.flatMap(({ name: folder }) => {
    const patches = readdirSync(join(PATCHES, folder)).filter((name) => name.endsWith(".patch"));
    assert.ok(patches.length >= (MUTANTS_MIN[folder] ?? 0), `${folder} has ${patches.length} mutants`);
    return patches.sort().map((patch) => join(folder, patch));
  });
  const survivors: string[] = [];
  const lane = async (): Promise<void> => {
    const folder = copyOfSources();
    try {
      for (let patch = waiting.shift(); patch !== undefined; patch = waiting.shift()) {
        const startedMs = performance.now();
        const reason = await survival(patch, folder);
        if (reason !== undefined) survivors.push(`${patch}: ${reason}`);
        t.diagnostic(`${patch} ${Math.round(performance.now() - startedMs)} ms`);
      }
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  };
  await Promise.all(Array.from({ length: LANES }, lane));
  assert.deepEqual(survivors, []);
});
