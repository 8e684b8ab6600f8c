// The golden run of results that wait for the owner: one accepted and applied, one discarded, one that brought nothing back.
// It must never change what it already does.
import type { JournalEvent } from "#protocol/events.ts";
import { applied, exited, finished, homeWith, preview, withProposal } from "../simulation/homeCommands.ts";
import { GPU } from "../simulation/homeScenario.ts";
import { adoptPolicy, policyOf, policyRule } from "../simulation/policyCommands.ts";
import { review } from "../simulation/reviewCommands.ts";

/** The frames, in order. */
export function resultsFrames(): readonly (readonly JournalEvent[])[] {
  const home = homeWith(GPU);
  home.run(adoptPolicy(policyOf(policyRule("looks", "allow", { obligations: { reviewResult: true } }))));
  for (const number of [1, 2, 3]) {
    const result = number === 3 ? exited(0) : withProposal(number, exited(0));
    home.run(preview(number, GPU), finished(number, GPU, 0, { result }));
  }
  home.run(review(1), applied(1), review(2, { verdict: "discarded" }));
  return home.frames;
}
