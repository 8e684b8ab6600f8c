// What is offered while a policy is typed: at the bar, in text that is not whole yet.
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { completionsAt, COMPLETIONS_MAX, type KnownValues } from "./policyCompletions.ts";

const KNOWN: KnownValues = {
  "node-names": [
    { value: "gpu-box", detail: "ready" },
    { value: "attic", detail: "unreachable" },
  ],
  "node-ids": [{ value: "node_abc", detail: "gpu-box" }],
  models: [{ value: "demo", detail: "on gpu-box" }],
  locations: [{ value: "home", detail: "" }],
};

/** The labels that are offered at the bar. */
function offered(marked: string, known: KnownValues = KNOWN): readonly string[] {
  const offset = marked.indexOf("|");
  return completionsAt(marked.replace("|", ""), offset, known).map(({ label }) => label);
}

/** The text after the one suggestion of this name was taken. */
function taken(marked: string, label: string): string {
  const at = marked.indexOf("|");
  const text = marked.replace("|", "");
  const found = completionsAt(text, at, KNOWN).find((each) => each.label === label);
  assert.ok(found !== undefined, `${label} is not offered`);
  return text.slice(0, found.offset) + found.insert + text.slice(found.offset + found.length);
}

test("members that are not there yet are offered, and those that are, are not", () => {
  assert.deepEqual(offered('{ "version": 1, | }'), ["name", "gates", "nodes", "rules"]);
  assert.deepEqual(offered('{ "rules": [{ "resource": { "paths": ["a"], | } }] }'), [
    "classes",
    "bytesMax",
    "bytesOver",
    "models",
  ]);
  assert.deepEqual(offered('{ "name": { | } }'), []);
});

test("a member comes with the beginning of its value, unless it has one", () => {
  assert.equal(taken('{ "na|" }', "name"), '{ "name": "$1" }');
  assert.equal(taken("{ | }", "rules"), '{ "rules": [{ $1 }] }');
  assert.equal(taken('{ "g|": {} }', "gates"), '{ "gates": {} }');
});

test("values are those of the schema, and live ones of the Home", () => {
  assert.deepEqual(offered('{ "rules": [{ "effect": "|" }] }'), ["allow", "ask", "deny"]);
  assert.deepEqual(offered('{ "rules": [{ "effect": | }] }'), ["allow", "ask", "deny"]);
  assert.deepEqual(offered('{ "gates": { "noEgress": | } }'), ["true", "false"]);
  assert.deepEqual(offered('{ "rules": [{ "destination": { "nodes": ["|"] } }] }'), ["gpu-box", "attic"]);
  assert.deepEqual(offered('{ "rules": [{ "destination": { "keys": ["|"] } }] }'), ["node_abc"]);
  assert.deepEqual(offered('{ "rules": [{ "resource": { "models": [|] } }] }'), ["demo"]);
  assert.deepEqual(offered('{ "nodes": [{ "node": "|" }] }'), ["gpu-box", "attic", "node_abc"]);
});

test("what is half typed is replaced whole", () => {
  assert.equal(taken('{ "rules": [{ "effect": "de|" }] }', "deny"), '{ "rules": [{ "effect": "deny" }] }');
  assert.equal(
    taken('{ "rules": [{ "destination": { "nodes": ["gpu-bo|"] } }] }', "gpu-box"),
    '{ "rules": [{ "destination": { "nodes": ["gpu-box"] } }] }',
  );
});

test("a worker's name with signs of a snippet stays itself", () => {
  const known = { ...KNOWN, "node-names": [{ value: "$1 }\\", detail: "" }] };
  const [only] = completionsAt('{ "nodes": [{ "node": "" }] }', 23, known);
  assert.equal(only?.insert, String.raw`"\$1 \}\\\\"`);
});

test("more than can be read is not offered", () => {
  const many = Array.from({ length: 300 }, (_, index) => ({ value: `node-${index}`, detail: "" }));
  assert.equal(offered('{ "nodes": [{ "node": "|" }] }', { ...KNOWN, "node-names": many }).length, COMPLETIONS_MAX);
});

test("no text, however broken, at no place, is too much for it", () => {
  const piece = fc.constantFrom(
    "{",
    "}",
    "[",
    "]",
    '"rules"',
    '"effect"',
    ":",
    ",",
    '"',
    "//",
    "/*",
    "\n",
    "true",
    "7",
    "\\",
    "a",
  );
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 30 }), fc.nat(60), (pieces, at) => {
      const text = pieces.join("");
      const offset = Math.min(at, text.length);
      for (const each of completionsAt(text, offset, KNOWN)) {
        assert.ok(each.offset <= offset && offset <= each.offset + each.length);
      }
    }),
    { numRuns: 2_000 },
  );
});
