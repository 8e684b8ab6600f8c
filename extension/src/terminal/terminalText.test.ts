// The bytes that a program prints become text for a terminal, and nothing that acts on it.
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { noteLine, SEQUENCE_CHARACTERS_MAX, TerminalText } from "./terminalText.ts";

const encoder = new TextEncoder();

function shown(...pages: readonly (string | Uint8Array)[]): string {
  const text = new TerminalText();
  const parts = pages.map((page) => text.append(typeof page === "string" ? encoder.encode(page) : page));
  return parts.join("") + text.end();
}

test("line feeds become line ends of a terminal, and those that are there already stay as they are", () => {
  assert.equal(shown("a\nb\r\nc\rd\n"), "a\r\nb\r\nc\rd\r\n");
  assert.equal(shown("a\r", "\nb"), "a\r\nb");
});

test("a character that lies across two pages is shown once and whole", () => {
  const bytes = encoder.encode("naïve 🚀\n");
  for (let cut = 0; cut <= bytes.length; cut++) {
    assert.equal(shown(bytes.subarray(0, cut), bytes.subarray(cut)), "naïve 🚀\r\n");
  }
});

test("half a character at the end is shown as missing, and bytes that are no text never throw", () => {
  assert.equal(shown(Uint8Array.of(0x61, 0xf0, 0x9f)), "a\uFFFD");
  assert.equal(shown(Uint8Array.of(0xff, 0xfe, 0x61)), "\uFFFD\uFFFDa");
});

test("colours, cursor moves and erasing stay", () => {
  const colourful = "\u001B[1;32mok\u001B[0m \u001B[38;2;1;2;3mx\u001B[2K\u001B[1G\u001B[A\u001B[?25l\u001B[?25h";
  assert.equal(shown(colourful), colourful);
});

test("a web link stays a link, any other target does not", () => {
  const link = (target: string): string => `\u001B]8;;${target}\u0007here\u001B]8;;\u0007`;
  assert.equal(shown(link("https://example.org/a")), "\u001B]8;;https://example.org/a\u001B\\here\u001B]8;;\u001B\\");
  for (const target of ["vscode://x/y", "command:arw.applyProposal", "file:///etc/passwd"]) {
    assert.equal(shown(link(target)), "here\u001B]8;;\u001B\\");
  }
});

test("output can set no clipboard and no title, switch no screen, ask the terminal nothing and ring no bell", () => {
  for (const sequence of [
    "\u001B]52;c;aGFja2Vk\u0007",
    "\u001B]0;title\u0007",
    "\u001B]633;E;rm -rf /\u001B\\",
    "\u001B]1337;SetMark\u0007",
    "\u001BP$q\u001B\\",
    "\u001B_command\u001B\\",
    "\u001B[?1049h",
    "\u001B[6n",
    "\u001B[c",
    "\u001B[5i",
    "\u001B[!p",
    "\u001Bc",
    "\u001B(0",
    "\u0007",
    "\u0000",
    "\u009b31m".slice(0, 1),
  ]) {
    assert.equal(shown(`a${sequence}b`), "ab", JSON.stringify(sequence));
  }
});

test("a sequence that breaks off takes nothing after it with it", () => {
  assert.equal(shown("\u001B]0;half\nafter"), "\r\nafter");
  assert.equal(shown("\u001B[12\nafter"), "\r\nafter");
  assert.equal(shown("\u001B]0;half\u001B[31mred"), "\u001B[31mred");
  assert.equal(shown("\u001B", "\u001B[31mred"), "\u001B[31mred");
});

test("a sequence at the limit is dropped alone, past it what follows is shown", () => {
  const body = "x".repeat(SEQUENCE_CHARACTERS_MAX);
  assert.equal(shown(`\u001B]0${body.slice(1)}\u0007after`), "after");
  assert.equal(shown(`\u001B]0${body}after`).endsWith("after"), true);
});

test("how the bytes are cut into pages changes nothing", () => {
  const piece = fc.oneof(
    fc.string({ unit: "grapheme" }),
    fc.constantFrom(
      "\u001B[31m",
      "\u001B[",
      "\u001B]8;;https://x\u0007",
      "\u001B]52;c;x\u001B\\",
      "\r",
      "\n",
      "\u001B",
    ),
  );
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 8 }), fc.array(fc.nat(60), { maxLength: 6 }), (pieces, cuts) => {
      const bytes = encoder.encode(pieces.join("").toWellFormed());
      const places = [0, ...cuts.map((cut) => Math.min(cut, bytes.length)).toSorted((a, b) => a - b), bytes.length];
      const pages = places.slice(1).map((end, index) => bytes.subarray(places[index], end));
      assert.equal(shown(...pages), shown(bytes));
    }),
  );
});

test("a line of our own holds no control character of a name", () => {
  assert.equal(noteLine("on \u001B[31mgpu\u202Ebox\n2"), "\u001B[2mon [31mgpubox 2\u001B[0m\r\n");
});
