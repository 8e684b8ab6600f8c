// Runs the long versions of the simulations and the fuzz: what `npm test` does in seconds, for as long as it takes.
//   npm run soak [substring…]     only the files whose path holds one of the substrings
// It must never pass where the short version fails: the claims are the same, only the number of runs differs.
import { spawnSync } from "node:child_process";
import { join } from "node:path";

/** Files that ask `test/simulation/soak.ts` how long to run. */
const SOAKED = ["test/security/decoderFuzz.test.ts"];

const asked = process.argv.slice(2);
const { status } = spawnSync(process.execPath, [join("scripts", "test.mjs"), ...(asked.length > 0 ? asked : SOAKED)], {
  stdio: "inherit",
  env: { ...process.env, ARW_SOAK: "1" },
});
process.exitCode = status ?? 1;
