// A selection in the JSON of a prompt means the lines whose text it touches, and nothing else of the JSON means any.
import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { canonicalJson } from "./canonicalJson.ts";
import { cutMessages, messageLineCount } from "./lineCut.ts";
import { promptLinesBetween } from "./promptLines.ts";

test("a piece of a line that is found in the JSON names that line, and cutting it takes the piece away", () => {
  const content = fc
    .array(fc.constantFrom("plain", 'with "quotes"', "tab\there", "\u{1F600} ü", ""), { maxLength: 4 })
    .chain((lines) => fc.constantFrom("\n", "\r\n", "\r").map((end) => lines.join(end)));
  fc.assert(
    fc.property(content, content, (before, after) => {
      const messages = [
        { role: "system", content: before },
        { role: "user", content: `${after}\nthe SECRET line\nend` },
      ] as const;
      const json = canonicalJson(messages);
      const start = json.indexOf("SECRET");
      const range = promptLinesBetween(messages, start, start + "SECRET".length);
      assert.ok(range !== undefined);
      assert.equal(range.from, range.to);
      const left = cutMessages(messages, [range]);
      assert.equal(canonicalJson(left).includes("SECRET"), false);
      assert.equal(messageLineCount(left), messageLineCount(messages) - 1);
      assert.deepEqual(promptLinesBetween(messages, 0, json.length), { from: 1, to: messageLineCount(messages) });
    }),
  );
});

test("the JSON around the text is no line", () => {
  const messages = [{ role: "user", content: "one\ntwo" }] as const;
  assert.equal(promptLinesBetween(messages, 0, 3), undefined);
  const json = canonicalJson(messages);
  assert.equal(promptLinesBetween(messages, json.indexOf('"role"'), json.length), undefined);
  assert.deepEqual(promptLinesBetween(messages, json.indexOf("two"), json.indexOf("two")), { from: 2, to: 2 });
});
