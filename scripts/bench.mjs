// Bundles the benchmarks and runs them: npm run bench -- [--quick] [--write] [--gate] [--baseline] [--only <words>] [--profile]
// It installs the peer's server where it may and says what it lacks otherwise; a peer that is missing never fails a run.
import { spawn, spawnSync } from "node:child_process";
import { rmSync } from "node:fs";
import { join } from "node:path";
import { build } from "esbuild";
import { nodeBundle } from "./bundling.mjs";

const PROGRAMS = ["test/benchmarks/bench.ts", "test/benchmarks/childMain.ts"];
const words = process.argv.slice(2);

// Without CI's strictness: the row of a peer that is absent is reported by name and reason.
spawnSync(process.execPath, ["scripts/preflight.mjs", "bench"], {
  stdio: "inherit",
  env: { ...process.env, CI: "" },
});

const folder = `dist/bench-${process.pid}`;
const discard = () => rmSync(folder, { recursive: true, force: true });
process.on("exit", discard);
await build({
  ...nodeBundle(),
  entryPoints: PROGRAMS,
  outdir: folder,
  splitting: true,
  outExtension: { ".js": ".mjs" },
  // It reads its own files at run time.
  external: ["bullmq"],
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
