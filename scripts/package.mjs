// Packs the built extension into arw-home-<version>.vsix, and the worker into arw-worker-<version>.tgz, both from dist/.
// The same input makes the same bytes: fixed dates, modes and order. It must never pack what .vscodeignore does not allow.
import { chmodSync, cpSync, existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { createVSIX, listFiles } from "@vscode/vsce";
import { build } from "esbuild";
import { nodeBundle } from "./bundling.mjs";

// The packer reads the date of every file from here; the oldest date that a zip file knows, in no time zone.
process.env.SOURCE_DATE_EPOCH = "315532800";
process.env.TZ = "UTC";

const STAGE = "dist/package";
/** What only contributors need of the manifest. */
const NOT_SHIPPED = ["scripts", "dependencies", "devDependencies", "overrides", "imports", "private"];

/** What has another place in the package than here. */
const MOVED = {
  "extension/README.md": "README.md",
  "dist/THIRD_PARTY_NOTICES.txt": "THIRD_PARTY_NOTICES.txt",
};

const [, , into = "."] = process.argv;
const manifest = JSON.parse(readFileSync("package.json", "utf8"));
if (!existsSync("dist/extension/main.cjs")) {
  console.error("package: nothing is built yet; run npm run package");
  process.exit(1);
}

try {
  await stage();
  const extension = join(into, `${manifest.name}-${manifest.version}.vsix`);
  await createVSIX({
    cwd: STAGE,
    packagePath: resolve(extension),
    dependencies: false,
    allowMissingRepository: true,
    rewriteRelativeLinks: false,
  });
  say(extension);
  const { workerArchive, workerArchiveName } = await workerArchiveModule();
  const worker = join(into, workerArchiveName(manifest.version));
  writeFileSync(worker, await workerArchive(".", manifest.version));
  say(worker);
} finally {
  rmSync(STAGE, { recursive: true, force: true });
}

/** Copies the allowed files with the modes that they have everywhere, whatever this machine's umask is. */
async function stage() {
  rmSync(STAGE, { recursive: true, force: true });
  for (const file of await listFiles({ cwd: ".", dependencies: false })) {
    // The page of the extension is not the page of the repository, which vsce takes along unasked.
    if (file === "README.md") continue;
    const target = join(STAGE, MOVED[file] ?? file);
    mkdirSync(dirname(target), { recursive: true });
    cpSync(file, target);
    chmodSync(target, 0o644);
  }
  const shipped = Object.fromEntries(Object.entries(manifest).filter(([key]) => !NOT_SHIPPED.includes(key)));
  // All of it was allowed already.
  writeFileSync(join(STAGE, ".vscodeignore"), ".vscodeignore\n");
  writeFileSync(join(STAGE, "package.json"), `${JSON.stringify(shipped, undefined, 2)}\n`);
}

/** The extension's own code makes the worker's archive, so that what it hands out and what is released are the same. */
async function workerArchiveModule() {
  const bundled = join(STAGE, "workerArchive.mjs");
  await build({ ...nodeBundle(), entryPoints: ["extension/src/cluster/workerArchive.ts"], outfile: bundled });
  return import(pathToFileURL(bundled).href);
}

function say(file) {
  console.log(`${file}  ${Math.ceil(statSync(file).size / 1024)} kB`);
}
