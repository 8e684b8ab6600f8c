// A jobKey names one job: the same for the same specification, another for any change of it.
import assert from "node:assert/strict";
import { test } from "node:test";
import { digestOf } from "./digest.ts";
import {
  type AskJob,
  ARGV_MAX,
  type CommandJob,
  type JobSpec,
  jobKey,
  jobSpecSchema,
  TREE_ENTRIES_MAX,
  treeManifestSchema,
} from "./job.ts";
import { byteCount, durationMs } from "./quantities.ts";

const limits = { wallMs: durationMs(1_000), memoryBytes: byteCount(2_000), outputBytes: byteCount(3_000) };
const command: CommandJob = {
  kind: "command",
  argv: ["npm", "test"],
  folder: ".",
  tree: digestOf("tree"),
  dependencies: { kind: "nothing" },
  outputs: ["out/**"],
  limits,
};
const ask: AskJob = {
  kind: "ask",
  model: digestOf("model"),
  prompt: digestOf("prompt"),
  outputTokensMax: 64,
  temperatureMilli: 0,
  seed: 1,
  limits,
};

test("the order in which a job's fields were written does not change its key", () => {
  const reversed: unknown = Object.fromEntries(Object.entries(command).toReversed());
  assert.equal(jobKey(jobSpecSchema.parse(reversed)), jobKey(command));
});

test("a change of any field gives another key", () => {
  const variants: readonly JobSpec[] = [
    command,
    { ...command, argv: ["npm", "test", ""] },
    { ...command, argv: ["npm test"] },
    { ...command, folder: jobSpecFolder("src") },
    { ...command, tree: digestOf("another tree") },
    { ...command, dependencies: { kind: "install-step", argv: ["npm", "ci"] } },
    { ...command, outputs: [] },
    { ...command, limits: { ...limits, wallMs: durationMs(1_001) } },
    { ...command, limits: { ...limits, memoryBytes: byteCount(2_001) } },
    { ...command, limits: { ...limits, outputBytes: byteCount(3_001) } },
    ask,
    { ...ask, model: digestOf("another model") },
    { ...ask, prompt: digestOf("another prompt") },
    { ...ask, outputTokensMax: 65 },
    { ...ask, temperatureMilli: 1 },
    { ...ask, seed: 2 },
    { ...ask, limits: { ...limits, wallMs: durationMs(1_001) } },
  ];
  assert.equal(new Set(variants.map(jobKey)).size, variants.length);
});

test("a command line at its limit is read, one word more is refused", () => {
  const words = (count: number): unknown => ({ ...command, argv: Array.from({ length: count }, () => "a") });
  assert.ok(jobSpecSchema.safeParse(words(ARGV_MAX)).success);
  assert.ok(!jobSpecSchema.safeParse(words(ARGV_MAX + 1)).success);
  assert.ok(!jobSpecSchema.safeParse(words(0)).success);
});

test("a tree at its limit is read, one entry more is refused", () => {
  const entry = { kind: "symlink", path: "a", target: "b" };
  const tree = (count: number): unknown => ({ kind: "tree", entries: Array.from({ length: count }, () => entry) });
  assert.ok(treeManifestSchema.safeParse(tree(TREE_ENTRIES_MAX)).success);
  assert.ok(!treeManifestSchema.safeParse(tree(TREE_ENTRIES_MAX + 1)).success);
});

function jobSpecFolder(folder: string): CommandJob["folder"] {
  const job = jobSpecSchema.parse({ ...command, folder });
  assert.ok(job.kind === "command");
  return job.folder;
}
