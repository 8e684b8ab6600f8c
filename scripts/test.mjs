// Bundles the *.test.ts files and runs them with node:test, from the repository's root.
//   node scripts/test.mjs [substring…]     only the test files whose path holds one of the substrings
//   node scripts/test.mjs --only-build     bundles them, keeps them and says where
// Each run builds into a folder of its own, so that runs side by side never clobber each other.
import { spawn } from "node:child_process";
import { existsSync, readdirSync, rmSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { build } from "esbuild";
import { nodeBundle } from "./bundling.mjs";

const FOLDERS = ["protocol", "platform", "server", "worker-companion", "extension", "webviews", "test"];

/** Programs that tests start in a process of their own, bundled beside them. */
const CHILD_PROGRAMS = [
  "worker-companion/src/engines/llama/llamaChild.ts",
  "test/security/patchedDial.ts",
  "test/faults/journalWriterProgram.ts",
];

/** A test file that hangs must end the run with its name. Twenty kills of a Home take a loaded machine two minutes. */
const SHORT_TIMEOUT_MS = 300_000;
/** A soak takes so many times as long as it runs more, and a million fuzzed messages an hour at most. */
const TEST_TIMEOUT_MS =
  process.env.ARW_SOAK === "1"
    ? Math.max(3_600_000, SHORT_TIMEOUT_MS * Number(process.env.ARW_SOAK_FACTOR ?? 1))
    : SHORT_TIMEOUT_MS;

const onlyBuild = process.argv.includes("--only-build");
const substrings = process.argv.slice(2).filter((argument) => !argument.startsWith("--"));
const sources = FOLDERS.filter((folder) => existsSync(folder))
  .flatMap((folder) => readdirSync(folder, { recursive: true }).map((file) => join(folder, file).replaceAll("\\", "/")))
  .filter((file) => file.endsWith(".test.ts"))
  .filter((file) => substrings.length === 0 || substrings.some((substring) => file.includes(substring)));
if (sources.length === 0) {
  console.error(`test: no test file matches ${substrings.join(", ") || "*.test.ts"}`);
  process.exit(1);
}

const folder = `dist/test-${process.pid}`;
const discard = () => rmSync(folder, { recursive: true, force: true });
const bundle = nodeBundle();
try {
  await build({
    ...bundle,
    // Loaded as it is installed: it asks for a package of Windows that is absent elsewhere.
    external: [...bundle.external, "@vscode/proxy-agent"],
    entryPoints: [...sources, ...CHILD_PROGRAMS],
    outdir: folder,
    outbase: ".",
    splitting: true,
    outExtension: { ".js": ".mjs" },
  });
} catch {
  // esbuild has already printed the file and the line.
  discard();
  process.exit(1);
}
if (onlyBuild) {
  console.log(`${folder}: ${sources.length} test files`);
  process.exit(0);
}

// Every file is named: Node 20 takes no glob and counts shared chunks as tests, Node 22 and later take no folder.
const runner = spawn(
  process.execPath,
  [
    "--enable-source-maps",
    "--test",
    "--test-reporter=spec",
    `--test-timeout=${TEST_TIMEOUT_MS}`,
    `--test-concurrency=${availableParallelism()}`,
    ...sources.map((file) => join(folder, file.replace(/\.ts$/, ".mjs"))),
  ],
  { stdio: "inherit" },
);
for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => runner.kill(signal));
runner.on("exit", (code) => {
  discard();
  process.exitCode = code ?? 1;
});
