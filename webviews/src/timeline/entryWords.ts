// The shape and the word of each entry: what kind of thing happened, how much it asks for attention, and where.
// It must give every level a shape of its own, so that colour is never alone.
import * as l10n from "@vscode/l10n";
import type { JobOutcome } from "#protocol/result.ts";
import type { TimelineEntry } from "#protocol/timeline.ts";
import type { Density } from "#protocol/webview/timeline.ts";
import type { Level } from "./entryFilter.ts";
import type { JobSpan } from "./jobSpans.ts";

const ICON_BY_KIND: Readonly<Record<string, string>> = {
  EpisodeStarted: "run-all",
  EpisodeFinished: "pass",
  JobQueued: "layers",
  JobPlaced: "location",
  JobOffered: "arrow-right",
  JobAccepted: "check",
  JobStarted: "play",
  OutputAppended: "output",
  JobFinished: "check-all",
  JobFailed: "error",
  JobCancelled: "circle-slash",
  ProposalReceived: "diff-multiple",
  ProposalApplied: "git-commit",
  EgressPreviewed: "eye",
  EgressRecorded: "book",
  EgressSettled: "book",
  ContributionMetered: "dashboard",
  LeaseGranted: "key",
  LeaseReserved: "key",
  LeaseCommitted: "key",
  LeaseReleased: "key",
  LeaseRevoked: "key",
  LeaseExpired: "watch",
  ClusteringTurnedOn: "broadcast",
  ClusteringTurnedOff: "debug-disconnect",
  InviteCreated: "mail",
  EnrolmentRequested: "person-add",
  NodeEnrolled: "verified",
  NodeConnected: "plug",
  NodeLost: "debug-disconnect",
  NodeRevoked: "circle-slash",
};

/** The icon of a row and its tone. */
export function entryIcon(entry: TimelineEntry): { readonly name: string; readonly tone: string } {
  const name = ICON_BY_KIND[entry.kind] ?? "circle-small-filled";
  switch (entry.level) {
    case "error":
      return { name: "error", tone: "tone-error" };
    case "attention":
      return { name: entry.kind === "EgressPreviewed" ? "bell-dot" : warningShape(name), tone: "tone-attention" };
    case "info":
      return { name, tone: isSuccess(entry) ? "tone-good" : "" };
    case "detail":
      return { name, tone: "tone-quiet" };
  }
}

/** What asks for attention looks like a warning, unless its own shape says more. */
function warningShape(name: string): string {
  return name === "person-add" || name === "diff-multiple" ? name : "warning";
}

function isSuccess(entry: TimelineEntry): boolean {
  return entry.kind === "EpisodeFinished" && (entry.outcome?.kind === "answered" || entry.outcome?.kind === "exited");
}

export function levelWord(level: Level): string {
  switch (level) {
    case "error":
      return l10n.t("Error");
    case "attention":
      return l10n.t("Attention");
    case "info":
      return l10n.t("Info");
    case "detail":
      return l10n.t("Detail");
  }
}

/** Several at once, as a filter names them. */
export function levelsWord(level: Level): string {
  switch (level) {
    case "error":
      return l10n.t("Errors");
    case "attention":
      return l10n.t("Attention");
    case "info":
      return l10n.t("Info");
    case "detail":
      return l10n.t("Details");
  }
}

export function levelIcon(level: Level): string {
  switch (level) {
    case "error":
      return "error";
    case "attention":
      return "warning";
    case "info":
      return "info";
    case "detail":
      return "circle-small-filled";
  }
}

export function outcomeWord(outcome: JobOutcome): string {
  switch (outcome.kind) {
    case "exited":
      return outcome.exitCode === 0 ? l10n.t("Succeeded") : l10n.t("Exit code {0}", outcome.exitCode);
    case "answered":
      return outcome.stopReason === "end" ? l10n.t("Answered") : l10n.t("Answered, cut at the token limit");
    case "cancelled":
      return l10n.t("Cancelled");
    case "failed":
      return l10n.t("Failed");
  }
}

/** An outcome's shape and tone; undefined while there is none. */
export function outcomeIcon(outcome: JobOutcome | undefined): { readonly name: string; readonly tone: string } {
  if (outcome === undefined) return { name: "loading", tone: "" };
  switch (outcome.kind) {
    case "exited":
      return outcome.exitCode === 0 ? { name: "pass", tone: "tone-good" } : { name: "warning", tone: "tone-attention" };
    case "answered":
      return { name: "pass", tone: "tone-good" };
    case "cancelled":
      return { name: "circle-slash", tone: "tone-quiet" };
    case "failed":
      return { name: "error", tone: "tone-error" };
  }
}

export function spanWord(state: JobSpan["state"]): string {
  switch (state) {
    case "waiting":
      return l10n.t("Waiting");
    case "running":
      return l10n.t("Running");
    case "done":
      return l10n.t("Done");
    case "failed":
      return l10n.t("Failed");
    case "cancelled":
      return l10n.t("Cancelled");
  }
}

export function densityWord(density: Density): string {
  return density === "compact" ? l10n.t("Compact rows") : l10n.t("Full rows");
}

/** `JobOffered` as a person reads it. The kinds are the Home's own names: they are not translated. */
export function kindWord(kind: string): string {
  return kind.replaceAll(/(?<=[a-z])(?=[A-Z])/gu, " ").replace(/(?<=^.+) [A-Z]/gu, (start) => start.toLowerCase());
}

/** The first characters of an id: enough to tell rows apart. */
export function shortId(id: string): string {
  const [prefix, body = ""] = id.split("_");
  return body.length <= 8 ? id : `${prefix}_${body.slice(-6)}`;
}
