// An invite survives being pasted, and a damaged one is refused with advice instead of half understood.
import assert from "node:assert/strict";
import { test } from "node:test";
import { readFixtures } from "../../test/protocolFixtures.ts";
import { ArwError } from "../errors.ts";
import { inviteSchema } from "./enrol.ts";
import { INVITE_CHARACTERS_MAX, inviteText, parseInvite } from "./inviteText.ts";

const invite = inviteSchema.parse(
  readFixtures("protocol/wire/fixtures/enrol").find(({ name }) => name === "invite")?.value,
);
const text = inviteText(invite);

test("an invite comes back as it was made", () => {
  assert.match(text, /^arw1_[A-Za-z0-9_-]+$/);
  assert.deepEqual(parseInvite(text), invite);
});

test("line wrapping and surrounding white space are ignored", () => {
  const wrapped = text.replace(/.{60}/g, "$&\r\n  ");
  assert.deepEqual(parseInvite(`\n\t${wrapped}\n`), invite);
});

test("a damaged invite is refused as invite-malformed, with what is wrong", () => {
  const encoded = (value: unknown): string => `arw1_${Buffer.from(JSON.stringify(value)).toString("base64url")}`;
  const damaged: readonly string[] = [
    "",
    "arw1_",
    "arw2_" + text.slice(5),
    text.slice(5),
    text.slice(0, -10),
    text.slice(0, text.length / 2),
    `${text.slice(0, 40)}!${text.slice(40)}`,
    `${text}=`,
    `${text} and more words`,
    "https://example.org/invite",
    encoded({}),
    encoded({ ...invite, v: 2 }),
    encoded({ ...invite, role: "owner" }),
    encoded({ ...invite, addresses: [] }),
    encoded({ ...invite, intruder: true }),
    encoded([invite]),
    `arw1_${"A".repeat(INVITE_CHARACTERS_MAX)}`,
  ];
  for (const variant of damaged) {
    assert.throws(
      () => parseInvite(variant),
      (error) => error instanceof ArwError && error.code === "invite-malformed" && error.advice.length > 0,
      variant.slice(0, 80),
    );
  }
});

test("no single character can be lost or changed unseen inside the names of its fields", () => {
  for (let index = 0; index < 60; index++) {
    assert.throws(() => parseInvite(text.slice(0, index) + text.slice(index + 1)), ArwError, `without ${index}`);
  }
});
