// What a staged action is called in lists: one printable line, made from what it does. An approval never rests on it.
import { redactedStart } from "#platform/redaction/redactedStart.ts";
import type { Redactor } from "#platform/redaction/redactor.ts";
import type { StagedAction } from "#protocol/staging.ts";
import { plainText } from "#protocol/text/plainText.ts";
import { nodeName } from "../../home/node/state.ts";
import type { HomeState } from "../../home/state.ts";

const TITLE_CHARACTERS_MAX = 120;

/** Looked at for a title; the rest of a long command line is not. */
const SOURCE_CHARACTERS_MAX = 1_024;

export function commandTitle(argv: readonly string[], redactor: Redactor): string {
  return line(redactedStart(argv.join(" "), SOURCE_CHARACTERS_MAX, redactor)).toWellFormed();
}

export function leaseTitle(
  state: HomeState,
  { job, nodeId, terms }: Extract<StagedAction, { kind: "grant-lease" }>,
): string {
  const what = job === "ask" ? "questions" : "commands";
  return line(`Let up to ${terms.budget.uses} ${what} leave for ${nodeName(state.nodes, nodeId)} without asking`);
}

export function unmarkTitle(globs: readonly string[]): string {
  return line(`Let ${globs.join(" ")} leave again after a preview`);
}

export const TURN_ON_TITLE = "Open the port for workers again";

export function policyTitle(name: string): string {
  return line(`Make “${name}” the policy`);
}

export const RESUME_TITLE = "Let what is approved or leased leave again";

function line(text: string): string {
  return plainText(text, TITLE_CHARACTERS_MAX);
}
