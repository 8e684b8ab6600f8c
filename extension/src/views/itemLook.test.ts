// What a tree row may show of what others say, and how old something is.
import assert from "node:assert/strict";
import { test } from "node:test";
import { agoText } from "./ago.ts";
import { dotted, plainLabel, spokenLabel, tooltipMarkdown } from "./itemLook.ts";

test("a label is one line without control characters, direction changes or invisible characters", () => {
  assert.equal(plainLabel(" npm\n test\u001B[31m \u202Egnp.exe\u200B "), "npm test[31m gnp.exe");
});

test("a long label is cut between characters and says so", () => {
  const cut = plainLabel("😀".repeat(300));
  assert.equal(Array.from(cut).length, 200);
  assert.ok(cut.endsWith("😀…"));
  assert.equal(plainLabel("a".repeat(200)), "a".repeat(200));
});

test("a tooltip shows given text as text: no link, command, image, HTML, icon, code or heading", () => {
  const hostile = [
    "[run](command:arw.approve)",
    "![x](https://example.net/a.png)",
    "<img src=x onerror=alert(1)>",
    "$(trash) `code` **bold** _it_ ~~gone~~ | table |",
    "https://example.net me@example.net",
    "# heading",
    "1. list\n- list\n> quote\n\n    block",
  ];
  const markdown = tooltipMarkdown([...hostile, ["**name**", "</b>"]]).replaceAll(/^\*\*|\*\* /gm, "");
  // All that is left of the signs of Markdown are character references.
  assert.equal(/[\\`*_{}[\]()+\-!~|<>$@/"'=^:.]|#(?!\d+;)|&(?!#\d+;)/.exec(markdown.replaceAll(/\d+/g, "0")), null);
  assert.doesNotMatch(markdown, / {4}/);
});

test("screen readers hear what the row shows, in its order", () => {
  assert.equal(
    spokenLabel({ label: "gpubox", description: dotted("ready", undefined, "", "llama") }),
    "gpubox, ready · llama",
  );
  assert.equal(spokenLabel({ label: "gpubox" }), "gpubox");
});

test("ages are told in one unit, and a clock that is ahead says now", () => {
  const minute = 60_000;
  assert.equal(agoText(0, 90 * minute, "en"), "1 hr. ago");
  assert.equal(agoText(0, 3 * minute, "en"), "3 min. ago");
  assert.equal(agoText(0, 73 * 60 * minute, "de"), "vor 3 Tagen");
  assert.equal(agoText(5_000, 0, "en"), "now");
});
