// The esbuild settings that the programs and their tests share, so that a test runs what a program ships.
// It decides how code becomes Node's ESM. It must never minify: a tenth of a megabyte is not worth ruined stacks.

/** ESM has no `require`, and some CommonJS libraries inside the bundles (ws, commander) call it. */
const REQUIRE_FOR_COMMONJS =
  "import { createRequire as createRequireForBundle } from 'node:module';" +
  "const require = createRequireForBundle(import.meta.url), " +
  "__filename = import.meta.filename, __dirname = import.meta.dirname;";

const HASHBANG = "#!/usr/bin/env node";

/** @returns {import("esbuild").BuildOptions} */
export function nodeBundle({ executable = false } = {}) {
  return {
    bundle: true,
    platform: "node",
    target: "node20.19",
    format: "esm",
    sourcemap: "linked",
    minify: false,
    charset: "utf8",
    legalComments: "none",
    logLevel: "warning",
    // The default build of this one asks for its parts in a way that cannot be bundled.
    alias: { "jsonc-parser": "jsonc-parser/lib/esm/main.js" },
    // Texts that people read as they are.
    loader: { ".jsonc": "text" },
    // A native engine, resolved at run time from the machine's own engine folder; it cannot be bundled.
    external: ["node-llama-cpp"],
    banner: { js: executable ? `${HASHBANG}\n${REQUIRE_FOR_COMMONJS}` : REQUIRE_FOR_COMMONJS },
  };
}

/** What VS Code waits for is small: everything else is a file of its own, which `main.ts` loads right after. */
export const WORKBENCH = { source: "extension/src/workbench.ts", output: "dist/extension/workbench.cjs" };

const WORKBENCH_APART = {
  name: "workbench-apart",
  setup(building) {
    building.onResolve({ filter: /^\.\/workbench\.ts$/ }, ({ kind }) =>
      kind === "dynamic-import" ? { path: "./workbench.cjs", external: true } : undefined,
    );
  },
};

/**
 * The extension runs in VS Code's own process, which offers `vscode` to CommonJS.
 * @returns {import("esbuild").BuildOptions}
 */
export function extensionBundle() {
  const { banner: _require, ...bundle } = nodeBundle();
  // The newest of Node that every supported VS Code has.
  return { ...bundle, format: "cjs", target: "node22", external: ["vscode"], plugins: [WORKBENCH_APART] };
}
