// Runs the tests in a real VS Code (test/editor/), from the repository's root; installs that VS Code first where it lacks,
// and packs the extension from dist/, which npm run build makes.
//   node scripts/test-editor.mjs [substring…]     only the test files whose path holds one of the substrings
// Pages that stand in a browser alone run two at a time. What starts a VS Code, or measures, runs after them and one by one:
// two of those starve each other.
import { editorHostProblem, installEditorHost } from "./editor-host.mjs";
import { bundleInHostTests, bundleTests, findTests, packageExtension, removeAtExit, runTests } from "./testing.mjs";

/** A file holds several tests, each with a limit of its own below this. */
const TEST_TIMEOUT_MS = 900_000;
const PAGES_AT_ONCE = 2;

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
removeAtExit(folder);
const options = {
  timeoutMs: TEST_TIMEOUT_MS,
  environment: { ARW_EDITOR_HOST: host, ARW_IN_HOST_TESTS: inHost, ARW_VSIX: vsix },
};
const isPage = (file) => file.startsWith("test/editor/webviews/") && !file.includes("Performance");
const codes = [];
const pages = sources.filter(isPage);
if (pages.length > 0)
  codes.push(await runTests(folder, pages, { ...options, concurrency: PAGES_AT_ONCE, group: "-pages" }));
const others = sources.filter((file) => !isPage(file));
if (others.length > 0) codes.push(await runTests(folder, others, { ...options, concurrency: 1 }));
process.exitCode = codes.find((code) => code !== 0) ?? 0;
