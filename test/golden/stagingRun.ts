// The golden run of staged actions: every state that an item can end in, and an approval that a crash cut short.
// It must never change what it already does; a new kind of event is a new run with a journal of its own.
import type { JournalEvent } from "#protocol/events.ts";
import { stagedDigest } from "#protocol/staging.ts";
import { markNeverLeaves, unmarkNeverLeaves } from "../simulation/egressCommands.ts";
import { CLIENT, exited, finished, homeWith, idsOf, start, withProposal } from "../simulation/homeCommands.ts";
import { GPU, LOCAL } from "../simulation/homeScenario.ts";
import {
  applying,
  approveStaged,
  beginStaged,
  endorseStaged,
  endStaged,
  rejectStaged,
  reviseStaged,
  running,
  stage,
  withdrawStaged,
} from "../simulation/stagingCommands.ts";

/** The frames, in order. */
export function stagingFrames(): readonly (readonly JournalEvent[])[] {
  const home = homeWith(GPU);
  home.run(markNeverLeaves("secrets-2/"), stage(1), endorseStaged(1), reviseStaged(1, 2));
  home.run(endorseStaged(2, { by: CLIENT }));
  home.run(approveStaged(2), beginStaged(2), stage(3), rejectStaged(3), stage(4), withdrawStaged(4));
  const command = running(5, true);
  home.run(stage(5, { action: command }), approveStaged(5, { digest: stagedDigest(command) }));
  home.run(beginStaged(5, { begun: { kind: "order", order: start(5) } }));
  home.run(finished(5, LOCAL, 0, { result: withProposal(5, exited(0)) }));
  const shown = applying(5);
  const { episodeId, leaseId } = idsOf(6);
  home.run(stage(6, { action: shown, episodeId }), approveStaged(6, { digest: stagedDigest(shown), leaseId }));
  home.run(beginStaged(6, { begun: { kind: "shell", found: shown } }), endStaged(6, { outcome: "unknown" }));
  home.run(stage(7), approveStaged(7));
  home.run(beginStaged(7, { begun: { kind: "order", order: unmarkNeverLeaves("other/") } }));
  home.run(stage(8), approveStaged(8));
  return home.frames;
}
