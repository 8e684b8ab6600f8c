// Exit codes: distinct for each family, and every one documented.
import assert from "node:assert/strict";
import { test } from "node:test";
import { exitCodeOf, exitCodesHelp } from "./exitCodes.ts";

test("each kind of bad input has an exit code of its own", () => {
  const codes = [
    "usage",
    "home-held",
    "journal-corrupt",
    "disk-full",
    "owner-session-required",
    "approval-needed",
    "egress-denied",
    "node-unknown",
    "node-unreachable",
    "engine-absent",
    "invite-malformed",
    "invite-expired",
    "invite-used",
    "clustering-off",
    "protocol-version",
    "home-gone",
    "input-missing",
    "cancelled",
    "internal-error",
  ];
  const numbers = codes.map(exitCodeOf);
  assert.equal(new Set(numbers).size, codes.length, JSON.stringify(numbers));
});

test("a family's code takes in what nobody listed, and all else is 1", () => {
  assert.equal(exitCodeOf("invite-of-another-kind"), 83);
  assert.equal(exitCodeOf("lease-expired"), exitCodeOf("egress-denied"));
  assert.equal(exitCodeOf("command-has-secret"), exitCodeOf("egress-denied"));
  assert.equal(exitCodeOf("prompt-has-secret"), exitCodeOf("egress-denied"));
  assert.equal(exitCodeOf("listener-failed"), exitCodeOf("clustering-off"));
  assert.equal(exitCodeOf("never-heard-of"), 1);
});

test("the help lists every number once", () => {
  const numbers = [...exitCodesHelp().matchAll(/^ +(\d+) {2}/gm)].map(([, number]) => Number(number));
  assert.equal(new Set(numbers).size, numbers.length);
  for (const number of [0, 1, 64, 74, 130]) assert.ok(numbers.includes(number));
});
