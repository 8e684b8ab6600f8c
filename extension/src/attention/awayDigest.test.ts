// Coming back after an absence says what came meanwhile, and nothing where nothing came.
import assert from "node:assert/strict";
import { test } from "node:test";
import { episodeId, jobId, nodeId } from "#protocol/ids.ts";
import { epochMs } from "#protocol/quantities.ts";
import type { EpisodeView } from "#protocol/wire/clientViews.ts";
import type { HomeFacts, WaitingItem } from "../home/homeMirror.ts";
import { awayDigest, digestText, leftWith } from "./awayDigest.ts";

const bytes = (number: number): Buffer => Buffer.alloc(32, number);

function episode(number: number, change: Partial<EpisodeView>): EpisodeView {
  const target = { nodeId: nodeId.from(bytes(9)), name: "here", local: true };
  return {
    episodeId: episodeId.from(bytes(number)),
    kind: "command",
    title: `episode ${number}`,
    startedAt: epochMs(1),
    state: "running",
    jobId: jobId.from(bytes(number)),
    target,
    produced: [],
    ...change,
  };
}

function join(number: number, sinceMs: number): WaitingItem {
  const node = { nodeId: nodeId.from(bytes(number)), name: `box-${number}`, local: false, state: "pending" } as const;
  return { kind: "join", node: { ...node, reason: "", since: epochMs(sinceMs), keyWords: [], running: 0 } };
}

function facts(change: Partial<HomeFacts>): HomeFacts {
  return { nodes: [], episodes: [], leases: [], waiting: [], clustering: false, ...change };
}

test("what waited before and what runs on is no news", () => {
  const before = facts({ waiting: [join(1, 5)], episodes: [episode(1, {}), episode(2, { state: "finished" })] });
  assert.equal(awayDigest(leftWith(before), before), undefined);
  assert.equal(awayDigest(leftWith(before), facts({ episodes: [episode(1, {})] })), undefined);
});

test("what came to wait is counted with the oldest of it, and what ended with what failed", () => {
  const left = leftWith(facts({ waiting: [join(1, 5)], episodes: [episode(1, {}), episode(2, {})] }));
  const now = facts({
    waiting: [join(1, 5), join(2, 720_000), join(3, 60_000)],
    episodes: [
      episode(1, { state: "finished", outcome: { kind: "exited", exitCode: 0 } }),
      episode(2, { state: "finished", outcome: { kind: "exited", exitCode: 2 } }),
      episode(3, { state: "finished", outcome: { kind: "cancelled" } }),
    ],
  });
  const digest = awayDigest(left, now);
  assert.deepEqual(digest, { waited: 2, oldestSinceMs: 60_000, ended: 3, failed: 1 });
  assert.ok(digest !== undefined);
  assert.equal(
    digestText(digest, 780_000),
    "While you were away: Waiting for you: 2, the oldest came 12 min. ago. Nothing of it ran without you. Episodes that ended: 3, failed: 1.",
  );
});
