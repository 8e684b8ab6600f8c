// Nobody outside ever sees an undurable event: the journal of these tests holds, reorders, refuses and fails frames at will.
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Command } from "#protocol/commands.ts";
import type { Refusal } from "#protocol/errors.ts";
import {
  accepted,
  approve,
  cancel,
  connect,
  enrol,
  homeWith,
  idsOf,
  invite,
  lost,
  preview,
  start,
} from "../../../test/simulation/homeCommands.ts";
import { ATTIC, GPU, kindsOf, LOCAL, type Scenario } from "../../../test/simulation/homeScenario.ts";
import { MemoryJournal, settled } from "../../../test/simulation/memoryJournal.ts";
import { type Executed, Home } from "./home.ts";
import { JournalFault } from "./journalPort.ts";

/** A Home on a held journal, and everything the world was told, in order. */
function homeOn(scenario: Scenario): {
  readonly home: Home;
  readonly journal: MemoryJournal;
  readonly told: string[];
  readonly give: (name: string, command: Command) => Promise<Executed | Refusal | JournalFault>;
} {
  const journal = new MemoryJournal();
  journal.hold();
  const told: string[] = [];
  const home: Home = new Home(scenario.state, {
    journal,
    perform: (effect) => told.push(`effect ${effect.kind}`),
    onDurable: (frame) => {
      assert.ok(frame.sequence <= journal.durableSequence, "a subscriber saw a frame that is not durable");
      told.push(`durable ${frame.sequence}: ${kindsOf(frame.events)[0] ?? ""}`);
    },
    onReadOnly: (fault) => told.push(`read-only: ${fault instanceof JournalFault ? fault.code : String(fault)}`),
  });
  const give = async (name: string, command: Command): Promise<Executed | Refusal | JournalFault> => {
    try {
      const answer = await home.execute(command);
      told.push(`reply ${name}: ${answer.kind === "executed" ? `frame ${answer.sequence}` : answer.code}`);
      return answer;
    } catch (fault) {
      assert.ok(fault instanceof JournalFault, String(fault));
      told.push(`reply ${name}: ${fault.code}`);
      return fault;
    }
  };
  return { home, journal, told, give };
}

test("no reply, subscriber, state or send precedes the frame; all follow it, in order", async () => {
  const { home, journal, told, give } = homeOn(homeWith(GPU));
  const before = home.state;
  void give("preview", preview(1, GPU));
  void give("approve", approve(1));
  await settled();
  assert.deepEqual(told, []);
  assert.equal(home.state, before);
  journal.releaseOne();
  await settled();
  assert.deepEqual(told, ["durable 1: EpisodeStarted", "reply preview: frame 1"]);
  assert.equal(home.state.egress.previews.get(idsOf(1).previewId)?.state, "waiting");
  journal.releaseOne();
  await settled();
  assert.deepEqual(told.slice(2), ["durable 2: LeaseGranted", "effect SendOffer", "reply approve: frame 2"]);
  assert.equal(home.state.egress.previews.get(idsOf(1).previewId)?.state, "approved");
});

test("a local attempt starts before its frame is durable, and everything else of it waits", async () => {
  const { journal, told, give } = homeOn(homeWith());
  void give("start", start(1));
  await settled();
  assert.deepEqual(told, ["effect SendOffer"]);
  journal.release();
  await settled();
  assert.deepEqual(told, ["effect SendOffer", "durable 1: EpisodeStarted", "reply start: frame 1"]);
});

test("frames are told in their order though the disk answers in another", async () => {
  const { journal, told, give } = homeOn(homeWith(GPU));
  for (const number of [1, 2, 3, 4]) void give(`${number}`, preview(number, GPU));
  await settled();
  journal.release((sequences) => sequences.toReversed());
  await settled();
  assert.deepEqual(
    told.filter((line) => line.startsWith("durable")),
    [1, 2, 3, 4].map((number) => `durable ${number}: EpisodeStarted`),
  );
  assert.deepEqual(
    told.filter((line) => line.startsWith("reply")),
    [1, 2, 3, 4].map((number) => `reply ${number}: frame ${number}`),
  );
});

test("a refusal that rests on a frame in flight waits for that frame", async () => {
  const { journal, told, give } = homeOn(homeWith(GPU));
  void give("preview", preview(1, GPU));
  void give("approve", approve(1));
  void give("again", approve(1));
  await settled();
  assert.deepEqual(told, []);
  journal.release();
  await settled();
  assert.equal(told.at(-1), "reply again: preview-answered");
});

test("nothing to do is an answer only once what was done before is durable", async () => {
  const scenario = homeWith(GPU);
  scenario.run(preview(1, GPU), approve(1));
  const { journal, told, give } = homeOn(scenario);
  void give("accepted", accepted(1, GPU));
  void give("again", accepted(1, GPU));
  await settled();
  assert.deepEqual(told, []);
  journal.release();
  await settled();
  assert.deepEqual(told, ["durable 1: JobAccepted", "reply accepted: frame 1", "reply again: frame 1"]);
});

test("after a failed sync the callers get the fault, memory is the durable prefix, and nothing is decided any more", async () => {
  const { home, journal, told, give } = homeOn(homeWith(GPU));
  void give("1", preview(1, GPU));
  void give("2", preview(2, GPU));
  void give("3", preview(3, GPU));
  await settled();
  journal.releaseOne();
  await settled();
  const durable = home.state;
  journal.fail();
  await settled();
  assert.deepEqual(told, [
    "durable 1: EpisodeStarted",
    "reply 1: frame 1",
    "read-only: journal-unknown-outcome",
    "reply 2: journal-unknown-outcome",
    "reply 3: journal-unknown-outcome",
  ]);
  assert.equal(home.state, durable);
  assert.equal(home.readOnly, true);
  assert.deepEqual([...home.state.episodes.byId.keys()], [idsOf(1).episodeId]);
  await give("4", preview(4, GPU));
  assert.equal(told.at(-1), "reply 4: home-read-only");
});

test("what rests on a frame that was lost is never acknowledged and never refused as if it had happened", async () => {
  const scenario = homeWith(GPU);
  scenario.run(preview(1, GPU), approve(1), preview(2, GPU));
  const { journal, told, give } = homeOn(scenario);
  void give("accepted", accepted(1, GPU));
  void give("accepted again", accepted(1, GPU));
  void give("approve", approve(2));
  void give("approve again", approve(2));
  await settled();
  journal.fail();
  await settled();
  assert.deepEqual(
    told.filter((line) => line.includes("again")),
    ["reply accepted again: home-read-only", "reply approve again: home-read-only"],
  );
  assert.ok(!told.some((line) => line.startsWith("effect") || line.startsWith("durable")), told.join("\n"));
});

test("a frame behind a lost one counts as lost, whatever the journal says of it", async () => {
  const { home, journal, told, give } = homeOn(homeWith(GPU));
  const before = home.state;
  void give("1", preview(1, GPU));
  void give("2", preview(2, GPU));
  await settled();
  journal.failOldest();
  journal.release();
  await settled();
  assert.equal(home.state, before);
  assert.ok(!told.some((line) => line.startsWith("durable")), told.join("\n"));
});

test("the Home says once that it is read-only, after the frames that were durable before", async () => {
  const { journal, told, give } = homeOn(homeWith(GPU));
  void give("1", preview(1, GPU));
  void give("2", preview(2, GPU));
  void give("3", preview(3, GPU));
  await settled();
  journal.failNewest();
  await settled();
  assert.equal(told.length, 0, told.join("\n"));
  journal.releaseOne();
  journal.fail();
  await settled();
  assert.deepEqual(
    told.filter((line) => !line.startsWith("reply")),
    ["durable 1: EpisodeStarted", "read-only: journal-unknown-outcome"],
  );
});

test("a frame that the journal does not take changes nothing, and the next one may be taken", async () => {
  const { home, journal, told, give } = homeOn(homeWith(GPU));
  const before = home.state;
  journal.refuseNext("journal-overloaded");
  await give("1", start(1));
  assert.deepEqual(told, ["reply 1: journal-overloaded"]);
  assert.equal(home.state, before);
  assert.equal(home.readOnly, false);
  void give("1 again", start(1));
  journal.release();
  await settled();
  assert.equal(told.at(-1), "reply 1 again: frame 1");
});

test("a journal that failed while nothing was in flight makes the Home read-only at the next command", async () => {
  const { home, journal, told, give } = homeOn(homeWith(GPU));
  journal.fail();
  await give("1", preview(1, GPU));
  assert.deepEqual(told, ["read-only: journal-read-only", "reply 1: home-read-only"]);
  assert.equal(home.readOnly, true);
});

test("an offer is not sent where its attempt has been ended since, though not yet durably", async () => {
  const { journal, told, give } = homeOn(homeWith(GPU));
  void give("preview", preview(1, GPU));
  void give("approve", approve(1));
  void give("cancel", cancel(1));
  await settled();
  journal.releaseOne();
  journal.releaseOne();
  await settled();
  assert.ok(!told.includes("effect SendOffer"), told.join("\n"));
  journal.release();
  await settled();
  assert.deepEqual(told.slice(-3), ["durable 3: JobCancelled", "effect CancelAttempt", "reply cancel: frame 3"]);
});

test("whether an attempt is held is asked of what deciding sees", async () => {
  const { home, journal, give } = homeOn(homeWith(GPU));
  const { attemptId } = idsOf(1);
  void give("preview", preview(1, GPU));
  void give("approve", approve(1));
  const { fencingToken } = accepted(1, GPU);
  assert.equal(home.holdsAttempt(attemptId, fencingToken, GPU.nodeId), true);
  assert.equal(home.holdsAttempt(attemptId, fencingToken, LOCAL.nodeId), false);
  void give("lost", lost(1, GPU));
  assert.equal(home.holdsAttempt(attemptId, fencingToken, GPU.nodeId), false);
  journal.release();
  await settled();
});

test("of fifty uses of one invite at the same time one is let in, and each other one is an alarm", async () => {
  const scenario = homeWith();
  scenario.run(invite(7));
  const { home, journal, give } = homeOn(scenario);
  const uses = Array.from({ length: 50 }, () => give("use", enrol(7, ATTIC)));
  await settled();
  journal.release();
  const answers = await Promise.all(uses);
  const kinds = answers.flatMap((answer) => ("events" in answer ? kindsOf(answer.events) : []));
  assert.deepEqual(
    [
      kinds.filter((kind) => kind === "EnrolmentRequested").length,
      kinds.filter((kind) => kind === "InviteReused").length,
    ],
    [1, 49],
  );
  assert.equal([...home.state.nodes.byId.values()].filter((node) => node.status.kind === "pending").length, 1);
});

test("a command that has nothing to say takes no frame", async () => {
  const { journal, give } = homeOn(homeWith(GPU));
  void give("connect", connect(LOCAL));
  journal.release();
  await settled();
  await give("lose", { ...lostNode, nodeId: ATTIC.nodeId });
  assert.equal(journal.lastSequence, 1);
});

const lostNode = {
  kind: "lose-node",
  at: start(1).at,
  by: { client: "home", session: "home" },
  code: "left",
  detail: "it left",
  transfers: [],
} as const;
