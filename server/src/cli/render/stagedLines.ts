// Staged actions as a person reads them before an answer: what would be done, how risky it is and why, what speaks for it,
// and what the approval binds. Everything of it comes from the Home, and what others wrote is made plain.
import type { DroppedRules, Evidence, SettingChange, StagedAction } from "#protocol/staging.ts";
import { plainLines, plainText } from "#protocol/text/plainText.ts";
import type { StagedResult, StagedView, WaitingView } from "#protocol/wire/stagingViews.ts";
import { bytesText, countText, durationText } from "./amounts.ts";
import { termsText } from "./leaseLines.ts";
import type { Style } from "./style.ts";
import { tableLines } from "./table.ts";

/** Everything that waits, in one table. */
export function waitingLines(items: readonly WaitingView[], nowMs: number, style: Style): readonly string[] {
  if (items.length === 0) return ["Nothing is waiting for you. Risky actions stop here before they run."];
  const rows = items.map((item) => {
    if (item.kind === "egress") {
      const what = `Send ${bytesText(item.payloadBytes)} to ${item.node}: ${item.title}`;
      return [item.previewId, "waits", ageText(item.stagedAt, nowMs), item.risk.level, what];
    }
    const { staged } = item;
    return [staged.stagedId, stateText(staged), ageText(staged.stagedAt, nowMs), staged.risk.level, staged.title];
  });
  return tableLines(["id", "state", "since", "risk", "what"], rows, style);
}

/** One item with all that an approval needs. */
export function stagedLines(view: StagedView, nowMs: number, style: Style): readonly string[] {
  const { action, decided, digest, endorsements, evidence, requestedBy, risk, run, stale } = view;
  const by = endorsements.map((endorsement) => plainText(endorsement.by)).join(", ");
  return [
    `${style.bold(`${plainText(view.title)}?`)}  ${view.stagedId} · ${stateText(view)}`,
    `${style.bold("Asked for by")} ${plainText(requestedBy)}, ${ageText(view.stagedAt, nowMs)} ago${revisionText(view)}`,
    `${style.bold("Risk")} — ${risk.level}: ${plainText(risk.reason)} (rule ${risk.rule})`,
    ...actionLines(action),
    ...evidence.flatMap(evidenceLines),
    ...(by === "" ? [] : [`${style.bold("Endorsed by")} ${by}`]),
    ...(stale === undefined ? [] : [style.yellow(`Stale — ${plainText(stale)}`)]),
    ...(decided === undefined ? [] : [decidedText(view)]),
    ...(run === undefined || run.detail === "" ? [] : [`${run.state}: ${plainText(run.detail)}`]),
    `${style.bold("Approves")} exactly this (${digest.slice(0, 19)}…), once, within 10 min. If anything changes you are asked again.`,
    `${style.bold("Undo")} — ${undoText(action)}`,
  ];
}

/** The pre-flight of several: one row each, with what keeps it from being done. */
export function preflightLines(views: readonly StagedView[], style: Style): readonly string[] {
  const rows = views.map((view) => [
    view.stagedId,
    view.risk.level,
    view.digest.slice(0, 19),
    view.stale === undefined ? "ready" : `stale: ${view.stale}`,
    view.title,
  ]);
  return tableLines(["id", "risk", "digest", "check", "what"], rows, style);
}

export function resultLine({ detail, episodeId, files, outcome, replacedBy, stagedId }: StagedResult): string {
  const done = files === undefined ? "" : `: wrote ${countText(files, "file")}`;
  const began = episodeId === undefined ? "" : `: follow it with arw-home timeline ${episodeId} --follow`;
  const again = replacedBy === undefined ? "" : ` It waits again as ${replacedBy}.`;
  return `${stagedId} ${outcome}${done}${began}${detail === "" ? "" : `: ${plainText(detail)}`}${again}`;
}

/** The words of the last question: what, where and until when. */
export function confirmText(views: readonly StagedView[]): string {
  const [only] = views;
  if (only !== undefined && views.length === 1) {
    return `${plainText(only.title)} ${whereText(only.action)}, once, now (risk ${only.risk.level}, ${only.digest.slice(0, 19)}…)?`;
  }
  const high = views.filter(({ risk }) => risk.level === "high").length;
  const where = only === undefined ? "here" : whereText(only.action);
  return `Do these ${views.length} ${where}, each once, now (${high} of high risk)?`;
}

function whereText(action: StagedAction): string {
  switch (action.kind) {
    case "apply-proposal":
      return "in this workspace";
    case "run-command":
      return action.contained ? "in the sandbox of this machine" : "on this machine without a sandbox";
    case "grant-lease":
      return `for ${action.nodeId}`;
    case "change-setting":
    case "adopt-policy":
      return "in this Home";
  }
}

function actionLines(action: StagedAction): readonly string[] {
  switch (action.kind) {
    case "apply-proposal": {
      const { deletes, files, outside, protected: steering } = action.touched;
      return [
        `What — ${countText(files, "file")}: ${deletes} deleted, ${outside} not asked for, ${steering} protected. See them: arw-home proposal show ${action.proposalId}`,
        ...(action.edited ?? []).map(
          ({ bytes, digest, path }) =>
            `  edited since it was made: ${plainText(path)}, now ${bytesText(bytes)} (${digest.slice(0, 19)}…)`,
        ),
      ];
    }
    case "run-command":
      return [
        `What — ${plainText(action.job.argv.join(" "))} in ${plainText(action.job.folder)}, inputs ${action.job.tree.slice(0, 19)}…`,
      ];
    case "grant-lease":
      return [`What — ${termsText(action.terms)} for ${action.nodeId}`];
    case "change-setting":
      return [settingLine(action.change)];
    case "adopt-policy":
      return [
        `What — the policy becomes “${plainText(action.name)}”:`,
        ...droppedLines(action.base?.drops),
        ...plainLines(action.text)
          .split("\n")
          .map((line) => `  ${line}`),
      ];
  }
}

/** Before the text, which may be long: it loosens, and the text does not say so. */
function droppedLines(drops: DroppedRules | undefined): readonly string[] {
  if (drops === undefined) return [];
  const gate = drops.noEgress === true ? " and its gate, by which nothing leaves" : "";
  const rules = plainText(drops.rules.join(" "));
  return [`  No more in force then — the rules of a .arw/policy.jsonc that was removed or rewritten: ${rules}${gate}`];
}

function settingLine(change: SettingChange): string {
  switch (change.name) {
    case "resume-offloads":
      return "What — offloads are resumed";
    case "unmark-never-leaves":
      return `What — takes the marks off ${plainText(change.globs.join(" "))}`;
    case "turn-clustering-on":
      return `What — opens ${plainText(change.host)}:${change.port} for the workers that are enrolled`;
  }
}

function evidenceLines(evidence: Evidence): readonly string[] {
  switch (evidence.kind) {
    case "asked":
      return [`Why — ${plainText(evidence.why)}`];
    case "diff": {
      const { askedFor, outsidePaths, protectedPaths } = evidence;
      return [
        ...protectedPaths.map((path) => `  protected: ${plainText(path)}`),
        ...outsidePaths.map((path) => `  not asked for: ${plainText(path)}`),
        `  asked for: ${askedFor.length === 0 ? "nothing that is known any more" : plainText(askedFor.join(" "))}`,
      ];
    }
    case "command":
      return [`Evidence — command ${evidence.job.slice(0, 19)}…`];
    case "dry-run": {
      const { outcome, outputBytes, title } = evidence;
      const ended = outcome.kind === "exited" ? `exit ${outcome.exitCode}` : outcome.kind;
      return [`Evidence — ran in a sandbox: ${plainText(title)}: ${ended}, ${bytesText(outputBytes)} of output`];
    }
    case "taint":
      return [`Evidence — not from this machine: ${plainText(evidence.untrusted)}`];
  }
}

function undoText(action: StagedAction): string {
  switch (action.kind) {
    case "apply-proposal":
      return "git can bring back what it has; what other programs do with the files meanwhile cannot be undone.";
    case "run-command":
      return action.contained ? "nothing is written before you apply it." : "what it does cannot be undone here.";
    case "grant-lease":
      return "revoke the lease; what has left cannot be taken back.";
    case "adopt-policy":
    case "change-setting":
      return "turn it back; what has left meanwhile cannot be taken back.";
  }
}

function decidedText({ decided, replacedBy, state }: StagedView): string {
  const reason = decided?.reason === undefined || decided.reason === "" ? "" : `: ${plainText(decided.reason)}`;
  const next = replacedBy === undefined ? "" : ` ${replacedBy} took its place.`;
  return `${state} by ${plainText(decided?.by ?? "")}${reason}.${next}`;
}

function stateText({ run, state }: StagedView): string {
  if (state === "pending") return "waits";
  return run === undefined ? state : `${state}, ${run.state}`;
}

function revisionText({ revision }: StagedView): string {
  return revision === 1 ? "" : `, revision ${revision}`;
}

function ageText(sinceMs: number, nowMs: number): string {
  return durationText(Math.max(0, nowMs - sinceMs));
}
