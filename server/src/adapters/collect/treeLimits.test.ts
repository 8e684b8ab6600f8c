// The limits of an input tree hold exactly, and a refusal names what to shrink.
import assert from "node:assert/strict";
import { test } from "node:test";
import { ArwError } from "#protocol/errors.ts";
import { TREE_ENTRIES_MAX } from "#protocol/job.ts";
import { FILE_BYTES_MAX, requireTreeFits, type SizedPath, TREE_BYTES_MAX } from "./treeLimits.ts";

function tree(entries: number, fileBytes: number): readonly SizedPath[] {
  return Array.from({ length: entries }, (_, index) => ({ path: `folder ${index % 5}/${index}`, fileBytes }));
}

test("a tree at its limits fits; one entry or one byte more does not", () => {
  requireTreeFits(tree(TREE_ENTRIES_MAX, 0));
  requireTreeFits(tree(TREE_BYTES_MAX / FILE_BYTES_MAX, FILE_BYTES_MAX));
  const tooLarge = [
    tree(TREE_ENTRIES_MAX + 1, 0),
    [...tree(TREE_BYTES_MAX / FILE_BYTES_MAX, FILE_BYTES_MAX), { path: "one more", fileBytes: 1 }],
    tree(1, FILE_BYTES_MAX + 1),
  ];
  for (const files of tooLarge) {
    assert.throws(
      () => requireTreeFits(files),
      (error: unknown) => error instanceof ArwError && error.code === "tree-too-large",
    );
  }
});

test("too many entries name the three folders with the most", () => {
  const entries = [...tree(TREE_ENTRIES_MAX, 0), { path: "node_modules/x", fileBytes: 0 }];
  assert.throws(
    () => requireTreeFits(entries),
    /more than 50000 entries\. Largest: ("folder \d\/" 10000 files,? ?){3}\.$/u,
  );
});
