// What a lease's globs match and what they do not, also where the glob was written to be slow or to be misread.
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { globsCover, isPathGlob, PATH_GLOB_CHARACTERS_MAX, pathGlob } from "./pathGlob.ts";

test("a glob matches what it says and nothing beside it", () => {
  for (const [glob, matching, others] of [
    ["src/**", ["src/a.ts", "src/b/c.ts", "src/.hidden"], ["src", "srca/b", "lib/src/a.ts", "SRC/a.ts"]],
    ["**", ["a", "a/b/c", ".github/x.yml"], []],
    ["*.ts", ["a.ts", ".ts"], ["src/a.ts", "a.tsx", "ts"]],
    ["**/*.ts", ["a.ts", "src/a.ts", "a/b/c.ts"], ["a.js", "a.ts/b"]],
    ["src/**/test/*.ts", ["src/test/a.ts", "src/a/b/test/a.ts"], ["src/test/a/b.ts", "test/a.ts"]],
    ["a?c", ["abc", "a.c"], ["ac", "a/c", "abbc"]],
    ["package.json", ["package.json"], ["packagexjson", "a/package.json"]],
    ["a*b*c", ["abc", "aXbYc", "abcbc"], ["ab", "acb"]],
    ["(prompt)", ["(prompt)"], ["prompt"]],
  ] as const) {
    const covers = pathGlob(glob);
    for (const path of matching) assert.ok(covers(path), `${glob} matches ${path}`);
    for (const path of others) assert.ok(!covers(path), `${glob} does not match ${path}`);
  }
});

test("globs cover paths only where each path matches one of them; no path is covered by anything", () => {
  assert.ok(globsCover(["src/**", "package.json"], ["package.json", "src/a.ts"]));
  assert.ok(!globsCover(["src/**", "package.json"], ["package.json", "src/a.ts", "README.md"]));
  assert.ok(!globsCover([], ["a"]));
  assert.ok(globsCover([], []));
});

test("what leaves the workspace, or what other matchers read otherwise, is no glob", () => {
  for (const text of [
    "",
    "/a",
    "a/",
    "../a",
    "a/../b",
    "./a",
    "a//b",
    "a\\b",
    "C:/a",
    "!a",
    "{a,b}",
    "[ab]",
    "a**",
    "a,b",
  ]) {
    assert.ok(!isPathGlob(text), text);
  }
  assert.ok(isPathGlob("a".repeat(PATH_GLOB_CHARACTERS_MAX)));
  assert.ok(!isPathGlob("a".repeat(PATH_GLOB_CHARACTERS_MAX + 1)));
  assert.ok(!isPathGlob("a\ud800"));
});

test("a path matches itself, and a glob agrees with its regular expression", () => {
  const part = fc.stringMatching(/^[ab.]{1,4}$/).filter((name) => name !== "." && name !== "..");
  const path = fc.array(part, { minLength: 1, maxLength: 4 }).map((parts) => parts.join("/"));
  const globPart = fc.oneof(fc.stringMatching(/^[ab.?]{1,3}$/), fc.constantFrom("*", "a*", "*b", "*a*", "**"));
  const glob = fc.array(globPart, { minLength: 1, maxLength: 4 }).map((parts) => parts.join("/"));
  fc.assert(
    fc.property(glob, path, (pattern, text) => {
      assert.ok(pathGlob(text)(text));
      if (!isPathGlob(pattern)) return;
      assert.equal(pathGlob(pattern)(text), expressionOf(pattern).test(text), `${pattern} on ${text}`);
    }),
    { numRuns: 2_000 },
  );
});

function expressionOf(glob: string): RegExp {
  const parts = glob.split("/");
  const text = parts.map((part, index) => {
    const last = index === parts.length - 1;
    if (part === "**") return last ? "(?:[^/]+/)*[^/]+" : "(?:[^/]+/)*";
    const name = part.replaceAll(".", "\\.").replaceAll("*", "[^/]*").replaceAll("?", "[^/]");
    return last ? name : `${name}/`;
  });
  return new RegExp(`^${text.join("")}$`);
}

test("a glob made to backtrack takes no more than the product of the lengths", () => {
  const covers = pathGlob("*a".repeat(PATH_GLOB_CHARACTERS_MAX / 2));
  const path = "a".repeat(4_000);
  // An exponential matcher would not come back within the age of the universe.
  for (let turn = 0; turn < 100; turn++) assert.ok(!covers(`${path}b`));
});
