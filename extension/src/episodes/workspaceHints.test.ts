// What is offered for a command: scripts, and what was run before, up to the limits.
import assert from "node:assert/strict";
import { test } from "node:test";
import { splitCommandLine } from "./commandLine.ts";
import {
  RECENT_CHARACTERS_MAX,
  RECENT_COMMANDS_MAX,
  recentCommands,
  SCRIPT_HINTS_MAX,
  scriptHints,
  withRecent,
} from "./workspaceHints.ts";

test("scripts of a package.json become command lines of its package manager", () => {
  const text = JSON.stringify({ name: "x", scripts: { test: "node --test", "build all": "make" } });
  assert.deepEqual(scriptHints(text, "pnpm"), [
    { line: "pnpm test", script: "node --test" },
    { line: "pnpm run 'build all'", script: "make" },
  ]);
});

test("a script with a name that could be a command of its own stays one word", () => {
  const [hint] = scriptHints(JSON.stringify({ scripts: { "a; rm -rf '": "x" } }), "npm");
  const split = splitCommandLine(hint?.line ?? "");
  assert.deepEqual(split.kind === "words" && split.words, ["npm", "run", "a; rm -rf '"]);
});

test("a package.json that cannot be read, or has no scripts, offers none", () => {
  for (const text of ["{", "[]", "{}", '{"scripts":{"a":1}}']) assert.deepEqual(scriptHints(text, "npm"), []);
});

test("no more scripts are offered than the limit", () => {
  const scripts = Object.fromEntries(Array.from({ length: SCRIPT_HINTS_MAX + 1 }, (_, at) => [`s${at}`, "x"]));
  assert.equal(scriptHints(JSON.stringify({ scripts }), "npm").length, SCRIPT_HINTS_MAX);
});

test("the newest command comes first, each once, and no more than the limit", () => {
  let recent = recentCommands(undefined);
  for (let at = 0; at <= RECENT_COMMANDS_MAX; at++) recent = withRecent(recent, { line: `run ${at}`, outputs: "" });
  recent = withRecent(recent, { line: "run 5", outputs: "dist/**" });
  assert.equal(recent.length, RECENT_COMMANDS_MAX);
  assert.deepEqual(recent[0], { line: "run 5", outputs: "dist/**" });
  assert.equal(recent.filter(({ line }) => line === "run 5").length, 1);
});

test("what is stored is believed only where it has our form, and a command too long to read is not kept", () => {
  assert.deepEqual(recentCommands([{ line: 1 }]), []);
  assert.deepEqual(withRecent([], { line: "x".repeat(RECENT_CHARACTERS_MAX + 1), outputs: "" }), []);
  assert.equal(withRecent([], { line: "x".repeat(RECENT_CHARACTERS_MAX), outputs: "" }).length, 1);
});
