// Bundles each screen of webviews/src into dist/webviews: one script, one style sheet, and the icon font they share.
// It must never let a module of Node into a page: what a page cannot run fails the build, not the page.
import { existsSync, readdirSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { build } from "esbuild";

const SOURCES = "webviews/src";

/** The folders of webviews/src that hold a page. */
export function screens() {
  return readdirSync(SOURCES).filter((name) => existsSync(join(SOURCES, name, "main.ts")));
}

/** Builds every screen, or only the named ones, into the folder. Returns the files with their sizes in bytes, and esbuild's account of them. */
export async function buildWebviews(outdir, names = screens()) {
  rmSync(outdir, { recursive: true, force: true });
  const { metafile } = await build({
    entryPoints: Object.fromEntries(names.map((name) => [name, join(SOURCES, name, "main.ts")])),
    outdir,
    bundle: true,
    format: "esm",
    target: "es2023",
    minify: true,
    charset: "utf8",
    legalComments: "none",
    loader: { ".ttf": "file" },
    assetNames: "[name]",
    logLevel: "warning",
    metafile: true,
    plugins: [WITHOUT_UNUSED_NODE],
  });
  for (const [file, { imports }] of Object.entries(metafile.outputs)) {
    const leftover = imports.find(({ path }) => path.startsWith("node:"));
    if (leftover !== undefined) throw new Error(`${file} uses ${leftover.path}, which no page has`);
  }
  return { files: Object.keys(metafile.outputs).map((file) => ({ file, bytes: statSync(file).size })), metafile };
}

/**
 * A file of protocol/ may digest with node:crypto, and pages use only its decoders: an import that is not used is dropped,
 * one that is used is left for the check above to find.
 */
const WITHOUT_UNUSED_NODE = {
  name: "without-unused-node",
  setup({ onResolve }) {
    onResolve({ filter: /^node:/ }, ({ path }) => ({ path, external: true, sideEffects: false }));
  },
};
