// The golden run of what came with the editor: revisions of previews, the pause, marks, and proposals applied file by file.
// It must never change what it already does; a new kind of event is a new run with a journal of its own.
import { digestOf } from "#protocol/digest.ts";
import type { JournalEvent } from "#protocol/events.ts";
import { workspacePathSchema } from "#protocol/workspacePath.ts";
import {
  collected,
  markNeverLeaves,
  pauseOffloads,
  resumeOffloads,
  reviseEgress,
  unmarkNeverLeaves,
} from "../simulation/egressCommands.ts";
import {
  accepted,
  applied,
  approve,
  exited,
  finished,
  homeWith,
  idsOf,
  preview,
  start,
  transferOf,
  withProposal,
} from "../simulation/homeCommands.ts";
import { GPU, LOCAL } from "../simulation/homeScenario.ts";

/** The frames, in order. */
export function editorFrames(): readonly (readonly JournalEvent[])[] {
  const home = homeWith(GPU);
  home.run(start(1), finished(1, LOCAL, 0, { result: withProposal(1, exited(0)) }));
  home.run(applied(1, { paths: [workspacePathSchema.parse("src/a.ts")] }));
  home.run(applied(1, { paths: [workspacePathSchema.parse("src/b.ts")] }));
  home.run(start(2), finished(2, LOCAL, 0, { result: withProposal(2, exited(0)) }));
  home.run(applied(2, { paths: [workspacePathSchema.parse("c.ts")] }));
  home.run(preview(3, GPU), reviseEgress(3, 4));
  const { replacedBy } = reviseEgress(3, 4);
  home.run(reviseEgress(3, 5, { previewId: replacedBy, digest: digestOf("preview 4") }));
  home.run(preview(6, GPU), approve(6), accepted(6, GPU));
  home.run(pauseOffloads({ transfers: [transferOf(6, 40)] }), resumeOffloads());
  home.run(preview(7, GPU));
  const jobKey = home.state.jobs.byId.get(idsOf(3).jobId)?.jobKey;
  if (jobKey === undefined) throw new Error("job 3 is held");
  const revised = { ...collected(3, "a.txt"), jobKey };
  home.run(markNeverLeaves("secrets/", { collected: [revised, collected(7, "secrets/key")] }));
  home.run(markNeverLeaves("*.pem", { collected: [revised] }), unmarkNeverLeaves("secrets/"));
  home.run(pauseOffloads());
  return home.frames;
}
