// Runs everything that must hold, in an order that fails early: static checks side by side, the build, then the tests.
// It must never hide a failure: the first step that fails ends the run with its output and its exit code.
import { spawn } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { editorHostProblem } from "./editor-host.mjs";
import { FIGURES } from "./figures.mjs";

const BIN = join("node_modules", ".bin");
const npmBin = (name, ...rest) => ({ command: join(BIN, name), rest });
const script = (name, ...words) => ({ command: process.execPath, rest: [join("scripts", name), ...words] });

/** With CI set, what cannot run is a failure. */
const editorProblem = ["true", "1"].includes(process.env.CI ?? "") ? undefined : editorHostProblem();

/** Stages run one after the other; the steps of one stage run side by side and print when they end. */
const STAGES = [
  [
    { name: "types", ...npmBin("tsc", "-p", ".") },
    { name: "types of the webviews", ...npmBin("tsc", "-p", "webviews") },
    { name: "lint", ...npmBin("oxlint", "--deny-warnings") },
    { name: "format", ...npmBin("biome", "ci", "--colors=off", ".") },
    // From the network, while the checks use the processor.
    ...(editorProblem === undefined ? [{ name: "editor host", ...script("editor-host.mjs"), says: true }] : []),
  ],
  [
    { name: "unused", ...npmBin("knip") },
    { name: "build", ...script("build.mjs") },
  ],
  // Alone: a ratio needs the machine. Quick: the whole table is `npm run bench`.
  [{ name: "benchmarks", ...script("bench.mjs", "--quick", "--gate"), says: true }],
  // Alone and last, streaming: their sums are the last thing on the screen.
  [{ name: "tests", ...script("test.mjs"), streams: true, figures: true }],
  ...(editorProblem === undefined
    ? [[{ name: "tests in a real VS Code", ...script("test-editor.mjs"), streams: true, figures: true }]]
    : []),
];

const figuresFolder = mkdtempSync(join(tmpdir(), "arw-figures-"));
process.on("exit", () => rmSync(figuresFolder, { recursive: true, force: true }));
for (const stage of STAGES) {
  const codes = await Promise.all(stage.map(run));
  const failed = codes.find((code) => code !== 0);
  if (failed !== undefined) process.exit(failed);
}
if (editorProblem !== undefined) console.log(`cannot run: the tests in a real VS Code; reason: ${editorProblem}`);
sayAllFigures();

/** Runs one step and says its name and seconds. A step that streams is announced before, any other after it ended; one that `says` shows its output though it passed. */
async function run({ name, command, rest, streams = false, says = false, figures = false }) {
  const startedMs = performance.now();
  if (streams) console.log(`… ${name}`);
  const environment = figures ? { ARW_FIGURES_FILE: join(figuresFolder, name) } : {};
  const child = spawn(command, rest, {
    env: { ...process.env, ...environment },
    stdio: streams ? "inherit" : ["ignore", "pipe", "pipe"],
    // npm's launchers are scripts of the shell on Windows.
    shell: process.platform === "win32" && command !== process.execPath,
  });
  const chunks = [];
  child.stdout?.on("data", (chunk) => chunks.push(chunk));
  child.stderr?.on("data", (chunk) => chunks.push(chunk));
  const code = await new Promise((resolve) => {
    child.on("error", (error) => {
      chunks.push(Buffer.from(`${error.message}: run npm ci first\n`));
      resolve(1);
    });
    child.on("close", (exitCode) => resolve(exitCode ?? 1));
  });
  const seconds = ((performance.now() - startedMs) / 1000).toFixed(1);
  // After a passing streamed step nothing is printed: its summary is enough.
  if (!streams) console.log(`${code === 0 ? "✔" : "✖"} ${name}  ${seconds} s`);
  if (code !== 0 || says) process.stdout.write(Buffer.concat(chunks));
  if (code !== 0 && streams) console.log(`✖ ${name}  ${seconds} s`);
  return code;
}

/** One set of sums for all test runs, in the form of node:test's own, so that whoever reads the end reads all of it. */
function sayAllFigures() {
  const runs = readdirSync(figuresFolder).map((file) => JSON.parse(readFileSync(join(figuresFolder, file), "utf8")));
  console.log(`all ${runs.length} test runs together:`);
  for (const figure of FIGURES) console.log(`ℹ ${figure} ${runs.reduce((sum, run) => sum + run[figure], 0)}`);
}
