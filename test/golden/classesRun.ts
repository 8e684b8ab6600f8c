// The golden run of classes: marks made and taken back, files written from what an episode was given, and a send that taint
// puts before the owner though a lease covers it. It must never change what it already does.
import type { JournalEvent } from "#protocol/events.ts";
import { clearClass, deriveFiles, markClass } from "../simulation/classCommands.ts";
import { collected } from "../simulation/egressCommands.ts";
import { approve, exited, finished, homeWith, preview, start, withProposal } from "../simulation/homeCommands.ts";
import { GPU, LOCAL } from "../simulation/homeScenario.ts";
import { grantLease, terms } from "../simulation/leaseCommands.ts";

/** The frames, in order. */
export function classesFrames(): readonly (readonly JournalEvent[])[] {
  const home = homeWith(GPU);
  home.run(markClass("docs", "public"), markClass("keys", "secret"), markClass("docs/plan.md", "regulated"));
  home.run(start(1, { inputClass: "secret" }), finished(1, LOCAL, 0, { result: withProposal(1, exited(0)) }));
  home.run(deriveFiles(1, "secret", ["out/a.json", "out/b.json"]), clearClass("keys"));
  home.run(preview(2, GPU), approve(2), finished(2, GPU, 0, { result: withProposal(2, exited(0)) }));
  home.run(deriveFiles(2, "internal", ["src/main.ts", "src/c.ts"]), markClass("out/a.json", "internal"));
  home.run(grantLease(9, GPU, terms()), preview(3, GPU));
  home.run(markClass("src/lib", "secret", { collected: [collected(3, "src/lib/a.ts")] }));
  return home.frames;
}
