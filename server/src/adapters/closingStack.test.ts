// Everything that was opened is closed, whatever fails on the way.
import assert from "node:assert/strict";
import { test } from "node:test";
import { ClosingStack } from "./closingStack.ts";

test("the last opened closes first, each waits for the one before, and closing again closes nothing twice", async () => {
  const closing = new ClosingStack();
  const closed: string[] = [];
  closing.defer(() => void closed.push("first"));
  closing.defer(async () => {
    await Promise.resolve();
    closed.push("second");
  });
  await closing.close();
  await closing.close();
  assert.deepEqual(closed, ["second", "first"]);
});

test("what fails to close stops no other, and the first failure is told", async () => {
  const closing = new ClosingStack();
  const closed: string[] = [];
  closing.defer(() => void closed.push("first"));
  closing.defer(() => Promise.reject(new Error("second")));
  closing.defer(() => {
    throw new Error("third");
  });
  await assert.rejects(closing.close(), /third/);
  assert.deepEqual(closed, ["first"]);
});
