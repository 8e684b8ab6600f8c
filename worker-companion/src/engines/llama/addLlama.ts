// Installs the llama engine into a folder of its own, by npm and from the registry alone, and then makes it the one that counts.
// No install script runs and nothing is compiled: the wanted build arrives as packages, and no other is fetched.
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { readdir, rm, stat, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { ArwError } from "#protocol/errors.ts";
import type { EngineGpu } from "../../core/engine.ts";
import {
  type LlamaInstallation,
  LLAMA_ENTRY,
  describeInstallation,
  holdModule,
  makeCurrent,
  newInstallation,
} from "./engineFolder.ts";
import { LLAMA_VERSION, llamaPackageJson } from "./llamaBuilds.ts";

const MESSAGE_LINES_MAX = 20;
/** npm says nothing without a terminal, so what has arrived is counted this often. */
const PROGRESS_MS = 1_500;
const MEBIBYTE: number = 1024 ** 2;

export interface AddSteps {
  /** Told what happens, as it comes. */
  readonly onLine: (line: string) => void;
  /** Loads the engine once. Throws ArwError where it does not load. */
  readonly tryOut: (modulePath: string) => Promise<void>;
  /** Fetches what the folder's manifest names; by npm unless a test brings its own. */
  readonly install?: (folder: string, onLine: (line: string) => void, signal: AbortSignal) => Promise<void>;
}

/**
 * Installs below `engineFolder`. An engine that was there counts until the new
 * one is whole and `tryOut` has loaded it. Throws ArwError `engine-unavailable` or `engine-not-added`.
 */
export async function addLlamaEngine(
  engineFolder: string,
  gpu: EngineGpu,
  { onLine, tryOut, install = npmInstall }: AddSteps,
  signal: AbortSignal,
): Promise<LlamaInstallation> {
  signal.throwIfAborted();
  const manifest = llamaPackageJson(gpu, process.platform, process.arch);
  const folder = await newInstallation(engineFolder);
  const installation = { folder, modulePath: join(folder, "node_modules", LLAMA_ENTRY), version: LLAMA_VERSION, gpu };
  try {
    await writeFile(join(folder, "package.json"), manifest);
    await install(folder, onLine, signal);
    if (!existsSync(installation.modulePath)) throw notAdded("npm ended well, but the engine is not there");
    const description = { version: LLAMA_VERSION, gpu };
    await describeInstallation(folder, description);
    await tried(installation.modulePath, tryOut);
    signal.throwIfAborted();
    await makeCurrent(folder, description);
  } catch (error) {
    await rm(folder, { recursive: true, force: true });
    throw error;
  }
  return installation;
}

/** A build that does not load here must not take the place of one that does. */
async function tried(modulePath: string, tryOut: (modulePath: string) => Promise<void>): Promise<void> {
  const release = holdModule(modulePath);
  try {
    await tryOut(modulePath);
  } catch (error) {
    if (!(error instanceof ArwError)) throw error;
    throw new ArwError("engine-not-added", `It arrived, but ${error.message}`, error.advice, { cause: error });
  } finally {
    release();
  }
}

/** The bytes of all files below a folder; what vanishes meanwhile does not count. */
export async function folderBytes(folder: string): Promise<number> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []);
  const sizes = await Promise.all(
    entries
      .filter((entry) => entry.isFile())
      .map(({ parentPath, name }) =>
        stat(join(parentPath, name)).then(
          ({ size }) => size,
          () => 0,
        ),
      ),
  );
  return sizes.reduce((sum, size) => sum + size, 0);
}

async function npmInstall(folder: string, onLine: (line: string) => void, signal: AbortSignal): Promise<void> {
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
  const progress = setInterval(() => {
    void folderBytes(folder).then((bytes) => onLine(`${Math.round(bytes / MEBIBYTE)} MiB have arrived …`));
  }, PROGRESS_MS);
  try {
    const exitCode = await new Promise<number>((resolve) => {
      child.on("error", (error) => {
        last.push(error.message);
        resolve(1);
      });
      child.on("close", (code) => resolve(code ?? 1));
    });
    signal.throwIfAborted();
    if (exitCode !== 0) throw notAdded(`npm could not install node-llama-cpp: ${last.join(" ").slice(0, 1_024)}`);
  } finally {
    clearInterval(progress);
  }
}

function notAdded(message: string): ArwError {
  return new ArwError("engine-not-added", message, "check that npm reaches its registry, then try again");
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
