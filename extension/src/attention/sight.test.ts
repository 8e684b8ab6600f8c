// What is in sight is what a page or a view says now, each for itself.
import assert from "node:assert/strict";
import { test } from "node:test";
import { Sight } from "./sight.ts";

test("two pages are read at once, and the one that is hidden takes nothing of the other away", () => {
  using sight = new Sight();
  sight.read("review", ["a"]);
  sight.read("staged", ["b", "c"]);
  sight.read("review", []);
  assert.deepEqual(
    ["a", "b", "c"].map((key) => sight.isRead(key)),
    [false, true, true],
  );
});

test("each change is told, until nobody listens any more", () => {
  using sight = new Sight();
  let told = 0;
  const listening = sight.onDidChange(() => told++);
  sight.read("staged", ["a"]);
  sight.needsYou = true;
  listening[Symbol.dispose]();
  sight.needsYou = false;
  assert.deepEqual([told, sight.needsYou], [2, false]);
});
