// How risky an action is, and why: one table, read from the top. It looks at what the action does, never at its words.
// An action that no row knows is of high risk.
import type { Risk, RiskLevel, StagedAction } from "#protocol/staging.ts";

interface RiskRow {
  readonly rule: string;
  readonly level: RiskLevel;
  readonly reason: string;
  readonly matches: (action: StagedAction) => boolean;
}

export const RISK_TABLE: readonly RiskRow[] = [
  {
    rule: "writes-protected",
    level: "high",
    reason: "It writes files that steer git, the editor or ARW itself; such files can run code later.",
    matches: (action) => action.kind === "apply-proposal" && action.touched.protected > 0,
  },
  {
    rule: "runs-uncontained",
    level: "high",
    reason: "It runs without a sandbox: it may do whatever you may, and talk to the network.",
    matches: (action) => action.kind === "run-command" && !action.contained,
  },
  {
    rule: "spends-money",
    level: "high",
    reason: "It lets money be spent without another question.",
    matches: (action) => action.kind === "grant-lease" && action.terms.budget.cost !== undefined,
  },
  {
    rule: "lets-data-leave",
    level: "high",
    reason: "It lets data leave this machine without another question; what has left cannot be taken back.",
    matches: (action) =>
      action.kind === "grant-lease" ||
      (action.kind === "change-setting" && action.change.name === "unmark-never-leaves"),
  },
  {
    rule: "changes-policy",
    level: "high",
    reason: "It changes the policy: what may leave without a question, what is asked about and what is denied.",
    matches: (action) => action.kind === "adopt-policy",
  },
  {
    rule: "opens-port",
    level: "high",
    reason: "It opens the port on which the workers that are enrolled reach this Home.",
    matches: (action) => action.kind === "change-setting" && action.change.name === "turn-clustering-on",
  },
  {
    rule: "deletes",
    level: "medium",
    reason: "It deletes files.",
    matches: (action) => action.kind === "apply-proposal" && action.touched.deletes > 0,
  },
  {
    rule: "writes-outside",
    level: "medium",
    reason: "It writes files that the episode was not asked for.",
    matches: (action) => action.kind === "apply-proposal" && action.touched.outside > 0,
  },
  {
    rule: "loosens",
    level: "medium",
    reason: "It takes back a switch that holds sends back; each send still needs its own yes or a lease.",
    matches: (action) => action.kind === "change-setting" && action.change.name === "resume-offloads",
  },
  {
    rule: "writes-asked-for",
    level: "low",
    reason: "It writes only files that the episode was asked for.",
    matches: (action) => action.kind === "apply-proposal",
  },
  {
    rule: "runs-contained",
    level: "low",
    reason: "It runs in a sandbox; what it changes comes back as a proposal.",
    matches: (action) => action.kind === "run-command" && action.contained,
  },
];

export function riskOf(action: StagedAction): Risk {
  const row = RISK_TABLE.find(({ matches }) => matches(action));
  if (row === undefined) return { level: "high", rule: "unknown", reason: "No row of the table of risks knows it." };
  const { level, rule, reason } = row;
  return { level, rule, reason };
}
