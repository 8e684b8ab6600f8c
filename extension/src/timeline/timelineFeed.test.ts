// Tests of the feed with a Home and a page in memory: whatever their pace, the page holds the timeline without a hole.
import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { sequence } from "#protocol/quantities.ts";
import { TAIL_ENTRIES_MAX } from "#protocol/webview/tail.ts";
import { FakeHome, FakePage, placeText, settled } from "../../../test/editor/webviews/fakeFeed.ts";
import { READS_MAX, readBefore } from "./olderEntries.ts";
import { TimelineFeed, WAITING_ENTRIES_MAX } from "./timelineFeed.ts";

function fed(home: FakeHome, page: FakePage, snapshotEntries = TAIL_ENTRIES_MAX): TimelineFeed {
  const feed = new TimelineFeed({
    home,
    heard: () => home.heard,
    snapshotEntries,
    post: (message) => page.post(message),
    failed: (error) => page.failures.push(error),
    after: (_ms, run) => page.after(run),
  });
  page.onTaken = (number) => feed.taken(number);
  return feed;
}

test("a page that opens gets the newest entries, then what follows", async (context) => {
  const home = new FakeHome(1_000);
  const page = new FakePage();
  const feed = fed(home, page);
  context.after(() => feed.dispose());
  await feed.begin();
  assert.equal(page.held.length, TAIL_ENTRIES_MAX);
  assert.equal(page.older, true);
  home.append(3);
  await settled(page);
  assert.deepEqual(page.held.map(placeText), home.entries.slice(-TAIL_ENTRIES_MAX - 3).map(placeText));
});

test("entries within one moment go in one message", async (context) => {
  const home = new FakeHome(10);
  const page = new FakePage();
  const feed = fed(home, page);
  context.after(() => feed.dispose());
  await feed.begin();
  for (let count = 0; count < 50; count++) home.append(1);
  await settled(page);
  assert.equal(page.messages, 2);
});

test("a page that draws nothing is sent one message, and later all of the rest", async (context) => {
  const home = new FakeHome(10);
  const page = new FakePage();
  const feed = fed(home, page);
  context.after(() => feed.dispose());
  await feed.begin();
  page.drawing = false;
  home.append(5);
  page.runTimers();
  home.append(WAITING_ENTRIES_MAX + 1);
  home.append(7);
  page.runTimers();
  await new Promise(setImmediate);
  assert.equal(page.held.length, 15);
  page.drawing = true;
  page.draw();
  await settled(page);
  assert.deepEqual(page.held.map(placeText), home.entries.map(placeText));
});

test("a hidden page is sent nothing and begins anew with the newest entries", async (context) => {
  const home = new FakeHome(10);
  const page = new FakePage();
  const feed = fed(home, page);
  context.after(() => feed.dispose());
  await feed.begin();
  page.hide();
  feed.pause();
  home.append(500);
  page.runTimers();
  page.show();
  await feed.begin();
  home.append(2);
  await settled(page);
  assert.deepEqual(page.held.map(placeText), home.entries.slice(-TAIL_ENTRIES_MAX - 2).map(placeText));
});

test("an episode's page gets its own entries only, however far apart they are", async (context) => {
  const home = new FakeHome(0);
  const [first = "", second = ""] = home.episodes;
  home.append(30, first);
  home.append(5_000, second);
  home.append(5, first);
  const page = new FakePage();
  const feed = new TimelineFeed({
    home,
    episodeId: home.episodeId(first),
    heard: () => home.heard,
    snapshotEntries: 20,
    post: (message) => page.post(message),
    failed: (error) => page.failures.push(error),
    after: (_ms, run) => page.after(run),
  });
  context.after(() => feed.dispose());
  page.onTaken = (number) => feed.taken(number);
  await feed.begin();
  home.append(3, second);
  home.append(2, first);
  await settled(page);
  while (page.older) page.prepend(await feed.readOlder());
  assert.deepEqual(page.held.map(placeText), home.entries.filter(({ corrId }) => corrId === first).map(placeText));
});

test("older entries come page after page to the very first one", async (context) => {
  const home = new FakeHome(5_432);
  const page = new FakePage();
  const feed = fed(home, page);
  context.after(() => feed.dispose());
  await feed.begin();
  while (page.older) page.prepend(await feed.readOlder());
  assert.deepEqual(page.held.map(placeText), home.entries.map(placeText));
});

test("one ask for older entries reads a bounded number of pages", async () => {
  const home = new FakeHome(0);
  const [first = "", second = ""] = home.episodes;
  home.append(1, first);
  home.append(400_000, second);
  home.reads = 0;
  await readBefore(
    (from) => home.readTimeline({ fromSequence: from, episodeId: home.episodeId(first) }),
    home.heard,
    1,
  );
  assert.ok(home.reads <= READS_MAX, String(home.reads));
});

test("a Home that cannot be read is said once, and the page can begin again", async (context) => {
  const home = new FakeHome(10);
  const page = new FakePage();
  const feed = fed(home, page);
  context.after(() => feed.dispose());
  home.broken = true;
  await feed.begin();
  assert.equal(page.failures.length, 1);
  home.broken = false;
  await feed.begin();
  assert.equal(page.held.length, 10);
});

test("a disposed feed leaves no listener behind", async () => {
  const home = new FakeHome(10);
  const page = new FakePage();
  for (let cycle = 0; cycle < 50; cycle++) {
    const feed = fed(home, page);
    await feed.begin();
    home.append(1);
    feed.dispose();
  }
  assert.equal(home.listeners.size, 0);
  assert.equal(page.timers.size, 0);
});

test("at any pace of Home and page, the page holds the timeline without hole, repetition or disorder", async () => {
  const step = fc.oneof(
    fc.integer({ min: 1, max: 40 }).map((count) => ({ kind: "append", count }) as const),
    fc.constantFrom({ kind: "stall" } as const, { kind: "draw" } as const, { kind: "timers" } as const),
    fc.constantFrom({ kind: "hide" } as const, { kind: "show" } as const, { kind: "breathe" } as const),
    fc.constant({ kind: "append", count: WAITING_ENTRIES_MAX + 1 } as const),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 30 }), async (steps) => {
      const home = new FakeHome(300);
      const page = new FakePage();
      const feed = fed(home, page);
      void feed.begin();
      for (const at of steps) {
        if (at.kind === "append") home.append(at.count);
        else if (at.kind === "stall") page.drawing = false;
        else if (at.kind === "draw") page.draw();
        else if (at.kind === "timers") page.runTimers();
        else if (at.kind === "breathe") await new Promise(setImmediate);
        else if (at.kind === "hide") page.hide();
        else if (!page.visible) {
          page.show();
          void feed.begin();
        }
      }
      if (!page.visible) {
        page.show();
        void feed.begin();
      }
      page.draw();
      await settled(page);
      feed.dispose();
      const from = home.entries.findIndex((entry) => placeText(entry) === placeText(page.held[0]));
      assert.deepEqual(page.failures, []);
      assert.deepEqual(page.held.map(placeText), home.entries.slice(from).map(placeText));
      assert.equal(sequence(page.held.at(-1)?.sequence ?? 0), home.entries.at(-1)?.sequence);
    }),
    { numRuns: 60 },
  );
});
