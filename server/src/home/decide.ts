// Routes every command to its slice, after asking whether this requester may give it at all. Pure: no clock, no chance.
// The owner check stands here as well as at the door: a forgotten check in a surface approves nothing.
import type { Command, CommandKind, Requester } from "#protocol/commands.ts";
import { type Refusal, refuse } from "#protocol/errors.ts";
import type { JournalEvent } from "#protocol/events.ts";
import { decideEgress } from "./egress/decide.ts";
import { decideEpisode } from "./episode/decide.ts";
import { decideReport } from "./job/decide.ts";
import { decideLease } from "./lease/decide.ts";
import { decideNode } from "./node/decide.ts";
import { decideStaging } from "./staging/decide.ts";
import { decidePolicy } from "./policy/decide.ts";
import type { HomeState } from "./state.ts";

/** Who may give each command. Complete: a new command does not compile until it is here. */
const MAY_GIVE: { readonly [Kind in CommandKind]: readonly Requester["session"][] } = {
  "start-episode": ["client", "owner"],
  "preview-offload": ["client", "owner"],
  "cancel-episode": ["client", "owner"],
  "deny-egress": ["client", "owner"],
  "revise-egress": ["client", "owner"],
  "pause-offloads": ["client", "owner"],
  "resume-offloads": ["owner"],
  "mark-never-leaves": ["client", "owner"],
  "unmark-never-leaves": ["owner"],
  "mark-class": ["client", "owner"],
  "clear-class": ["owner"],
  "derive-files": ["home"],
  "approve-egress": ["owner"],
  "adopt-policy": ["owner"],
  "judge-policy-file": ["home"],
  "read-workspace-policy": ["home"],
  "grant-lease": ["owner"],
  "revoke-lease": ["owner"],
  "expire-leases": ["home"],
  "record-applied": ["owner"],
  "review-result": ["owner"],
  "stage-action": ["client", "owner"],
  "endorse-staged": ["client", "owner"],
  "revise-staged": ["client", "owner"],
  "withdraw-staged": ["client", "owner"],
  "approve-staged": ["owner"],
  "reject-staged": ["owner"],
  "begin-staged": ["owner"],
  "end-staged": ["home"],
  "turn-clustering-on": ["owner"],
  "turn-clustering-off": ["owner"],
  "create-invite": ["owner"],
  "approve-node": ["owner"],
  "refuse-node": ["owner"],
  "revoke-node": ["owner"],
  "record-accepted": ["home"],
  "record-started": ["home"],
  "record-output": ["home"],
  "record-finished": ["home"],
  "record-lost": ["home"],
  "request-enrolment": ["home"],
  "rotate-certificate": ["home"],
  "connect-node": ["home"],
  "lose-node": ["home"],
  "block-clustering": ["home"],
  "refuse-link": ["home"],
};

export function decide(state: HomeState, command: Command): readonly JournalEvent[] | Refusal {
  const permitted = MAY_GIVE[command.kind];
  if (!permitted.includes(command.by.session)) {
    if (!permitted.includes("owner")) {
      return refuse(
        "home-only",
        "Only the Home itself may report this.",
        "Nothing to do: nodes report by their links.",
      );
    }
    return refuse(
      "owner-session-required",
      `Only the owner may ${command.kind.replaceAll("-", " ")}.`,
      "Open an owner session: set ARW_OWNER_SECRET, or type the secret when asked.",
    );
  }
  switch (command.kind) {
    case "start-episode":
    case "preview-offload":
    case "cancel-episode":
    case "record-applied":
    case "review-result":
      return decideEpisode(state, command);
    case "approve-egress":
    case "deny-egress":
    case "revise-egress":
    case "pause-offloads":
    case "resume-offloads":
    case "mark-never-leaves":
    case "unmark-never-leaves":
    case "mark-class":
    case "clear-class":
    case "derive-files":
      return decideEgress(state, command);
    case "adopt-policy":
    case "judge-policy-file":
    case "read-workspace-policy":
      return decidePolicy(state, command);
    case "grant-lease":
    case "revoke-lease":
    case "expire-leases":
      return decideLease(state, command);
    case "stage-action":
    case "endorse-staged":
    case "revise-staged":
    case "withdraw-staged":
    case "approve-staged":
    case "reject-staged":
    case "begin-staged":
    case "end-staged":
      return decideStaging(state, command, decide);
    case "record-accepted":
    case "record-started":
    case "record-output":
    case "record-finished":
    case "record-lost":
      return decideReport(state, command);
    case "turn-clustering-on":
    case "turn-clustering-off":
    case "create-invite":
    case "request-enrolment":
    case "approve-node":
    case "refuse-node":
    case "rotate-certificate":
    case "connect-node":
    case "lose-node":
    case "revoke-node":
    case "block-clustering":
    case "refuse-link":
      return decideNode(state, command);
  }
}
