// Looks like desktop VS Code to @vscode/test-electron, and runs the same tests in this folder's VS Code instead: for
// machines where no desktop VS Code can be had. Started by scripts/test-electron.mjs as `code` and as `bin/code`.
// It must never claim a result of its own: the exit code and the results are the extension host's.
import { appendFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { runInHost } from "./inHostRun.ts";

/** In the extensions folder that the caller names: the packages to install when VS Code starts. */
const INSTALLED = "arw-installed.txt";

const given = process.argv.slice(2);
const extensions = valueOf("--extensions-dir");
const toInstall = valueOf("--install-extension");
if (extensions === undefined) {
  throw new Error("say --extensions-dir");
} else if (toInstall !== undefined) {
  mkdirSync(extensions, { recursive: true });
  appendFileSync(join(extensions, INSTALLED), `${toInstall}\n`);
} else {
  process.exitCode = await runTests(extensions);
}

async function runTests(folder: string): Promise<number> {
  const tests = valueOf("--extensionTestsPath");
  const results = process.env["ARW_CLAIMS_FILE"];
  if (tests === undefined || results === undefined) throw new Error("say --extensionTestsPath and ARW_CLAIMS_FILE");
  const list = join(folder, INSTALLED);
  const packages = existsSync(list) ? readFileSync(list, "utf8").trim().split("\n") : [];
  const outcome = await runInHost(tests, { extensions: packages });
  writeFileSync(results, outcome.results.map((result) => `${JSON.stringify(result)}\n`).join(""));
  return outcome.results.some(({ problem }) => problem !== undefined) ? 1 : 0;
}

/** Desktop VS Code takes both `--name value` and `--name=value`. */
function valueOf(name: string): string | undefined {
  for (const [index, word] of given.entries()) {
    if (word.startsWith(`${name}=`)) return word.slice(name.length + 1);
    if (word === name) return given[index + 1];
  }
  return undefined;
}
