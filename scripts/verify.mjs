// Runs everything that must hold, in an order that fails early: static checks side by side, the build, then the tests.
// It must never hide a failure: the first step that fails ends the run with its output and its exit code.
import { spawn } from "node:child_process";
import { join } from "node:path";

const BIN = join("node_modules", ".bin");
const npmBin = (name, ...rest) => ({ command: join(BIN, name), rest });
const script = (name, ...words) => ({ command: process.execPath, rest: [join("scripts", name), ...words] });

/** Stages run one after the other; the steps of one stage run side by side and print when they end. */
const STAGES = [
  [
    { name: "types", ...npmBin("tsc", "-p", ".") },
    { name: "types of the webviews", ...npmBin("tsc", "-p", "webviews") },
    { name: "lint", ...npmBin("oxlint", "--deny-warnings") },
    { name: "format", ...npmBin("biome", "ci", "--colors=off", ".") },
  ],
  [
    { name: "unused", ...npmBin("knip") },
    { name: "build", ...script("build.mjs") },
  ],
  // Alone: a ratio needs the machine. Quick: the whole table is `npm run bench`.
  [{ name: "benchmarks", ...script("bench.mjs", "--quick", "--gate"), says: true }],
  // Alone and last, streaming: its summary is the last thing on the screen.
  [{ name: "tests", ...script("test.mjs"), streams: true }],
];

for (const stage of STAGES) {
  const codes = await Promise.all(stage.map(run));
  const failed = codes.find((code) => code !== 0);
  if (failed !== undefined) process.exit(failed);
}

/** Runs one step and says its name and seconds. A step that streams is announced before, any other after it ended; one that `says` shows its output though it passed. */
async function run({ name, command, rest, streams = false, says = false }) {
  const startedMs = performance.now();
  if (streams) console.log(`… ${name}`);
  const child = spawn(command, rest, {
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
  // After a passing streamed step nothing is printed: the test runner's summary stays last.
  if (!streams) console.log(`${code === 0 ? "✔" : "✖"} ${name}  ${seconds} s`);
  if (code !== 0 || says) process.stdout.write(Buffer.concat(chunks));
  if (code !== 0 && streams) console.log(`✖ ${name}  ${seconds} s`);
  return code;
}
