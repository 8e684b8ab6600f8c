// Bundles the benchmarks and runs them: npm run bench -- [--quick] [--write] [--gate] [--baseline] [--only <words>] [--editor] [--profile]
// It installs the peer's server where it may and says what it lacks otherwise; a row whose peer is missing is named, and fails with CI=true.
import { spawn, spawnSync } from "node:child_process";
import { rmSync } from "node:fs";
import { join } from "node:path";
import { build } from "esbuild";
import { nodeBundle } from "./bundling.mjs";

const PROGRAMS = ["test/benchmarks/bench.ts", "test/benchmarks/childMain.ts"];
const words = process.argv.slice(2);

// The gate runs within `npm test`, whose preflight has looked already.
if (!words.includes("--gate")) {
  const { status } = spawnSync(process.execPath, ["scripts/preflight.mjs", "bench"], { stdio: "inherit" });
  if (status !== 0) process.exit(status ?? 1);
}

const folder = `dist/bench-${process.pid}`;
const discard = () => rmSync(folder, { recursive: true, force: true });
process.on("exit", discard);
await build({
  ...nodeBundle(),
  entryPoints: PROGRAMS,
  outdir: folder,
  splitting: true,
  outExtension: { ".js": ".mjs" },
  // They read their own files at run time.
  external: ["@cedar-policy/cedar-wasm", "bullmq"],
});
const profile = words.includes("--profile") ? ["--cpu-prof", "--cpu-prof-dir=dist/profiles"] : [];
const bench = spawn(
  process.execPath,
  ["--enable-source-maps", "--expose-gc", ...profile, join(folder, "bench.mjs"), ...words],
  { stdio: "inherit" },
);
for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => bench.kill(signal));
bench.on("exit", (code) => {
  process.exitCode = code ?? 1;
});
