// How an episode looks in each state, what stands below it, and what its menus are told.
import assert from "node:assert/strict";
import { test } from "node:test";
import { attemptId, episodeId, jobId, nodeId, previewId, proposalId } from "#protocol/ids.ts";
import { byteCount, durationMs, epochMs, tokenCount } from "#protocol/quantities.ts";
import type { JobOutcome } from "#protocol/result.ts";
import type { EpisodeView } from "#protocol/wire/clientViews.ts";
import { episodeLook, episodePartLooks } from "./episodeLook.ts";
import { tooltipMarkdown } from "./itemLook.ts";

const NOW = 1_700_000_000_000;
const BYTES = Buffer.from("an id of the test".padEnd(17, "."));

function episode(more: Partial<EpisodeView> = {}): EpisodeView {
  return {
    episodeId: episodeId.from(BYTES),
    kind: "command",
    title: "npm test",
    startedAt: epochMs(NOW - 180_000),
    state: "running",
    jobId: jobId.from(BYTES),
    target: { nodeId: nodeId.from(BYTES), name: "gpubox", local: false },
    produced: [],
    ...more,
  };
}

function ended(outcome: JobOutcome): EpisodeView {
  return episode({ state: "finished", finishedAt: epochMs(NOW - 176_800), outcome });
}

test("an episode says how it stands, where it runs and since when, then how it ended and how long it took", () => {
  assert.equal(episodeLook(episode(), NOW).description, "running · gpubox · 3 min. ago");
  assert.equal(
    episodeLook(ended({ kind: "exited", exitCode: 0 }), NOW).description?.replaceAll(/\s/g, " "),
    "exit code 0 · gpubox · 3.2 sec",
  );
  const local = episode({ target: { nodeId: nodeId.from(BYTES), name: "local", local: true } });
  assert.equal(episodeLook(local, NOW).description, "running · here · 3 min. ago");
});

test("no two ways to stand or end have the same shape and colour and the same word", () => {
  const failed = { kind: "failed", code: "link-lost", message: "The link broke.", advice: "Start it again." } as const;
  const looks = [
    episode(),
    episode({ state: "waiting-for-approval" }),
    ended({ kind: "exited", exitCode: 0 }),
    ended({ kind: "exited", exitCode: 1 }),
    ended({ kind: "cancelled" }),
    ended({ ...failed, code: "lease-revoked" }),
    ended(failed),
  ].map((each) => episodeLook(each, NOW));
  const icons = looks.map(({ icon }) => `${icon.shape} ${icon.color}`);
  assert.equal(new Set(icons).size, icons.length);
  const words = looks.map(({ description }) => description?.split(" · ")[0]);
  assert.deepEqual(words, [
    "running",
    "waits for you",
    "exit code 0",
    "exit code 1",
    "cancelled",
    "lease revoked",
    "failed",
  ]);
  assert.match(tooltipMarkdown(looks.at(-1)?.tooltip ?? []), /Start it again/);
});

test("menus know an episode's state and whether it has a proposal", () => {
  assert.equal(
    episodeLook(episode({ state: "waiting-for-approval" }), NOW).contextValue,
    "episode.waiting-for-approval",
  );
  const proposed = { ...ended({ kind: "exited", exitCode: 0 }), proposalId: proposalId.from(BYTES) };
  assert.equal(episodeLook(proposed, NOW).contextValue, "episode.finished.proposal");
});

test("below an episode stand its job with node and attempt, its outputs and its proposal, each leading there", () => {
  const argument = { kind: "episode" };
  const looks = episodePartLooks(
    {
      ...ended({ kind: "exited", exitCode: 0 }),
      attemptId: attemptId.from(BYTES),
      proposalId: proposalId.from(BYTES),
      produced: [
        { stream: "stdout", bytes: byteCount(2_048) },
        { stream: "stderr", bytes: byteCount(1) },
      ],
    },
    argument,
  );
  assert.deepEqual(
    looks.map(({ label, command }) => [label, command?.id]),
    [
      ["Job on gpubox", undefined],
      ["stdout", "arw.showOutput"],
      ["stderr", "arw.showOutput"],
      ["Proposed changes", "arw.openProposal"],
    ],
  );
  assert.ok(looks.slice(1).every(({ command }) => command?.argument === argument));
  assert.equal(new Set(looks.map(({ id }) => id)).size, looks.length);
});

test("what waits for approval leads to Review, and totals name how they came about", () => {
  const waiting = episode({ state: "waiting-for-approval", previewId: previewId.from(BYTES) });
  assert.deepEqual(
    episodePartLooks(waiting, {}).map(({ command }) => command?.id),
    [undefined, "arw.review"],
  );
  const used = episode({
    usage: {
      busy: { durationMs: durationMs(592), method: "exclusive-wall" },
      tokensIn: { tokens: tokenCount(1_037), method: "engine-count" },
      bytesIn: { bytes: byteCount(1_000), method: "byte-count" },
      bytesOut: { bytes: byteCount(10), method: "byte-count" },
    },
  });
  const lines = episodeLook(used, NOW).tooltip.map((line) => (typeof line === "string" ? line : line.join(": ")));
  assert.ok(lines.includes("Busy: 592 ms (metered by wall clock)"), lines.join("\n"));
  assert.ok(lines.includes("Tokens in: 1,037 (metered by engine)"));
});
