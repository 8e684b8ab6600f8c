// Contents that somebody wrote into a staged application: whether a digest is one of them. They may be read like those of the
// proposal itself, as long as the Home holds the item.
import type { Digest } from "#protocol/digest.ts";
import type { ProposalId } from "#protocol/ids.ts";
import type { StagingState } from "./state.ts";

export function isEditedContent({ byId }: StagingState, proposal: ProposalId, content: Digest): boolean {
  return [...byId.values()].some(
    ({ action }) =>
      action.kind === "apply-proposal" &&
      action.proposalId === proposal &&
      action.edited?.some(({ digest }) => digest === content) === true,
  );
}
