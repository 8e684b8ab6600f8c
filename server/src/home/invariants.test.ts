// The product's invariants under commands in any order: duplicates, late, foreign and lying reports, nodes that come and go.
// An auditor that knows only the facts reads every frame; at the end the facts alone must give the state again.
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { ApproveEgress, Command } from "#protocol/commands.ts";
import { decodeEvent } from "#protocol/decodeEvent.ts";
import { digestOf } from "#protocol/digest.ts";
import type { JournalEvent } from "#protocol/events.ts";
import { byteCount, durationMs, fencingToken } from "#protocol/quantities.ts";
import { receiptBytes } from "#protocol/receipt.ts";
import type { JobResult } from "#protocol/result.ts";
import { verify } from "#protocol/signature.ts";
import { workspacePathSchema } from "#protocol/workspacePath.ts";
import { HomeBooks } from "../../../test/simulation/homeBooks.ts";
import { pauseOffloads, resumeOffloads, reviseEgress } from "../../../test/simulation/egressCommands.ts";
import {
  accepted,
  applied,
  approve,
  cancel,
  commandJob,
  connect,
  deny,
  exited,
  finished,
  homeWith,
  idsOf,
  later,
  lose,
  lost,
  output,
  preview,
  receiptOf,
  revokeNode,
  start,
  started,
  transferOf,
  turnOff,
  turnOn,
  withProposal,
} from "../../../test/simulation/homeCommands.ts";
import { approveScoped, expireLeases, grantLease, revokeLease, terms } from "../../../test/simulation/leaseCommands.ts";
import { ATTIC, GPU, LOCAL, type Scenario, type TestNode } from "../../../test/simulation/homeScenario.ts";
import { evolve } from "./evolve.ts";
import { initialState } from "./state.ts";

const PATHS = [workspacePathSchema.parse("a.txt"), workspacePathSchema.parse("src/b.ts")] as const;
const NODES = [LOCAL, GPU, ATTIC] as const;

/** One thing that happens; numbers pick episodes, nodes and variants, whatever the state is then. */
interface Happening {
  readonly kind: string;
  readonly number: number;
  readonly node: TestNode;
  readonly variant: number;
}

/** How often each thing happens, in hundredths or so. */
const WEIGHTS: readonly (readonly [string, number])[] = [
  ["start", 8],
  ["preview", 14],
  ["approve", 16],
  ["revise", 6],
  ["pause", 1],
  ["resume", 4],
  ["deny", 8],
  ["cancel", 4],
  ["accepted", 6],
  ["started", 6],
  ["output", 14],
  ["finished", 18],
  ["lost", 8],
  ["lose", 3],
  ["connect", 16],
  ["revoke-node", 1],
  ["revoke-lease", 5],
  ["approve-scoped", 6],
  ["grant-lease", 3],
  ["expire-leases", 2],
  ["turn-off", 1],
  ["turn-on", 6],
  ["applied", 10],
];

const happening: fc.Arbitrary<Happening> = fc.record({
  kind: fc.oneof(...WEIGHTS.map(([kind, weight]) => ({ weight, arbitrary: fc.constant(kind) }))),
  number: fc.integer({ min: 1, max: 7 }),
  node: fc.constantFrom(...NODES),
  variant: fc.nat({ max: 9 }),
});

function commandOf(home: Scenario, { kind, number, node, variant }: Happening): Command {
  const transfers = variant < 5 ? [transferOf(number)] : [];
  switch (kind) {
    case "start":
      return start(number);
    case "preview":
      return preview(number, node === LOCAL ? GPU : node, variant === 0 ? { highestClassification: "secret" } : {});
    case "approve":
      if (variant === 0) return approve(number, { digest: digestOf("another preview") });
      return approve(number, {
        ...(variant < 2 ? {} : shownOf(home, number)),
        lease: { kind: "once", leaseMs: durationMs(variant * 450_000) },
      });
    case "approve-scoped":
      return { ...approveScoped(number, terms({}, { uses: 1 + (variant % 3) })), ...shownOf(home, number) };
    case "pause":
      return pauseOffloads({ transfers });
    case "resume":
      return resumeOffloads();
    case "revise":
      return reviseEgress(number, number + 20, variant < 2 ? { payloadBytes: byteCount(2_000) } : {});
    case "grant-lease":
      return grantLease(number + 7, node, terms({}, { uses: 2, bytes: byteCount(variant * 500) }));
    case "expire-leases":
      return expireLeases(variant * 100_000);
    case "deny":
      return deny(number);
    case "cancel":
      return cancel(number, { transfers });
    case "lose":
      return lose(node, { transfers });
    case "connect":
      return connect(node, { held: [1, 2, 3, 4, 5, 6, 7].slice(0, variant).map((held) => idsOf(held).attemptId) });
    case "revoke-node":
      return revokeNode(node, { transfers });
    case "revoke-lease":
      return revokeLease(variant < 7 ? number : number + 7, { transfers });
    case "turn-off":
      return turnOff({ transfers });
    case "turn-on":
      return turnOn();
    case "applied":
      return applied(number, variant < 4 ? { paths: [PATHS[variant % 2] ?? PATHS[0]] } : {});
    default:
      return reportOf(home, { kind, number, node, variant });
  }
}

/** The preview that waits for an answer now; the first one where none does. */
function shownOf(home: Scenario, number: number): Pick<ApproveEgress, "previewId" | "digest"> {
  const { jobId, previewId } = idsOf(number);
  const waiting = [...home.state.egress.previews.values()].find(
    (held) => held.jobId === jobId && held.state === "waiting",
  );
  return { previewId: waiting?.previewId ?? previewId, digest: waiting?.preview ?? digestOf(`preview ${number}`) };
}

/** Mostly what the node that holds the attempt would truly say; else something repeated, early, foreign or false. */
function reportOf(home: Scenario, { kind, number, node, variant }: Happening): Command {
  const progress = home.state.jobs.byId.get(idsOf(number).jobId)?.progress;
  const attempt = progress?.kind === "live" ? progress.attempt : undefined;
  const honest = variant > 1;
  const holder = NODES.find(({ nodeId }) => nodeId === attempt?.target) ?? node;
  const from = honest ? holder : node;
  const outputs = attempt?.lastNumber ?? 0;
  switch (kind) {
    case "accepted":
      return accepted(number, from, honest ? {} : { fencingToken: fencingToken(variant * 2) });
    case "started":
      return started(number, from);
    case "output":
      return output(number, from, honest ? outputs + 1 : variant * outputs + 1);
    case "lost":
      return lost(number, from, { sent: variant < 5 ? "unknown" : "none", transfer: transferOf(number, variant % 3) });
    default:
      return resultOf(home, { kind, number, node: from, variant });
  }
}

/** A finished report: true in most variants, with a proposal in some, failed in one, with a lying receipt in two. */
function resultOf(home: Scenario, { number, node: from, variant }: Happening): Command {
  const held = home.state.jobs.byId.get(idsOf(number).jobId);
  const job = held?.job ?? commandJob(number);
  const outputs = held?.progress.kind === "live" ? held.progress.attempt.lastNumber : 0;
  const result = variant < 6 ? exited(outputs) : withProposal(number, exited(outputs));
  const failed = { kind: "failed", code: "wall-limit", message: "It ran too long.", advice: "Give it more." } as const;
  const ending = (ended: JobResult): Command =>
    finished(number, from, outputs, { result: ended, receipt: receiptOf(number, from, ended, job) });
  if (variant === 2) return ending({ ...result, outcome: failed });
  if (variant === 3) return finished(number, from, outputs + 1);
  if (variant === 4) {
    const receipt = receiptOf(number, from, result, commandJob(number + 1));
    return finished(number, from, outputs, { result, receipt });
  }
  if (variant === 5) {
    const forged = receiptOf(number, { ...NODES[number % 3 === 0 ? 0 : 2], nodeId: from.nodeId }, result, job);
    return finished(number, from, outputs, { result, receipt: forged });
  }
  return ending(result);
}

function replay(home: Scenario, events: readonly JournalEvent[]): void {
  assert.deepEqual(events.reduce(evolve, initialState(home.state.identity)), home.state);
}

function readBack(event: JournalEvent): JournalEvent {
  const decoded = decodeEvent(JSON.parse(JSON.stringify(event)));
  if (!decoded.ok) assert.fail(`${event.kind} cannot be read back: ${decoded.path} ${decoded.problem}`);
  return decoded.value;
}

/** Whether this command was entitled to these facts; the books are those of before. */
function checkCause(books: HomeBooks, command: Command, frame: readonly JournalEvent[]): void {
  if (frame.length === 0) return;
  if ("fencingToken" in command) {
    const offered = books.liveOffer(command.attemptId);
    assert.deepEqual(
      [offered?.target, offered?.fencingToken],
      [command.nodeId, command.fencingToken],
      "a fenced report",
    );
  }
  for (const event of frame) {
    if (event.kind === "ContributionMetered") {
      assert.ok(command.kind === "record-finished" && command.attemptId === event.attemptId);
      const { receipt, signature } = command.receipt;
      const key = NODES.find(({ nodeId }) => nodeId === event.nodeId)?.publicKey;
      assert.ok(
        key !== undefined && verify("arw-receipt-v1", receiptBytes(receipt), signature, key),
        "a forged receipt",
      );
      assert.equal(receipt.received, books.jobKeyOf(event.attemptId));
    }
    if ((event.kind === "JobFailed" || event.kind === "JobCancelled") && event.attemptId !== undefined) {
      const target = books.liveOffer(event.attemptId)?.target;
      if ("nodeId" in command) assert.equal(target, command.nodeId, "an attempt ended with another node");
      if (command.kind === "turn-clustering-off") assert.notEqual(target, LOCAL.nodeId, "a local attempt ended");
    }
  }
}

/** What the runs came to, so that a test that never reaches a case does not pass for one that checks it. */
const reached = new Map<string, number>();

function live(happenings: readonly Happening[]): void {
  const home = homeWith(GPU, ATTIC);
  home.run(preview(1, GPU), approve(1), preview(2, ATTIC), approve(2), start(3), preview(4, GPU), approve(4));
  const books = new HomeBooks();
  for (const frame of home.frames) books.read(frame);
  happenings.forEach((one, step) => {
    const command = { ...commandOf(home, one), at: later(step * 1_000) };
    const before = home.frames.length;
    home.give(command);
    const frame = home.frames[before] ?? [];
    checkCause(books, command, frame);
    books.read(frame);
  });
  replay(home, home.events);
  replay(home, home.events.map(readBack));
  for (const event of home.events) {
    const name = event.kind === "JobFailed" ? `${event.kind} ${event.code}` : event.kind;
    reached.set(name, (reached.get(name) ?? 0) + 1);
  }
}

test("the invariants hold after every command, and the facts alone give the state again", () => {
  fc.assert(fc.property(fc.array(happening, { minLength: 40, maxLength: 60 }), live), { numRuns: 150 });
  for (const name of [
    "JobCancelled",
    "EgressRevised",
    "OffloadsPaused",
    "JobFailed offloads-paused",
    "JobFinished",
    "ContributionMetered",
    "LeaseCommitted",
    "LeaseReleased",
    "LeaseRevoked",
    "LeaseExpired",
    "ProposalApplied",
    "ProposedFilesApplied",
    ...["receipt-mismatch", "wall-limit", "attempt-lost", "node-lost", "lease-revoked", "egress-denied"].map(
      (code) => `JobFailed ${code}`,
    ),
  ]) {
    assert.ok((reached.get(name) ?? 0) > 0, `no run reached ${name}`);
  }
});
