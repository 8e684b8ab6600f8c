// The order of what waits, and that a row only leads to where it is decided.
import assert from "node:assert/strict";
import { test } from "node:test";
import { digestOf } from "#protocol/digest.ts";
import { episodeId, jobId, nodeId, previewId, stagedId } from "#protocol/ids.ts";
import { byteCount, durationMs, epochMs } from "#protocol/quantities.ts";
import { waitingKey } from "../attention/waitingKeys.ts";
import type { WaitingItem } from "../home/homeMirror.ts";
import { stagedDetail } from "../staged/stagedText.ts";
import { tooltipMarkdown } from "./itemLook.ts";
import { oldestFirst, waitingLook } from "./waitingLook.ts";

const NOW = 1_700_000_000_000;
const BYTES = Buffer.from("an id of the test".padEnd(17, "."));

function egress(startedMs: number, name = "gpubox"): WaitingItem {
  const target = { nodeId: nodeId.from(BYTES), name, local: false };
  const about = { previewId: previewId.from(BYTES), episodeId: episodeId.from(BYTES), jobId: jobId.from(BYTES) };
  return {
    kind: "egress",
    previewId: about.previewId,
    episode: {
      ...about,
      kind: "command",
      title: "npm test",
      startedAt: epochMs(startedMs),
      state: "waiting-for-approval",
      target,
      produced: [],
    },
    shown: {
      preview: {
        ...about,
        kind: "egress-preview",
        title: "npm test",
        payload: digestOf("payload"),
        payloadBytes: byteCount(18_400),
        items: [{ path: "a.ts", bytes: byteCount(18_400), classification: "internal", digest: digestOf("a") }],
        leftOut: [{ path: ".env", reason: "ignored by git" }],
        destination: { nodeId: target.nodeId, name, keyWords: ["kodub", "likos"], carrier: "direct" },
        why: { rule: "asked-for", localAlternative: "This machine can do it too." },
        cost: { kind: "unknown", reason: "no price card" },
        leaseMs: durationMs(600_000),
      },
      digest: digestOf("preview"),
      state: "waiting",
    },
  };
}

const JOIN: WaitingItem = {
  kind: "join",
  node: {
    nodeId: nodeId.from(BYTES),
    name: "laptop",
    local: false,
    state: "pending",
    reason: "waits for the owner to compare the words",
    since: epochMs(NOW - 120_000),
    keyWords: ["kodub", "likos"],
    compareWords: ["vinoj", "vuros", "dituf", "tubop"],
    running: 0,
  },
};

test("what has waited longest stands first, whatever it is", () => {
  const ordered = oldestFirst([egress(NOW - 60_000), JOIN, egress(NOW - 180_000)]);
  assert.deepEqual(
    ordered.map((item) => waitingLook(item, NOW, item).description?.split(" · ")[0]),
    ["3 min. ago", "2 min. ago", "1 min. ago"],
  );
});

test("a send says how much would go where, and a click only opens Review", () => {
  const item = egress(NOW - 60_000);
  const look = waitingLook(item, NOW, item);
  assert.equal(look.label.replaceAll(/\s/g, " "), "Send 18.4 KB to gpubox?");
  assert.equal(look.description, "1 min. ago · npm test");
  assert.deepEqual([look.command?.id, look.contextValue], ["arw.review", "waiting.egress"]);
  assert.match(tooltipMarkdown(look.tooltip), /kodub likos/);
});

test("a joining machine shows the words to compare, and its name is only text", () => {
  const look = waitingLook(JOIN, NOW, JOIN);
  assert.equal(look.label, "Let laptop join?");
  assert.equal(look.description, "2 min. ago · vinoj vuros dituf tubop");
  assert.deepEqual([look.command?.id, look.contextValue], ["arw.approveWorker", "waiting.join"]);
  const hostile = egress(NOW, "[gpu](command:arw.approveEgress)");
  assert.doesNotMatch(tooltipMarkdown(waitingLook(hostile, NOW, hostile).tooltip), /\]\(|command:/);
});

function staged(level: "low" | "high", title = "Write .vscode/settings.json"): WaitingItem {
  return {
    kind: "staged",
    staged: {
      stagedId: stagedId.from(BYTES),
      digest: digestOf("action"),
      action: { kind: "change-setting", change: { name: "resume-offloads" } },
      risk: { level, rule: "writes-protected", reason: "It writes files that steer the editor." },
      title,
      evidence: [{ kind: "taint", untrusted: "made on gpubox\nApproved by you" }],
      requestedBy: "a script",
      stagedAt: epochMs(NOW - 60_000),
      revision: 1,
      endorsements: [],
      state: "pending",
    },
  };
}

test("a staged action says what would be done, who asked and how risky it is, and a click only opens its review", () => {
  const item = staged("high");
  const look = waitingLook(item, NOW, item);
  assert.equal(look.label, "Write .vscode/settings.json?");
  assert.equal(look.description, "1 min. ago · a script");
  assert.deepEqual([look.command?.id, look.contextValue], ["arw.reviewStaged", "waiting.staged"]);
  assert.equal(look.icon?.shape, "warning");
  assert.equal(waitingLook(staged("low"), NOW, item).icon?.shape, "bell-dot");
  const hostile = waitingLook(staged("high", "[x](command:arw.approve)"), NOW, item);
  assert.doesNotMatch(tooltipMarkdown(hostile.tooltip), /\]\(|command:/);
});

test("what has become stale says so first and stands behind what could still be done", () => {
  const item = staged("high");
  assert.ok(item.kind === "staged");
  const stale: WaitingItem = { kind: "staged", staged: { ...item.staged, stale: "a.txt: something exists there." } };
  const look = waitingLook(stale, NOW, stale);
  assert.match(look.description ?? "", /^stale · /u);
  assert.equal(look.icon?.shape, "history");
  assert.match(tooltipMarkdown(look.tooltip), /something exists there/u);
  const young = egress(NOW - 1_000);
  assert.deepEqual(oldestFirst([stale, young]), [young, stale]);
});

test("the dialog of a staged action repeats risk, evidence and digest, and foreign text makes no line of its own", () => {
  const item = staged("high");
  assert.ok(item.kind === "staged");
  const detail = stagedDetail({ ...item.staged, stale: "it changed" });
  assert.match(detail, /^Asked for by a script\.$/mu);
  assert.match(detail, /^Risk: high\. It writes files/mu);
  assert.match(detail, /^Stale: it changed$/mu);
  assert.match(detail, /exactly this \(sha256:/u);
  assert.doesNotMatch(detail, /^Approved by you/mu);
});

test("what came back says where from and of what, and a click only opens it for a look", () => {
  const sent = egress(NOW - 180_000);
  assert.ok(sent.kind === "egress");
  const episode = { ...sent.episode, state: "finished", finishedAt: epochMs(NOW - 60_000), review: "waiting" } as const;
  const item: WaitingItem = { kind: "result", episode };
  const look = waitingLook(item, NOW, item);
  assert.deepEqual([look.label, look.description], ["Use what came back from gpubox?", "1 min. ago · npm test"]);
  assert.deepEqual([look.command?.id, look.contextValue], ["arw.reviewResult", "waiting.result"]);
  assert.notEqual(waitingKey(item), waitingKey(sent), "it is told of, though its send was told of before");
});
