// Bundles the *.test.ts files and runs them with node:test, from the repository's root.
//   node scripts/test.mjs [substring…]     only the test files whose path holds one of the substrings
//   node scripts/test.mjs --only-build     bundles them, keeps them and says where
// The tests in a real VS Code are not among them: those are run by scripts/test-editor.mjs.
import { availableParallelism } from "node:os";
import { bundleTests, findTests, removeAtExit, runTests } from "./testing.mjs";

const FOLDERS = ["protocol", "platform", "server", "worker-companion", "extension", "webviews", "test"];
const IN_VSCODE = "test/editor/";

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
const sources = findTests(FOLDERS, substrings).filter((file) => !file.startsWith(IN_VSCODE));
if (sources.length === 0) {
  console.error(`test: no test file matches ${substrings.join(", ") || "*.test.ts"}`);
  process.exit(1);
}

const folder = await bundleTests(sources, CHILD_PROGRAMS);
if (folder === undefined) process.exit(1);
if (onlyBuild) {
  console.log(`${folder}: ${sources.length} test files`);
  process.exit(0);
}
removeAtExit(folder);
process.exitCode = await runTests(folder, sources, {
  timeoutMs: TEST_TIMEOUT_MS,
  concurrency: availableParallelism(),
});
