// Bundles every program into dist/ and puts the bundled models beside the worker that serves them.
// It must never leave half a build behind silently: a missing entry point is an error, and every size is printed.
import { chmodSync, cpSync, existsSync, rmSync, statSync, writeFileSync } from "node:fs";
import { build } from "esbuild";
import { extensionBundle, nodeBundle, WORKBENCH } from "./bundling.mjs";
import { notices } from "./notices.mjs";
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

/** The postures of a policy, to be read; the Home has them in itself. */
const POSTURES = { from: "server/src/adapters/policy/postures", to: "dist/postures" };

/** SQLite for the query view; the Home loads it when somebody asks. */
const SQL = { from: "node_modules/sql.js/dist/sql-wasm.wasm", to: "dist/sql-wasm.wasm" };

const WORKER = "dist/worker-companion/";
const NOTICES_NAME = "THIRD_PARTY_NOTICES.txt";
const NOTICES = `dist/${NOTICES_NAME}`;

const absent = [
  ...PROGRAMS.map(({ source }) => source),
  ...EXTENSION.map(({ source }) => source),
  MODELS.from,
  SQL.from,
  POSTURES.from,
].filter((path) => !existsSync(path));
if (absent.length > 0) {
  console.error(`build: missing ${absent.join(", ")}`);
  process.exit(1);
}

const built = await Promise.all([
  ...PROGRAMS.map(({ source, output, executable }) => bundled(nodeBundle({ executable }), source, output)),
  ...EXTENSION.map(({ source, output }) => bundled(extensionBundle(), source, output)),
]);
for (const { output, executable } of [...PROGRAMS, ...EXTENSION.map((file) => ({ ...file, executable: false }))]) {
  if (executable) chmodSync(output, 0o755);
  console.log(`${output}  ${Math.ceil(statSync(output).size / 1024)} kB`);
}
const pages = await buildWebviews("dist/webviews");
for (const { file, bytes } of pages.files) console.log(`${file}  ${Math.ceil(bytes / 1024)} kB`);
const ofWorker = built.filter(({ output }) => output.startsWith(WORKER));
writeNotices(NOTICES, "ARW Home Node", [...built, pages]);
writeNotices(`${WORKER}${NOTICES_NAME}`, "arw-worker", ofWorker);
// Removed first: a model that was renamed in the sources must not live on in dist/.
rmSync(MODELS.to, { recursive: true, force: true });
cpSync(MODELS.from, MODELS.to, { recursive: true });
rmSync(POSTURES.to, { recursive: true, force: true });
cpSync(POSTURES.from, POSTURES.to, { recursive: true });
cpSync(SQL.from, SQL.to);

async function bundled(options, source, output) {
  const { metafile } = await build({ ...options, entryPoints: [source], outfile: output, metafile: true });
  return { output, metafile };
}

function writeNotices(file, subject, bundles) {
  const metafiles = bundles.map(({ metafile }) => metafile);
  writeFileSync(file, notices(subject, metafiles));
}
