// Reports hold text of other machines: none of it may become markup.
import assert from "node:assert/strict";
import { test } from "node:test";
import { markdownBlocks, markdownItem, markdownText } from "./markdown.ts";

test("a name from elsewhere can make no link, no image, no markup and no new line", () => {
  assert.equal(
    markdownText("![x](http://a) [b](command:c)\n| <img> `c` \u202E**d**"),
    "!\\[x\\](http://a) \\[b\\](command:c) \\| \\<img\\> \\`c\\` \\*\\*d\\*\\*",
  );
});

test("a thing of a list stays one line, and so does each line below it", () => {
  assert.equal(markdownItem("gpu|box", ["a\nb", undefined, "", "- c"]), "- gpu\\|box\n  - a b\n  - - c");
});

test("absent blocks leave no gap", () => {
  assert.equal(markdownBlocks(["# a", undefined, "", "b"]), "# a\n\nb\n");
});
