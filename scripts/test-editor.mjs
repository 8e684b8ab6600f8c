// Runs the tests in a real VS Code (test/editor/), from the repository's root; installs that VS Code first where it lacks,
// and packs the extension from dist/, which npm run build makes.
//   node scripts/test-editor.mjs [substring…]     only the test files whose path holds one of the substrings
// They run one after the other: each starts a VS Code and a browser of its own, and two of those starve each other.
import { editorHostProblem, installEditorHost } from "./editor-host.mjs";
import { bundleInHostTests, bundleTests, findTests, packageExtension, runTests } from "./testing.mjs";

/** A file holds several tests, each with a limit of its own below this. */
const TEST_TIMEOUT_MS = 900_000;

const problem = editorHostProblem();
if (problem !== undefined) {
  console.error(`test-editor: cannot run the tests in a real VS Code: ${problem}`);
  process.exit(1);
}
const sources = findTests(["test/editor"], process.argv.slice(2));
if (sources.length === 0) {
  console.error(`test-editor: no test file below test/editor matches ${process.argv.slice(2).join(", ")}`);
  process.exit(1);
}
const { folder: host } = await installEditorHost();
const folder = await bundleTests(sources);
if (folder === undefined) process.exit(1);
const vsix = packageExtension(folder);
const inHost = await bundleInHostTests(`${folder}/in-host`);
process.exitCode = await runTests(folder, sources, {
  timeoutMs: TEST_TIMEOUT_MS,
  concurrency: 1,
  environment: { ARW_EDITOR_HOST: host, ARW_IN_HOST_TESTS: inHost, ARW_VSIX: vsix },
});
