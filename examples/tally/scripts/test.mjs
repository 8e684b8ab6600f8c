// Runs all tests and prints one line each and a summary, always in the same order and without durations,
// so that two runs on two machines can be compared byte by byte.
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { run } from "node:test";

const folder = join(import.meta.dirname, "..", "test");
const files = readdirSync(folder)
  .filter((name) => name.endsWith(".test.js"))
  .sort()
  .map((name) => join(folder, name));

let passed = 0;
const failures = [];
// Files run at the same time, but node:test tells of one after the other, in the order of their names.
for await (const { type, data } of run({ files, concurrency: true })) {
  if (type !== "test:pass" && type !== "test:fail") continue;
  if (data.details?.type === "suite") continue;
  if (type === "test:pass") {
    passed++;
    console.log(`ok      ${data.name}`);
  } else {
    failures.push(data.name);
    console.log(`FAILED  ${data.name}: ${causeOf(data)}`);
  }
}
const first = failures.length === 0 ? "" : `: ${failures[0]}`;
console.log(`${passed} passed, ${failures.length} failed${first}`);
process.exitCode = failures.length === 0 ? 0 : 1;

/** The assertion's message on one line. */
function causeOf({ details }) {
  const cause = details?.error?.cause;
  return String(cause?.message ?? cause ?? "failed")
    .replace(/\s+/g, " ")
    .trim();
}
