// Every check of the diagnosis, on facts that a test makes up: what is well says so, and what is not says its fix.
import assert from "node:assert/strict";
import { test } from "node:test";
import { epochMs } from "#protocol/quantities.ts";
import { CLOCK_BACK_MS, diagnosis, DISK_ATTENTION_BYTES, DISK_FAILED_BYTES, type HomeFacts } from "./checks.ts";

const NOW = epochMs(1_700_000_000_000);
const PROBLEM = { message: "It is broken.", advice: "mend it" };
const WELL: HomeFacts = {
  readOnly: undefined,
  durableFrames: 7,
  disk: { folder: "/state", freeBytes: 100 * 1024 ** 3 },
  now: NOW,
  newestAt: NOW,
  ownerSecret: undefined,
  clustering: { kind: "on", host: "0.0.0.0", port: 7_411, addresses: ["192.0.2.7:7411"] },
  selfTest: { problem: undefined },
  silentNodes: [],
  workers: 1,
  ledgerSize: 4,
  ledgerAhead: [],
  witnesses: 1,
  unknownSecrets: 0,
  paused: undefined,
  machine: [{ check: "sandbox", state: "ok", cause: "bubblewrap 0.8 enforces all" }],
};

function judged(change: Partial<HomeFacts>, id: string): string {
  const check = diagnosis({ ...WELL, ...change }).find((each) => each.id === id);
  assert.ok(check !== undefined, id);
  return `${check.state}${check.fix === undefined ? "" : " with a fix"}: ${check.cause}`;
}

test("a Home that is well passes every check, and none of them has a fix", () => {
  for (const { id, state, fix, cause } of diagnosis(WELL)) {
    assert.deepEqual([id, state, fix], [id, "ok", undefined]);
    assert.ok(cause.length > 5, id);
  }
});

test("whatever is not well says how bad it is, why, and what mends it", () => {
  const readOnly = { reason: "the disk is full", since: NOW, tries: 1 };
  const cases: readonly (readonly [Partial<HomeFacts>, string, RegExp])[] = [
    [{ readOnly }, "journal", /^failed with a fix: .*the disk is full$/],
    [{ disk: { folder: "/state", freeBytes: undefined } }, "disk", /^attention with a fix: .*unknown$/],
    [{ disk: { folder: "/state", freeBytes: DISK_ATTENTION_BYTES - 1 } }, "disk", /^attention with a fix/],
    [{ disk: { folder: "/state", freeBytes: DISK_ATTENTION_BYTES } }, "disk", /^ok: /],
    [{ disk: { folder: "/state", freeBytes: DISK_FAILED_BYTES - 1 } }, "disk", /^failed with a fix/],
    [{ newestAt: epochMs(NOW + CLOCK_BACK_MS) }, "clock", /^ok: /],
    [{ newestAt: epochMs(NOW + CLOCK_BACK_MS + 1) }, "clock", /^attention with a fix: it is 5 s before/],
    [{ newestAt: undefined }, "clock", /^ok: /],
    [{ ownerSecret: PROBLEM }, "owner-secret", /^failed with a fix: It is broken$/],
    [{ selfTest: { problem: PROBLEM } }, "runtime", /^failed with a fix: It is broken$/],
    [{ selfTest: undefined }, "runtime", /^ok: not tried/],
    [{ clustering: { kind: "blocked", problem: PROBLEM } }, "clustering", /^failed with a fix/],
    [{ clustering: { kind: "off", wasOn: true } }, "clustering", /^ok: off/],
    [{ silentNodes: [{ name: "attic", reason: "its heartbeat stopped" }] }, "nodes", /^attention with a fix: .*attic/],
    [{ workers: 0 }, "nodes", /^ok: none/],
    [
      { ledgerAhead: [{ name: "attic", size: 9 }] },
      "ledger",
      /^failed with a fix: attic saw 9 entries, and there are 4/,
    ],
    [
      { unknownSecrets: 3 },
      "offloads",
      /^attention with a fix: not paused, .* hold 3 more exact secrets than are looked for/,
    ],
    [{ witnesses: 0 }, "ledger", /^ok: 4 entries; no worker has checked them yet/],
    [{ paused: { at: NOW, by: "vscode" } }, "offloads", /^attention with a fix: paused by vscode/],
    [{ machine: [{ check: "sandbox", state: "warn", cause: "c", fix: "f" }] }, "sandbox", /^attention with a fix: c$/],
    [{ machine: [{ check: "engines", state: "fail", cause: "c", fix: "f" }] }, "engines", /^failed with a fix: c$/],
  ];
  for (const [change, id, wanted] of cases) assert.match(judged(change, id), wanted);
});

test("workers that are silent while clustering is off are no reason to worry", () => {
  const silentNodes = [{ name: "attic", reason: "clustering is off" }];
  assert.match(judged({ silentNodes, clustering: { kind: "off", wasOn: true } }, "nodes"), /^ok: /);
});
