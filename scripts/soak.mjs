// The long versions of the proofs: the journal's crashes, bit flips, kills and power cuts, so many times as many.
//   npm run soak              ten times what every change runs
//   npm run soak -- 200       the totals of the reliability goals: a night or two
// It must never stop at a seed without printing it: a failure names the seed, and the same seed fails again.
import { spawnSync } from "node:child_process";

// The fuzz of the decoders has a length of its own, a million messages, whatever the factor.
const FACTOR = process.argv[2] ?? "10";
if (!/^[1-9]\d{0,4}$/.test(FACTOR)) {
  console.error("soak: give a whole number of times, e.g. npm run soak -- 100");
  process.exit(64);
}
const TESTS = [
  "simulation/journalCrash",
  "simulation/checkpoint",
  "journal/verifyJournal",
  "faults/killHome",
  "faults/powerCut",
  "faults/writeFaults",
  "security/decoderFuzz",
  "security/redaction.test",
];

const run = (words) => {
  const env = { ...process.env, ARW_SOAK: "1", ARW_SOAK_FACTOR: FACTOR };
  return spawnSync(process.execPath, words, { stdio: "inherit", env }).status ?? 1;
};
if (run(["scripts/build.mjs"]) !== 0) process.exit(1);
// One after the other: a kill or a cut is at its hardest when nothing else slows the machine down.
const failed = TESTS.filter((test) => run(["scripts/test.mjs", test]) !== 0);
if (failed.length > 0) console.error(`soak: ${failed.join(", ")} failed`);
process.exitCode = failed.length > 0 ? 1 : 0;
