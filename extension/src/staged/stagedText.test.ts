// The confirmation of several repeats their number and each of them, from the action and not from what was said of it.
import assert from "node:assert/strict";
import { test } from "node:test";
import { stagedId } from "#protocol/ids.ts";
import { epochMs } from "#protocol/quantities.ts";
import { type StagedAction, stagedDigest } from "#protocol/staging.ts";
import type { StagedView } from "#protocol/wire/stagingViews.ts";
import { stagedQuestion, tableDetail } from "./stagedText.ts";

function viewOf(number: number, action: StagedAction, change: Partial<StagedView> = {}): StagedView {
  return {
    stagedId: stagedId.from(Buffer.alloc(32, number)),
    digest: stagedDigest(action),
    action,
    risk: { level: "high", rule: "lets-data-leave", reason: "It lets data leave." },
    title: `action ${number}`,
    evidence: [],
    requestedBy: "a script",
    stagedAt: epochMs(number),
    revision: 1,
    endorsements: [],
    state: "pending",
    ...change,
  };
}

const unmark = (...globs: readonly string[]): StagedAction => ({
  kind: "change-setting",
  change: { name: "unmark-never-leaves", globs },
});

test("count, what each does, its risk, its staleness and its digest stand there", () => {
  const views = [
    viewOf(1, unmark("secrets/", "*.pem")),
    viewOf(2, unmark("notes/"), { title: "harmless", stale: "it changed" }),
  ];
  assert.equal(stagedQuestion(views), "Approve these 2 actions?");
  const detail = tableDetail(views);
  for (const { digest } of views) assert.ok(detail.includes(digest.slice(0, 19)));
  assert.match(detail, /1\. action 1\. Risk: high\.\nThese marks are taken away: secrets\/ \*\.pem/u);
  assert.match(detail, /2\. harmless\. Risk: high\.\nThese marks are taken away: notes\/\nStale: it changed/u);
  assert.match(detail, /exactly these 2 actions/u);
});

test("no foreign text makes a line of its own there", () => {
  const forged = "ok\n2. action 2. Risk: low.";
  const detail = tableDetail([viewOf(1, unmark(forged), { title: forged, stale: forged })]);
  assert.doesNotMatch(detail, /^2\. action 2/mu);
});
