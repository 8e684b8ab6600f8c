// What an action would do, as named facts that come from the action itself and from nothing that was said of it; and which of
// them differ between two revisions. Everything that its digest covers is here or stands in the list of files.
import * as l10n from "@vscode/l10n";
import { costBudgetText } from "#protocol/lease.ts";
import type { PolicyBase, SettingChange, StagedAction } from "#protocol/staging.ts";
import { amountsIn } from "#protocol/text/amounts.ts";
import { plainLines, plainText } from "#protocol/text/plainText.ts";

export interface ActionFact {
  readonly name: string;
  readonly value: string;
  /** Written as code: a command, paths, a digest. */
  readonly isCode?: true;
}

/** A fact that a revision has otherwise; a side that has none of it is empty. */
export interface ChangedFact {
  readonly name: string;
  readonly was: string;
  readonly is: string;
}

const DIGEST_CHARACTERS = 19;

export function actionFacts(action: StagedAction, node: string | undefined, language: string): readonly ActionFact[] {
  switch (action.kind) {
    case "apply-proposal":
      return applicationFacts(action);
    case "run-command":
      return commandFacts(action, node, language);
    case "grant-lease":
      return leaseFacts(action, node, language);
    case "change-setting":
      return [settingFact(action.change)];
    case "adopt-policy":
      return [
        { name: l10n.t("Policy"), value: plainText(action.name) },
        {
          name: l10n.t("In the place of"),
          value: action.replaces === undefined ? l10n.t("the one that every Home begins with") : start(action.replaces),
          isCode: true,
        },
        ...baseFacts(action.base),
        { name: l10n.t("Text"), value: plainLines(action.text), isCode: true },
      ];
  }
}

function baseFacts(base: PolicyBase | undefined): readonly ActionFact[] {
  const { drops, workspace } = base ?? {};
  return [
    ...(workspace === undefined
      ? []
      : [{ name: l10n.t("Beside the workspace's"), value: start(workspace), isCode: true } as const]),
    ...(drops === undefined
      ? []
      : [
          {
            name: l10n.t("No more in force"),
            value: [...(drops.noEgress === true ? ["noEgress"] : []), ...drops.rules]
              .map((rule) => plainText(rule))
              .join("\n"),
            isCode: true,
          } as const,
        ]),
  ];
}

function settingFact(change: SettingChange): ActionFact {
  switch (change.name) {
    case "resume-offloads":
      return { name: l10n.t("Switch"), value: l10n.t("Offloads are resumed.") };
    case "unmark-never-leaves":
      return {
        name: l10n.t("Marks that are taken away"),
        value: change.globs.map((glob) => plainText(glob)).join("\n"),
        isCode: true,
      };
    case "turn-clustering-on":
      return {
        name: l10n.t("Switch"),
        value: l10n.t(
          "The port {0} of {1} is opened for the workers that are enrolled.",
          change.port,
          plainText(change.host),
        ),
      };
  }
}

/** In the order of the facts; one that is in both as it was is left out. */
export function changedFacts(before: readonly ActionFact[], now: readonly ActionFact[]): readonly ChangedFact[] {
  const valueOf = (facts: readonly ActionFact[], name: string): string =>
    facts.find((fact) => fact.name === name)?.value ?? "";
  const names = new Set([...now, ...before].map(({ name }) => name));
  return [...names]
    .map((name) => ({ name, was: valueOf(before, name), is: valueOf(now, name) }))
    .filter(({ is, was }) => is !== was);
}

function applicationFacts(action: Extract<StagedAction, { readonly kind: "apply-proposal" }>): readonly ActionFact[] {
  const { deletes, files, outside, protected: steering } = action.touched;
  return [
    {
      name: l10n.t("Writes"),
      value: l10n.t("Files: {0}. Deleted: {1}. Not asked for: {2}. Protected: {3}.", files, deletes, outside, steering),
    },
    ...(action.paths === undefined
      ? []
      : [
          {
            name: l10n.t("Only these"),
            value: action.paths.map((path) => plainText(path)).join("\n"),
            isCode: true,
          } as const,
        ]),
    { name: l10n.t("Changes"), value: start(action.changes), isCode: true },
  ];
}

function commandFacts(
  { contained, job, target }: Extract<StagedAction, { readonly kind: "run-command" }>,
  node: string | undefined,
  language: string,
): readonly ActionFact[] {
  const amounts = amountsIn(language);
  const { limits } = job;
  return [
    // Word by word, so that no space hides where one ends.
    { name: l10n.t("Command"), value: job.argv.map((word) => JSON.stringify(plainText(word))).join(" "), isCode: true },
    { name: l10n.t("Folder"), value: plainText(job.folder), isCode: true },
    { name: l10n.t("On"), value: plainText(node ?? target) },
    {
      name: l10n.t("Sandbox"),
      value: contained
        ? l10n.t("Yes: private files, no network.")
        : l10n.t("None: it may do whatever you may, and talk to the network."),
    },
    { name: l10n.t("Inputs"), value: start(job.tree), isCode: true },
    ...(job.outputs.length === 0
      ? []
      : [
          {
            name: l10n.t("Brings back"),
            value: job.outputs.map((glob) => plainText(glob)).join(" "),
            isCode: true,
          } as const,
        ]),
    {
      name: l10n.t("Limits"),
      value: l10n.t("{0}, {1} of memory", amounts.duration(limits.wallMs), amounts.bytes(limits.memoryBytes)),
    },
  ];
}

function leaseFacts(
  { job, nodeId, terms }: Extract<StagedAction, { readonly kind: "grant-lease" }>,
  node: string | undefined,
  language: string,
): readonly ActionFact[] {
  const amounts = amountsIn(language);
  const { budget, ceiling, leaseMs, paths } = terms;
  return [
    { name: l10n.t("To"), value: plainText(node ?? nodeId) },
    {
      name: l10n.t("Jobs"),
      value: job === "ask" ? l10n.t("Questions, up to {0}", budget.uses) : l10n.t("Commands, up to {0}", budget.uses),
    },
    { name: l10n.t("Bytes in all"), value: amounts.bytes(budget.bytes) },
    { name: l10n.t("For"), value: amounts.duration(leaseMs) },
    { name: l10n.t("Files"), value: paths.map((path) => plainText(path)).join("\n"), isCode: true },
    { name: l10n.t("Data up to"), value: ceiling },
    { name: l10n.t("Cost"), value: budget.cost === undefined ? l10n.t("no limit") : costBudgetText(budget.cost) },
  ];
}

function start(digest: string): string {
  return `${digest.slice(0, DIGEST_CHARACTERS)}…`;
}
