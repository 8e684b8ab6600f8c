// Lines that stay here are those of the revision that was shown, and leases beside it say what is left now.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { digestOf } from "#protocol/digest.ts";
import { leaseId, type NodeId } from "#protocol/ids.ts";
import { byteCount, durationMs, epochMs } from "#protocol/quantities.ts";
import type { LeaseView } from "#protocol/wire/clientViews.ts";
import { ENTROPY, FACTS, FIRST, LOCAL, opened, SECOND } from "./reviewDeskBench.ts";

describe("lines of an item", () => {
  const LINES = [{ from: 10, to: 20 }];

  test("go out of the revision that was shown, as the person named them, and come back with one ask", async () => {
    const bench = await opened();
    const { desk, home, last } = bench;
    const { digest } = last();
    await desk.ask({ kind: "leave-out-lines", digest, item: 1 });
    assert.deepEqual(
      [home.named("reviseEgress"), last().busy],
      [[], "nothing"],
      "a person who names none changes nothing",
    );
    bench.lines = LINES;
    await desk.ask({ kind: "leave-out-lines", digest, item: 1 });
    const cut = [{ path: "src/a.ts", lines: LINES }];
    assert.deepEqual(home.named("reviseEgress"), [{ previewId: FIRST, digest, leaveOut: [], cut }]);
    assert.deepEqual(last().replaced, { digest, by: "taken-out" });
    const revised = last().digest;
    await desk.ask({ kind: "put-back", digest: revised, item: 1 });
    const back = { previewId: SECOND, digest: revised, leaveOut: [], putBack: ["top.md"] };
    assert.deepEqual(home.named("reviseEgress")[1], back);
  });

  test("selected in a document of an older revision change nothing, and the panel says why", async () => {
    const { desk, home, last } = await opened();
    await desk.ask({ kind: "take-out", digest: last().digest, taken: [{ item: 1, folderDepth: 1 }] });
    await desk.leaveOutLines(FIRST, "src/a.ts", LINES);
    assert.equal(home.named("reviseEgress").length, 1);
    assert.match(last().problem?.message ?? "", /its lines are others now/);
    await desk.leaveOutLines(SECOND, "top.md", LINES);
    assert.deepEqual(home.named("reviseEgress")[1], {
      previewId: SECOND,
      digest: home.shown.get(SECOND)?.digest,
      leaveOut: [],
      cut: [{ path: "top.md", lines: LINES }],
    });
  });
});

describe("leases", () => {
  test("only live ones for the node are shown, with the time that is left now, and one is revoked by its id", async () => {
    const bench = await opened();
    const { desk, last, revoked } = bench;
    assert.deepEqual(last().leases, []);
    const { nodeId: subject } = last().preview.destination;
    const live = leaseOf(subject, "live");
    await desk.follow({ ...FACTS, leases: [live, leaseOf(LOCAL.nodeId, "live"), leaseOf(subject, "spent")] });
    const { lease, usesLeft, bytesLeft, remainingMs, inUse } = live;
    assert.deepEqual(last().leases, [{ lease, usesLeft, bytesLeft, remainingMs, inUse }]);
    bench.clock.nowMs += 59_000;
    await desk.ask({ kind: "deny", digest: digestOf("another") });
    assert.deepEqual(last().leases, [{ lease, usesLeft, bytesLeft, remainingMs: 1_000, inUse }]);
    bench.clock.nowMs += 2_000;
    await desk.ask({ kind: "revoke-lease", digest: last().digest, leaseId: live.lease.leaseId });
    assert.deepEqual(revoked, [live.lease.leaseId]);
    await desk.ask({ kind: "deny", digest: digestOf("another") });
    assert.equal(last().leases[0]?.remainingMs, 0);
  });

  function leaseOf(subject: NodeId, state: LeaseView["state"]): LeaseView {
    const lease: LeaseView["lease"] = {
      leaseId: leaseId.from(ENTROPY),
      subject,
      capability: "offload",
      scope: { kind: "scoped", job: "command", paths: ["src/**"], ceiling: "internal" },
      grantedAt: epochMs(1),
      expiresAt: epochMs(60_001),
      budget: { uses: 5, bytes: byteCount(1_000) },
      issuer: "owner",
      reason: "",
    };
    return {
      lease,
      node: "gpubox",
      state,
      usesLeft: 3,
      bytesLeft: byteCount(500),
      remainingMs: durationMs(60_000),
      inUse: 0,
    };
  }
});
