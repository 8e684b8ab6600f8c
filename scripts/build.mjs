// Bundles every program into dist/ and puts the bundled models beside the worker that serves them.
// It must never leave half a build behind silently: a missing entry point is an error, and every size is printed.
import { chmodSync, cpSync, existsSync, rmSync, statSync } from "node:fs";
import { build } from "esbuild";
import { extensionBundle, nodeBundle, WORKBENCH } from "./bundling.mjs";
import { buildWebviews } from "./webview-bundling.mjs";

const PROGRAMS = [
  { source: "server/src/main.ts", output: "dist/arw-home.js", executable: true },
  { source: "worker-companion/src/main.ts", output: "dist/worker-companion/arw-worker.js", executable: true },
  {
    // Runs in a process of its own, so that a crash of the native engine is not a crash of the worker.
    source: "worker-companion/src/engines/llama/llamaChild.ts",
    output: "dist/worker-companion/llama-child.js",
    executable: false,
  },
];

/** What VS Code loads. */
const EXTENSION = [{ source: "extension/src/main.ts", output: "dist/extension/main.cjs" }, WORKBENCH];

const MODELS = { from: "worker-companion/models", to: "dist/worker-companion/models" };

/** SQLite for the query view; the Home loads it when somebody asks. */
const SQL = { from: "node_modules/sql.js/dist/sql-wasm.wasm", to: "dist/sql-wasm.wasm" };

const absent = [
  ...PROGRAMS.map(({ source }) => source),
  ...EXTENSION.map(({ source }) => source),
  MODELS.from,
  SQL.from,
].filter((path) => !existsSync(path));
if (absent.length > 0) {
  console.error(`build: missing ${absent.join(", ")}`);
  process.exit(1);
}

await Promise.all([
  ...PROGRAMS.map(({ source, output, executable }) =>
    build({ ...nodeBundle({ executable }), entryPoints: [source], outfile: output }),
  ),
  ...EXTENSION.map(({ source, output }) => build({ ...extensionBundle(), entryPoints: [source], outfile: output })),
]);
for (const { output, executable } of [...PROGRAMS, ...EXTENSION.map((file) => ({ ...file, executable: false }))]) {
  if (executable) chmodSync(output, 0o755);
  console.log(`${output}  ${Math.ceil(statSync(output).size / 1024)} kB`);
}
for (const { file, bytes } of await buildWebviews("dist/webviews"))
  console.log(`${file}  ${Math.ceil(bytes / 1024)} kB`);
// Removed first: a model that was renamed in the sources must not live on in dist/.
rmSync(MODELS.to, { recursive: true, force: true });
cpSync(MODELS.from, MODELS.to, { recursive: true });
cpSync(SQL.from, SQL.to);
