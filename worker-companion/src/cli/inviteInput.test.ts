// An invite is taken as it was typed, or whole from standard input; what is no invite is not read for ever.
import assert from "node:assert/strict";
import { test } from "node:test";
import { INVITE_CHARACTERS_MAX } from "#protocol/wire/inviteText.ts";
import { inviteOf } from "./inviteInput.ts";

async function* parts(...texts: readonly string[]): AsyncGenerator<Buffer> {
  for (const text of texts) yield Buffer.from(text);
}

test("an invite on the command line is taken as it is, and standard input is not touched", async () => {
  const input = parts("never read");
  assert.equal(await inviteOf("arw1_abc", input), "arw1_abc");
  assert.equal((await input.next()).done, false);
});

test("an invite on standard input is read to its end, in however many parts it comes", async () => {
  assert.equal(await inviteOf("-", parts("arw1_", "ab\n", "cd\n")), "arw1_ab\ncd\n");
});

test("an empty input is said, and a longer one than any invite is not read to its end", async () => {
  await assert.rejects(inviteOf("-", parts(" \n")), { code: "invite-malformed" });
  const half = "x".repeat(INVITE_CHARACTERS_MAX);
  assert.equal((await inviteOf("-", parts(half, half))).length, 2 * INVITE_CHARACTERS_MAX);
  const input = parts(half, half, "x", "more");
  await assert.rejects(inviteOf("-", input), { code: "invite-malformed" });
});
