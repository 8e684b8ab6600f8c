// Runs the claims inside the extension host (test/editor/inHost/extension.ts) through @vscode/test-electron.
//   node scripts/test-electron.mjs
// VSCODE_EXECUTABLE names an installed desktop VS Code; without it one is downloaded; with CI set, where none can be
// had, the host of the other editor tests stands in. It must never touch the settings or extensions of a person.
import { spawnSync } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { downloadAndUnzipVSCode, resolveCliPathFromVSCodeExecutablePath, runTests } from "@vscode/test-electron";
import { build } from "esbuild";
import { nodeBundle } from "./bundling.mjs";
import { editorHostProblem, installEditorHost } from "./editor-host.mjs";
import { AS_INSTALLED, bundleInHostTests, packageExtension } from "./testing.mjs";

// Below dist/, where what is loaded as it is installed is found; the profile has a short path for its sockets.
mkdirSync("dist", { recursive: true });
const folder = mkdtempSync(resolve("dist/test-electron-"));
const profile = mkdtempSync(join(tmpdir(), "arw-d-"));
try {
  process.exitCode = await main();
} finally {
  rmSync(folder, { recursive: true, force: true });
  rmSync(profile, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
}

async function main() {
  const executable = await executablePath();
  const inside = (name) => {
    const path = join(profile, name);
    mkdirSync(path, { recursive: true });
    return path;
  };
  const folders = [`--extensions-dir=${inside("e")}`, `--user-data-dir=${inside("u")}`];
  const vsix = packageExtension(folder);
  install(executable, [...folders, "--install-extension", vsix]);
  // VS Code runs tests for an extension in development: an empty one stands in, so that ours is the packaged one.
  const driver = { name: "arw-driver", publisher: "arw-test", version: "0.0.1", engines: { vscode: "^1.106.0" } };
  writeFileSync(join(inside("driver"), "package.json"), JSON.stringify(driver));
  const claims = join(profile, "claims.jsonl");
  const failure = await runTests({
    vscodeExecutablePath: executable,
    extensionDevelopmentPath: join(profile, "driver"),
    extensionTestsPath: join(await bundleInHostTests(join(folder, "in-host")), "extension.js"),
    launchArgs: [inside("w"), ...folders],
    extensionTestsEnv: { ARW_CLAIMS_FILE: claims, ARW_STATE_HOME: inside("s") },
  }).then(
    () => undefined,
    (error) => error,
  );
  return report(claims, failure);
}

/** By VS Code's own command line, which stands beside the program. */
function install(executable, words) {
  const commandLine = resolveCliPathFromVSCodeExecutablePath(executable);
  const { status, stdout, stderr, error } = spawnSync(commandLine, words, {
    encoding: "utf8",
    // A script of the shell on Windows.
    shell: process.platform === "win32",
  });
  if (status !== 0) throw new Error(`${commandLine} did not install the extension: ${error ?? ""}${stdout}${stderr}`);
}

/** The desktop's `code`, or what looks like it. */
async function executablePath() {
  const named = process.env.VSCODE_EXECUTABLE;
  if (named !== undefined) return named;
  if (!["true", "1"].includes(process.env.CI ?? "")) return downloadAndUnzipVSCode();
  const problem = editorHostProblem();
  if (problem !== undefined) throw new Error(problem);
  const { folder: host } = await installEditorHost();
  const program = join(folder, "desktopFace.mjs");
  const bundle = nodeBundle();
  await build({
    ...bundle,
    external: [...bundle.external, ...AS_INSTALLED],
    entryPoints: ["test/editor/host/desktopFace.ts"],
    outfile: program,
  });
  // The desktop's layout: the program, and its command line beside it in bin/.
  for (const path of [join(folder, "code"), join(folder, "bin", "code")]) {
    mkdirSync(resolve(path, ".."), { recursive: true });
    writeFileSync(path, `#!/bin/sh\nexport ARW_EDITOR_HOST='${host}'\nexec '${process.execPath}' '${program}' "$@"\n`);
    chmodSync(path, 0o755);
  }
  return join(folder, "code");
}

/** Says each claim and the sums, as the other tests do. */
function report(claims, failure) {
  const lines = existsSync(claims) ? readFileSync(claims, "utf8").trim().split("\n").filter(Boolean) : [];
  const results = lines.map((line) => JSON.parse(line));
  const failed = results.filter(({ problem }) => problem !== undefined);
  for (const { name, durationMs, problem } of results) {
    console.log(`${problem === undefined ? "✔" : "✖"} ${name} (${durationMs.toFixed(0)}ms)`);
    if (problem !== undefined) console.log(problem);
  }
  console.log(`ℹ tests ${results.length}\nℹ pass ${results.length - failed.length}\nℹ fail ${failed.length}`);
  if (failure !== undefined) console.error(`test-electron: ${failure.message ?? failure}`);
  if (results.length === 0) console.error("test-electron: no claim came to a result");
  return failure === undefined && failed.length === 0 && results.length > 0 ? 0 : 1;
}
