// Finds *.test.ts files, bundles them into a folder of their own and runs them with node:test.
// It decides how a test runs, not which: scripts/test.mjs and scripts/test-editor.mjs do. Runs side by side never
// clobber each other. It must never leave its folder behind.
import { spawn, spawnSync } from "node:child_process";
import { existsSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { build } from "esbuild";
import { extensionBundle, nodeBundle } from "./bundling.mjs";

/** Loaded as they are installed: they ask for packages or files of their own folder. */
export const AS_INSTALLED = ["@cedar-policy/cedar-wasm", "@vscode/proxy-agent", "axe-core", "playwright-core"];

/** The bundles of claims that run inside VS Code's extension host. */
const IN_HOST_SUITES = ["probe", "extension", "leaks"];

/** The tests of these folders, those with one of the substrings in their path where there are any. */
export function findTests(folders, substrings) {
  return folders
    .filter((folder) => existsSync(folder))
    .flatMap((folder) =>
      readdirSync(folder, { recursive: true }).map((file) => join(folder, file).replaceAll("\\", "/")),
    )
    .filter((file) => file.endsWith(".test.ts"))
    .filter((file) => substrings.length === 0 || substrings.some((substring) => file.includes(substring)));
}

/** Bundles tests and the programs that they start; answers the folder, or undefined once esbuild has said why not. */
export async function bundleTests(sources, childPrograms = []) {
  const folder = `dist/test-${process.pid}`;
  const bundle = nodeBundle();
  try {
    await build({
      ...bundle,
      external: [...bundle.external, ...AS_INSTALLED],
      // There is no editor here: what needs more of it than its words is tested inside a real one.
      alias: { ...bundle.alias, vscode: "./test/clients/vscodeWords.ts" },
      entryPoints: [...sources, ...childPrograms],
      outdir: folder,
      outbase: ".",
      splitting: true,
      outExtension: { ".js": ".mjs" },
    });
    return folder;
  } catch {
    // esbuild has already printed the file and the line.
    rmSync(folder, { recursive: true, force: true });
    return undefined;
  }
}

/** Bundles what runs inside VS Code's extension host, which loads CommonJS; answers the absolute folder. */
export async function bundleInHostTests(folder) {
  const sources = IN_HOST_SUITES.map((name) => `test/editor/inHost/${name}.ts`);
  await build({ ...extensionBundle(), entryPoints: sources, outdir: folder });
  // The repository's own files are modules.
  writeFileSync(join(folder, "package.json"), JSON.stringify({ type: "commonjs" }));
  return resolve(folder);
}

/** Packs the extension from dist/, as it is built, into the folder; answers the absolute path of the .vsix. */
export function packageExtension(folder) {
  const { status, stdout, stderr } = spawnSync(process.execPath, ["scripts/package.mjs", folder], { encoding: "utf8" });
  const name = readdirSync(folder).find((file) => file.endsWith(".vsix"));
  if (status !== 0 || name === undefined) throw new Error(`no package of the extension: ${stdout}${stderr}`);
  return resolve(folder, name);
}

/** verify.mjs asks for the sums of a run in a file. */
function figuresWords(group) {
  const file = process.env.ARW_FIGURES_FILE;
  if (file === undefined) return [];
  return ["--test-reporter=./scripts/figures.mjs", `--test-reporter-destination=${file}${group}`];
}

/** Removes the bundled tests when this program ends. */
export function removeAtExit(folder) {
  process.on("exit", () => rmSync(folder, { recursive: true, force: true }));
}

/** Runs bundled tests; answers the exit code. Several runs of one program are told apart by their group's name. */
export function runTests(folder, sources, { timeoutMs, concurrency, environment = {}, group = "" }) {
  // Every file is named: Node 20 takes no glob and counts shared chunks as tests, Node 22 and later take no folder.
  const runner = spawn(
    process.execPath,
    [
      "--enable-source-maps",
      "--test",
      "--test-reporter=spec",
      "--test-reporter-destination=stdout",
      ...figuresWords(group),
      `--test-timeout=${timeoutMs}`,
      `--test-concurrency=${concurrency}`,
      ...sources.map((file) => join(folder, file.replace(/\.ts$/, ".mjs"))),
    ],
    { stdio: "inherit", env: { ...process.env, ...environment } },
  );
  for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => runner.kill(signal));
  return new Promise((settle) => {
    runner.on("exit", (code) => settle(code ?? 1));
  });
}
