// Reports hold text of other machines: none of it may become markup.
import assert from "node:assert/strict";
import { test } from "node:test";
import { markdownBlocks, markdownTable, markdownText } from "./markdown.ts";

test("a name from elsewhere can make no link, no image, no markup and no new row", () => {
  assert.equal(
    markdownText("![x](http://a) [b](command:c)\n| <img> `c` \u202E**d**"),
    "\\!\\[x\\](http://a) \\[b\\](command:c) \\| \\<img\\> \\`c\\` \\*\\*d\\*\\*",
  );
});

test("a table has one row a line, whatever its cells hold", () => {
  assert.equal(markdownTable(["node", "why"], [["gpu|box", "a\nb"]]), "| node | why |\n|---|---|\n| gpu\\|box | a b |");
});

test("absent blocks leave no gap", () => {
  assert.equal(markdownBlocks(["# a", undefined, "", "b"]), "# a\n\nb\n");
});
