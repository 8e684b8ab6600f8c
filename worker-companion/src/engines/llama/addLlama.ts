// Installs the llama engine into the user's engine folder, by npm and from the registry alone.
// No install script runs and nothing is compiled: the CPU build arrives as a package, and no other is fetched.
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { ArwError } from "#protocol/errors.ts";

const LLAMA_VERSION = "3.21.1";

/** Builds for graphics cards and for other machines, which npm would fetch too: 650 MB that nobody here runs. */
const UNWANTED_BUILDS = [
  "linux-x64-cuda",
  "linux-x64-cuda-ext",
  "linux-x64-vulkan",
  "win-x64-cuda",
  "win-x64-cuda-ext",
  "win-x64-vulkan",
  "linux-arm64",
  "linux-armv7l",
];
/** A platform that nobody runs stands in for them: npm then skips them by itself. */
const NOBODY = `npm:@node-llama-cpp/linux-riscv64@${LLAMA_VERSION}`;

const MESSAGE_LINES_MAX = 20;

/** Installs into `folder`; npm's lines go to `onLine` as they come. Throws ArwError `engine-not-added`. */
export async function addLlamaEngine(
  folder: string,
  signal: AbortSignal,
  onLine: (line: string) => void,
): Promise<void> {
  signal.throwIfAborted();
  await mkdir(folder, { recursive: true, mode: 0o700 });
  await writeFile(join(folder, "package.json"), llamaPackageJson(process.platform, process.arch));
  const npm = npmProgram();
  const child = spawn(
    npm.program,
    [...npm.argv, "install", "--ignore-scripts", "--no-audit", "--no-fund", "--no-package-lock"],
    { cwd: folder, stdio: ["ignore", "pipe", "pipe"], signal, shell: npm.throughShell },
  );
  const last: string[] = [];
  for (const stream of [child.stdout, child.stderr]) {
    createInterface({ input: stream }).on("line", (line) => {
      last.push(line);
      if (last.length > MESSAGE_LINES_MAX) last.shift();
      onLine(line);
    });
  }
  const exitCode = await new Promise<number>((resolve) => {
    child.on("error", (error) => {
      last.push(error.message);
      resolve(1);
    });
    child.on("close", (code) => resolve(code ?? 1));
  });
  signal.throwIfAborted();
  if (exitCode === 0) return;
  throw new ArwError(
    "engine-not-added",
    `npm could not install node-llama-cpp: ${last.join(" ").slice(0, 1_024)}`,
    "check that npm reaches its registry, then try again",
  );
}

/** The manifest of the engine folder. The build of this very machine is never left out. */
export function llamaPackageJson(platform: string, architecture: string): string {
  const own = `${platform === "win32" ? "win" : platform}-${architecture === "arm" ? "armv7l" : architecture}`;
  const unwanted = UNWANTED_BUILDS.filter((build) => build !== own);
  const manifest = {
    private: true,
    description: "The llama engine of arw-worker. Made by `arw-worker engines add llama`.",
    dependencies: { "node-llama-cpp": LLAMA_VERSION },
    overrides: {
      "node-llama-cpp": Object.fromEntries(unwanted.map((build) => [`@node-llama-cpp/${build}`, NOBODY])),
    },
  };
  return `${JSON.stringify(manifest, undefined, 2)}\n`;
}

/** The npm of the running Node where there is one, so that a PATH without npm does no harm. */
function npmProgram(): { readonly program: string; readonly argv: readonly string[]; readonly throughShell: boolean } {
  const programs = dirname(process.execPath);
  const script = [join(programs, "../lib/node_modules"), join(programs, "node_modules")]
    .map((folder) => join(folder, "npm/bin/npm-cli.js"))
    .find((path) => existsSync(path));
  if (script !== undefined) return { program: process.execPath, argv: [script], throughShell: false };
  return { program: "npm", argv: [], throughShell: process.platform === "win32" };
}
