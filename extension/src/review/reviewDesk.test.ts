// What is approved is what was shown and confirmed: nothing else, nothing twice, and nothing that changed meanwhile.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { digestOf } from "#protocol/digest.ts";
import { METHODS } from "#protocol/wire/client.ts";
import { FACTS, FIRST, LOCAL, ONCE, opened, previewOf, REQUEST, SECOND } from "./reviewDeskBench.ts";

describe("sending", () => {
  test("asks first, and approves with the digest and the lease that were confirmed", async () => {
    const { desk, home, last, ledgers, questions } = await opened();
    const { digest } = last();
    await desk.ask({ kind: "send", digest, lease: ONCE });
    assert.deepEqual(
      questions.map((question) => [question.digest, question.lease]),
      [[digest, ONCE]],
    );
    assert.deepEqual(home.named("approveEgress"), [{ previewId: FIRST, digest, leaseMs: 600_000 }]);
    assert.deepEqual([last().state, last().answeredHere, last().busy], ["approved", true, "nothing"]);
    await desk.ask({ kind: "open-ledger", digest });
    assert.deepEqual(ledgers, [last().preview.episodeId], "its record is that of its episode");
  });

  test("a no in the confirmation approves nothing and leaves it waiting", async () => {
    const bench = await opened();
    bench.answer = () => false;
    await bench.desk.ask({ kind: "send", digest: bench.last().digest, lease: ONCE });
    assert.equal(bench.home.named("approveEgress").length, 0);
    assert.deepEqual([bench.last().state, bench.last().busy], ["waiting", "nothing"]);
  });

  test("an ask about another digest than the one on the screen asks nobody and approves nothing", async () => {
    const { desk, home, questions } = await opened();
    await desk.ask({ kind: "send", digest: digestOf("another"), lease: ONCE });
    assert.equal(questions.length + home.named("approveEgress").length, 0);
  });

  test("a second ask while the first is being confirmed is dropped", async () => {
    const bench = await opened();
    const { digest } = bench.last();
    let second: Promise<void> | undefined;
    bench.answer = () => {
      second ??= bench.desk.ask({ kind: "send", digest, lease: ONCE });
      assert.equal(bench.last().busy, "confirming");
      return true;
    };
    await bench.desk.ask({ kind: "send", digest, lease: ONCE });
    await second;
    assert.equal(bench.questions.length, 1);
    assert.equal(bench.home.named("approveEgress").length, 1);
  });

  test("what was answered elsewhere during the confirmation is refused, and the panel says both", async () => {
    const bench = await opened();
    bench.answer = () => {
      bench.home.change(FIRST, { state: "denied" });
      return true;
    };
    await bench.desk.ask({ kind: "send", digest: bench.last().digest, lease: ONCE });
    const { answeredHere, problem, state } = bench.last();
    assert.deepEqual([state, answeredHere], ["denied", false]);
    assert.match(problem?.message ?? "", /already answered/u);
  });

  test("what changed during the confirmation is approved by the digest that was confirmed, so the Home refuses it", async () => {
    const bench = await opened();
    const { digest } = bench.last();
    bench.answer = () => {
      bench.home.change(FIRST, { state: "withdrawn", replacedBy: SECOND });
      bench.home.set(SECOND, previewOf(SECOND, ["top.md"]));
      return true;
    };
    await bench.desk.ask({ kind: "send", digest, lease: ONCE });
    assert.deepEqual(bench.home.named("approveEgress"), [{ previewId: FIRST, digest, leaseMs: 600_000 }]);
    assert.deepEqual([bench.last().state, bench.last().replaced?.by], ["waiting", "changed"]);
    assert.notEqual(bench.last().digest, digest);
  });
});

describe("taking out", () => {
  test("gives a new revision on the screen, and the old digest is dead from then on", async () => {
    const { desk, home, last, questions, views } = await opened();
    const { digest } = last();
    await desk.ask({ kind: "take-out", digest, taken: [{ item: 1, folderDepth: 1 }] });
    assert.deepEqual(home.named("reviseEgress"), [{ previewId: FIRST, digest, leaveOut: ["src"] }]);
    assert.ok(views.some(({ busy }) => busy === "revising"));
    assert.deepEqual(last().replaced, { digest, by: "taken-out" });
    assert.equal(last().preview.previewId, SECOND);
    await desk.ask({ kind: "send", digest, lease: ONCE });
    assert.equal(questions.length, 0);
  });

  test("while a revision is on its way nothing can be sent", async () => {
    const { desk, home, last, questions } = await opened();
    const { digest } = last();
    let sent: Promise<void> | undefined;
    home.meanwhile.set(METHODS.reviseEgress.name, () => {
      sent = desk.ask({ kind: "send", digest, lease: ONCE });
    });
    await desk.ask({ kind: "take-out", digest, taken: [{ item: 1 }] });
    await sent;
    assert.equal(questions.length + home.named("approveEgress").length, 0);
  });

  test("a wish that names no file of the preview asks the Home nothing", async () => {
    const { desk, home, last } = await opened();
    await desk.ask({
      kind: "take-out",
      digest: last().digest,
      taken: [{ item: 0 }, { item: 99 }, { item: 3, folderDepth: 1 }],
    });
    assert.equal(home.named("reviseEgress").length, 0);
  });
});

describe("other answers", () => {
  test("a deny is recorded, and said as this window's", async () => {
    const { desk, home, last } = await opened();
    await desk.ask({ kind: "deny", digest: last().digest });
    assert.equal(home.named("denyEgress").length, 1);
    assert.deepEqual([last().state, last().answeredHere], ["denied", true]);
  });

  test("run here denies first and then starts the same request on this machine", async () => {
    const { desk, home, last, started } = await opened();
    await desk.ask({ kind: "run-here", digest: last().digest });
    const names = home.calls.map(({ name }) => name);
    assert.ok(names.indexOf(METHODS.denyEgress.name) < names.indexOf(METHODS.startEpisode.name));
    assert.deepEqual(home.named("startEpisode"), [{ request: REQUEST, on: "local", title: "npm test" }]);
    assert.equal(started.length, 1);
  });

  test("where this machine cannot, it is said why, and the ask does nothing", async () => {
    const { desk, home, last } = await opened();
    await desk.follow({ ...FACTS, nodes: [{ ...LOCAL, state: "unreachable" }] });
    assert.deepEqual(last().runHere, { possible: false, why: "not-ready", detail: "" });
    await desk.ask({ kind: "run-here", digest: last().digest });
    assert.equal(home.named("denyEgress").length, 0);
  });
});

describe("following", () => {
  test("before the Home's nodes were read, nothing is said of the node and nothing can run here", async () => {
    const { desk, last } = await opened();
    await desk.follow({ ...FACTS, nodes: [] });
    assert.equal(last().node.state, "unread");
    assert.deepEqual(last().runHere, { possible: false, why: "unread", detail: "" });
    await desk.follow(FACTS);
    assert.equal(last().node.state, "gone");
  });

  test("an answer given elsewhere is shown as given elsewhere", async () => {
    const { desk, home, last } = await opened();
    home.change(FIRST, { state: "approved" });
    await desk.follow(FACTS);
    assert.deepEqual([last().state, last().answeredHere], ["approved", false]);
  });

  test("a revision made elsewhere takes the screen and says that it changed", async () => {
    const { desk, home, last } = await opened();
    const { digest } = last();
    home.set(SECOND, previewOf(SECOND, ["top.md"]));
    home.change(FIRST, { state: "withdrawn", replacedBy: SECOND });
    await desk.follow(FACTS);
    assert.deepEqual(last().replaced, { digest, by: "changed" });
    assert.equal(last().preview.previewId, SECOND);
  });
});
