// Command lines are split as a shell would, without a shell: by examples, and by all words that can be joined.
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { commandLineOf, splitCommandLine } from "./commandLine.ts";

function wordsOf(line: string): readonly string[] {
  const split = splitCommandLine(line);
  assert.ok(split.kind === "words", `${line}: ${split.kind}`);
  return split.words;
}

function unshelledIn(line: string): readonly string[] {
  const split = splitCommandLine(line);
  return split.kind === "words" ? split.unshelled : [];
}

test("words are split at blanks, and quotes and backslashes keep them together", () => {
  assert.deepEqual(wordsOf("npm   test"), ["npm", "test"]);
  assert.deepEqual(wordsOf(`node -e 'console.log("a b")'`), ["node", "-e", `console.log("a b")`]);
  assert.deepEqual(wordsOf(`grep "two words" a\\ file`), ["grep", "two words", "a file"]);
  assert.deepEqual(wordsOf(`printf 'it'\\''s' ""`), ["printf", "it's", ""]);
  assert.deepEqual(wordsOf(`echo "a \\"b\\" \\n \\\\ c"`), ["echo", `a "b" \\n \\ c`]);
});

test("a quote or backslash that nothing closes is said, not guessed", () => {
  assert.deepEqual(splitCommandLine("echo 'half"), { kind: "open-quote", quote: "'" });
  assert.deepEqual(splitCommandLine('echo "half'), { kind: "open-quote", quote: '"' });
  assert.deepEqual(splitCommandLine("echo half\\"), { kind: "open-backslash" });
  assert.deepEqual(splitCommandLine("  \t "), { kind: "empty" });
});

test("what a shell would have acted on is handed over as it is, and named", () => {
  assert.deepEqual(wordsOf("ls | wc -l"), ["ls", "|", "wc", "-l"]);
  assert.deepEqual(unshelledIn("ls | wc && rm -r *.log > $HOME/x; echo ~/y ${A}"), [
    "|",
    "&&",
    "*",
    ">",
    "$HOME",
    ";",
    "~",
    "${",
  ]);
  assert.deepEqual(unshelledIn('echo "$USER and `date`" and *'), ["$USER", "`", "*"]);
});

test("what is quoted for the shell, or means nothing to it, is not named", () => {
  assert.deepEqual(unshelledIn(`sh -c 'ls | wc -l > "$HOME"'`), []);
  assert.deepEqual(unshelledIn(`echo a~b "a|b" \\* \\$HOME 5$ http://x/y=z`), []);
});

test("words that are joined split into the same words", () => {
  const word = fc.oneof(fc.string({ unit: "grapheme" }), fc.constantFrom("'", '"', "\\", "$HOME", "a b", "", "-x=1"));
  fc.assert(
    fc.property(fc.array(word, { minLength: 1, maxLength: 6 }), (words) => {
      assert.deepEqual(wordsOf(commandLineOf(words)), words);
      assert.deepEqual(unshelledIn(commandLineOf(words)), []);
    }),
  );
});
