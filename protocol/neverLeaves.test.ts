// A mark keeps here what its owner meant, and in doubt more; what could be misread is no mark.
import assert from "node:assert/strict";
import { test } from "node:test";
import { isNeverLeavesGlob, NEVER_LEAVES_CHARACTERS_MAX, neverLeaves } from "./neverLeaves.ts";

test("a mark keeps what it names, all that lies in it, in any folder unless it names one, in every spelling", () => {
  for (const [glob, kept, free] of [
    ["notes.md", ["notes.md", "docs/notes.md", "NOTES.md", "notes.md/inside"], ["notes.mdx", "my-notes.md"]],
    ["/notes.md", ["notes.md", "Notes.MD"], ["docs/notes.md"]],
    ["private", ["private/a", "src/private/b/c", "Private/x"], ["privates/a", "src/private.ts"]],
    ["src/private/", ["src/private/a", "SRC/Private/b/c"], ["lib/src/private/a", "src/privat"]],
    ["*.pem", ["a.pem", "keys/b.PEM"], ["a.pem.txt"]],
    ["src/**/secret?.ts", ["src/secret1.ts", "src/a/b/secretX.ts"], ["src/secret.ts", "secret1.ts"]],
    ["docs/**", ["docs/a", "docs/b/c"], ["docs", "src/docs/a"]],
    ["app/[id]/page.tsx", ["app/[id]/page.tsx"], ["app/i/page.tsx"]],
    ["caf\u00e9.txt", ["cafe\u0301.txt", "CAF\u00c9.TXT"], ["cafe.txt"]],
  ] as const) {
    assert.ok(isNeverLeavesGlob(glob), glob);
    const mark = neverLeaves([glob]);
    for (const path of kept) assert.equal(mark(path), glob, `${glob} keeps ${path}`);
    for (const path of free) assert.equal(mark(path), undefined, `${glob} leaves ${path} alone`);
  }
});

test("the mark that keeps a path is named, and without marks nothing is kept", () => {
  assert.equal(neverLeaves(["a", "b"])("x/b/c"), "b");
  assert.equal(neverLeaves([])("a"), undefined);
});

test("what could be misread as keeping more than it does is no mark", () => {
  for (const text of ["", "/", "a//b", "./a", "../a", "a/..", "!a", "{a,b}", "a\\b", "c:a", "[ab]*.ts", "a**", "a\0"]) {
    assert.ok(!isNeverLeavesGlob(text), JSON.stringify(text));
  }
  assert.ok(isNeverLeavesGlob("a".repeat(NEVER_LEAVES_CHARACTERS_MAX)));
  assert.ok(!isNeverLeavesGlob("a".repeat(NEVER_LEAVES_CHARACTERS_MAX + 1)));
});
