// How adoptions and readings change the policy in force. Total.
import type { PolicyEvent } from "#protocol/events.ts";
import { noPolicy, type PolicyState } from "./state.ts";

export function evolvePolicy(state: PolicyState = noPolicy, event: PolicyEvent): PolicyState {
  const { epoch } = event;
  switch (event.kind) {
    case "PolicyAdopted": {
      // Whoever adopts a text has mended the file with it.
      // So has whoever was told that the workspace's file forbids less now.
      const { fileProblem: _, kept: __, ...rest } = state;
      const { document, text, digest, by, at: adoptedAt } = event;
      const replaced = state.adopted === undefined ? {} : { replaced: state.adopted.digest };
      return { ...rest, epoch, adopted: { document, text, digest, adoptedAt, by, ...replaced } };
    }
    case "PolicyFileJudged": {
      const { fileProblem: _, ...rest } = state;
      return { ...rest, epoch, ...(event.problem === undefined ? {} : { fileProblem: event.problem }) };
    }
    case "WorkspacePolicyRead": {
      const { workspace: _, kept: __, ...rest } = state;
      const { found, kept } = event;
      return {
        ...rest,
        epoch,
        ...(found.kind === "absent" ? {} : { workspace: found }),
        ...(kept === undefined ? {} : { kept }),
      };
    }
  }
}
