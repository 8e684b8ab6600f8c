// The run of a Home that the golden journal holds: fixed ids, keys and times, and every kind of event there is.
// It must never change what it already does; a new kind of event is a new run with a journal of its own.
import type { JournalEvent } from "#protocol/events.ts";
import {
  applied,
  approve,
  connect,
  deny,
  enrol,
  finished,
  homeWith,
  invite,
  later,
  lose,
  lost,
  accepted,
  cancel,
  exited,
  output,
  preview,
  revokeNode,
  SHELL,
  start,
  started,
  transferOf,
  turnOff,
  OWNER,
  NOW,
  withProposal,
} from "../simulation/homeCommands.ts";
import { expireLeases, grantLease, revokeLease, terms } from "../simulation/leaseCommands.ts";
import { rotate } from "../simulation/nodeLeaves.ts";
import { ATTIC, GPU, LOCAL, testNode } from "../simulation/homeScenario.ts";

const STRANGER = testNode("stranger", 4);

/** The frames, in order. */
export function goldenFrames(): readonly (readonly JournalEvent[])[] {
  const home = homeWith(GPU, ATTIC);
  home.run(start(1), accepted(1, LOCAL), started(1, LOCAL), output(1, LOCAL, 1), output(1, LOCAL, 2));
  home.run(finished(1, LOCAL, 2, { result: withProposal(1, exited(2)) }), applied(1));
  home.run(preview(2, GPU), approve(2), accepted(2, GPU), started(2, GPU), output(2, GPU, 1), finished(2, GPU, 1));
  home.run(preview(3, GPU), deny(3));
  home.run(preview(4, ATTIC), approve(4), lost(4, ATTIC));
  home.run(preview(5, ATTIC), approve(5), lost(5, ATTIC, { sent: "none", transfer: transferOf(5, 0) }));
  home.run(preview(6, GPU), cancel(6));
  home.run(preview(7, GPU), approve(7), revokeLease(7));
  home.run(preview(8, GPU), approve(8), accepted(8, GPU));
  home.run(grantLease(11, GPU, terms()), rotate(ATTIC, 2), expireLeases(600_000));
  home.run({ kind: "block-clustering", at: later(600_001), by: SHELL, code: "self-test", detail: "no disk" });
  home.run(invite(9), enrol(9, STRANGER));
  home.give(enrol(9, STRANGER));
  home.run({ kind: "refuse-node", at: NOW, by: OWNER, nodeId: STRANGER.nodeId, reason: "nobody knows it" });
  home.run({ kind: "refuse-link", at: later(9), by: SHELL, code: "too-deep", detail: "a bomb" });
  home.run(lose(GPU), connect(GPU), revokeNode(ATTIC), turnOff(), start(10));
  return home.frames;
}
