// Finds *.test.ts files, bundles them into a folder of their own and runs them with node:test.
// It decides how a test runs, not which: scripts/test.mjs and scripts/test-editor.mjs do. Runs side by side never
// clobber each other. It must never leave its folder behind.
import { spawn } from "node:child_process";
import { existsSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { build } from "esbuild";
import { nodeBundle } from "./bundling.mjs";

/** Loaded as they are installed: they ask for packages or files of their own folder. */
const AS_INSTALLED = ["@vscode/proxy-agent", "axe-core", "playwright-core"];

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
      alias: { vscode: "./test/clients/vscodeWords.ts" },
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

/** Runs bundled tests and removes their folder; answers the exit code. */
export function runTests(folder, sources, { timeoutMs, concurrency, environment = {} }) {
  // Every file is named: Node 20 takes no glob and counts shared chunks as tests, Node 22 and later take no folder.
  const runner = spawn(
    process.execPath,
    [
      "--enable-source-maps",
      "--test",
      "--test-reporter=spec",
      `--test-timeout=${timeoutMs}`,
      `--test-concurrency=${concurrency}`,
      ...sources.map((file) => join(folder, file.replace(/\.ts$/, ".mjs"))),
    ],
    { stdio: "inherit", env: { ...process.env, ...environment } },
  );
  for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => runner.kill(signal));
  return new Promise((resolve) => {
    runner.on("exit", (code) => {
      rmSync(folder, { recursive: true, force: true });
      resolve(code ?? 1);
    });
  });
}
