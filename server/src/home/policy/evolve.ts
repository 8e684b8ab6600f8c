// How adoptions and readings change the policy in force. Total.
import type { PolicyEvent } from "#protocol/events.ts";
import { noPolicy, type PolicyState } from "./state.ts";

export function evolvePolicy(state: PolicyState = noPolicy, event: PolicyEvent): PolicyState {
  const { epoch } = event;
  switch (event.kind) {
    case "PolicyAdopted": {
      // Whoever adopts a text has mended the file with it.
      const { fileProblem: _, ...rest } = state;
      const { document, text, digest, by, at: adoptedAt } = event;
      const replaced = state.adopted === undefined ? {} : { replaced: state.adopted.digest };
      return { ...rest, epoch, adopted: { document, text, digest, adoptedAt, by, ...replaced } };
    }
    case "PolicyFileJudged": {
      const { fileProblem: _, ...rest } = state;
      return { ...rest, epoch, ...(event.problem === undefined ? {} : { fileProblem: event.problem }) };
    }
    case "WorkspacePolicyRead": {
      const { workspace: _, ...rest } = state;
      return event.found.kind === "absent" ? { ...rest, epoch } : { ...rest, epoch, workspace: event.found };
    }
  }
}
