// A foreign name in a notification stays text: it makes no link, runs no command, and shows what would turn a line around.
import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { noticeText } from "./noticeText.ts";

/** What VS Code takes for a link in a notification. Source: src/vs/base/common/linkedText.ts of microsoft/vscode. */
const LINK = /\[([^\]]+)\]\(((?:https?:\/\/|command:|file:)[^)\s]+)(?: (["'])(.+?)(\3))?\)/iu;

test("a name with a link in it is no link, also where it was escaped, nested or joined of two names", () => {
  for (const name of [
    "[x](command:workbench.action.quit)",
    "\\[x\\](command:workbench.action.quit)",
    "[[x](command:a)](https://example.net)",
    '[x](file:///etc/passwd "title")',
    `${"[x]"}${"(command:a)"}`,
  ]) {
    assert.match(name, /\[x\\?\]\(/u);
    assert.doesNotMatch(noticeText(name), LINK, name);
  }
  assert.equal(noticeText("[x](command:quit)"), "[x] (command:quit)");
});

test("control characters and direction marks between the parts of a link bring none back", () => {
  const piece = fc.constantFrom("[", "]", "(", ")", "x", "command:", "https://", "\u202E", "\u0000", "\r", "\n", " ");
  const texts = fc.array(piece, { maxLength: 14 }).map((pieces) => pieces.join(""));
  fc.assert(
    fc.property(texts, (text) => {
      const said = noticeText(text);
      assert.doesNotMatch(said, LINK);
      assert.doesNotMatch(said, /(?![\n\t])[\p{Cc}\p{Bidi_Control}]/u);
    }),
    { numRuns: 2_000 },
  );
});

test("words of ours stay as they are", () => {
  const words = "“a.ts” (1.5 MB): see [1], then (2).\nNext line.";
  assert.equal(noticeText(words), words);
});
