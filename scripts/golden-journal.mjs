// Writes the golden journals of test/golden/ that are not there yet, each with its state hash. One that is there stays:
// a journal that was written must be read for ever. A later kind of event gets a golden run of its own.
import { mkdirSync, rmSync } from "node:fs";
import { build } from "esbuild";
import { nodeBundle } from "./bundling.mjs";

const outfile = `dist/golden-${process.pid}/write.mjs`;
mkdirSync("dist", { recursive: true });
try {
  await build({ ...nodeBundle(), entryPoints: ["test/golden/writeGolden.ts"], outfile });
  await import(new URL(`../${outfile}`, import.meta.url).href);
} finally {
  rmSync(`dist/golden-${process.pid}`, { recursive: true, force: true });
}
