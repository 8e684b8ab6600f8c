// Adds to package-lock.json the optional platform packages that the registry did not offer when the lock was made:
// `npm ci` refuses a lock that lacks them ("Missing: X from lock file", npm/cli#9846). Run it after every change of the
// lock. It must never write where a package came from: an entry holds a version and its platform, nothing else.
import { readFileSync, writeFileSync } from "node:fs";

const LOCK_FILE = "package-lock.json";
const NODE_MODULES = "node_modules/";

/** The words that package names use for operating systems, and what npm calls them. */
const OPERATING_SYSTEMS = new Map([
  ["darwin", "darwin"],
  ["mac", "darwin"],
  ["win32", "win32"],
  ["win", "win32"],
  ["linux", "linux"],
  ["android", "android"],
  ["freebsd", "freebsd"],
  ["openbsd", "openbsd"],
  ["netbsd", "netbsd"],
  ["sunos", "sunos"],
  ["aix", "aix"],
  ["openharmony", "openharmony"],
]);

const PROCESSORS = new Set(["arm64", "x64", "arm", "ia32", "ppc64", "riscv64", "s390x", "loong64", "mips64el"]);

/** Packages that run anywhere WebAssembly does: they name no operating system. */
const PORTABLE = new Set(["wasm32", "wasi"]);

const lock = JSON.parse(readFileSync(LOCK_FILE, "utf8"));
const missing = Object.entries(lock.packages).flatMap(([parent, entry]) =>
  Object.entries(entry.optionalDependencies ?? {})
    .filter(([name]) => !isLocked(parent, name))
    .map(([name, range]) => ({ parent, name, range, dev: entry.dev === true })),
);
for (const { parent, name, range, dev } of missing) {
  lock.packages[NODE_MODULES + name] = platformEntry(parent, name, range, dev);
}
lock.packages = Object.fromEntries(Object.entries(lock.packages).sort(([a], [b]) => a.localeCompare(b, "en")));
refuseHosts();
writeFileSync(LOCK_FILE, `${JSON.stringify(lock, null, 2)}\n`);
console.log(`${LOCK_FILE}: ${missing.length} platform packages added`);

/** Node's own look-up: from the parent's folder upwards, the nearest node_modules wins. */
function isLocked(parent, name) {
  for (let folder = parent; ; folder = folder.slice(0, Math.max(0, folder.lastIndexOf(`/${NODE_MODULES}`)))) {
    if (lock.packages[`${folder === "" ? "" : `${folder}/`}${NODE_MODULES}${name}`] !== undefined) return true;
    if (folder === "") return false;
  }
}

function platformEntry(parent, name, range, dev) {
  const version = range.replace(/^[\^~=]/, "");
  // Only exact versions can be locked without asking the registry.
  if (!/^\d+\.\d+\.\d+/.test(version)) throw new Error(`${parent} wants ${name}@${range}, which is not one version`);
  const words = name.split("/").at(-1).split(/[-_]/);
  const system = words.map((word) => OPERATING_SYSTEMS.get(word.replace(/musl$/, ""))).find(Boolean);
  const processor = words.find((word) => PROCESSORS.has(word)) ?? (words.includes("eabi") ? "arm" : undefined);
  if (system === undefined && !words.some((word) => PORTABLE.has(word))) {
    throw new Error(`${name}: its name does not tell its platform; teach ${import.meta.filename} the word`);
  }
  return {
    version,
    ...(processor === undefined ? {} : { cpu: [processor] }),
    ...(dev ? { dev: true } : {}),
    ...(words.some((word) => word.endsWith("musl")) ? { libc: ["musl"] } : {}),
    optional: true,
    ...(system === undefined ? {} : { os: [system] }),
  };
}

function refuseHosts() {
  const hosted = Object.entries(lock.packages).filter(([, entry]) => entry.resolved?.includes("://"));
  if (hosted.length > 0)
    throw new Error(`${LOCK_FILE} names a registry host for: ${hosted.map(([at]) => at).join(", ")}`);
}
