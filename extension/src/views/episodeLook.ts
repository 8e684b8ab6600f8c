// How an episode and what belongs to it look in the Episodes view: how it stands, where it ran, and its output and proposal.
// Every total names its method; nothing is added up here that the Home did not give.
import * as vscode from "vscode";
import type { JobOutcome } from "#protocol/result.ts";
import { amountsIn } from "#protocol/text/amounts.ts";
import type { Usage, UsageMethod } from "#protocol/usage.ts";
import type { EpisodeView } from "#protocol/wire/clientViews.ts";
import { agoText } from "./ago.ts";
import { dotted, type ItemIcon, type ItemLook, plainLabel, type TooltipLine } from "./itemLook.ts";

export function episodeLook(episode: EpisodeView, nowMs: number): ItemLook {
  const { episodeId, finishedAt, proposalId, startedAt, state, target, title } = episode;
  const { language } = vscode.env;
  const place = placeText(target);
  const took = finishedAt === undefined ? undefined : amountsIn(language).duration(Math.max(0, finishedAt - startedAt));
  return {
    id: `episode/${episodeId}`,
    label: plainLabel(title),
    description: dotted(stateText(episode), place, took ?? agoText(startedAt, nowMs, language)),
    icon: stateIcon(episode),
    tooltip: [
      title,
      [stateText(episode), place],
      [vscode.l10n.t("Started"), new Date(startedAt).toLocaleString(language)],
      ...(took === undefined ? [] : [[vscode.l10n.t("Took"), took] as const]),
      ...failureLines(episode.outcome),
      ...usageLines(episode.usage),
      [vscode.l10n.t("Episode"), episodeId],
    ],
    contextValue: ["episode", state, ...(proposalId === undefined ? [] : ["proposal"])].join("."),
    children: "closed",
  };
}

/** The rows below an episode. `argument` is what the commands of the episode get. */
export function episodePartLooks(episode: EpisodeView, argument: unknown): readonly ItemLook[] {
  const { attemptId, episodeId, jobId, outcome, previewId, produced, proposalId, snapshot, state, target } = episode;
  const part = (key: string, look: Omit<ItemLook, "id" | "children">): ItemLook => ({
    ...look,
    id: `episode/${episodeId}/${key}`,
    children: "none",
  });
  return [
    part("job", {
      label: target.local ? vscode.l10n.t("Job on this machine") : vscode.l10n.t("Job on {0}", plainLabel(target.name)),
      description: attemptId === undefined ? vscode.l10n.t("not attempted yet") : shortId(attemptId),
      icon: { shape: target.local ? "home" : "server" },
      tooltip: [
        [vscode.l10n.t("Job"), jobId],
        ...(attemptId === undefined ? [] : [[vscode.l10n.t("Last attempt"), attemptId] as const]),
        ...(snapshot === undefined ? [] : [[vscode.l10n.t("Job key"), snapshot.jobKey] as const]),
        ...(snapshot?.nodeVersion === undefined
          ? []
          : [[vscode.l10n.t("Version of the node"), snapshot.nodeVersion] as const]),
      ],
    }),
    ...(state === "waiting-for-approval" && previewId !== undefined
      ? [
          part("preview", {
            label: vscode.l10n.t("What would leave"),
            description: vscode.l10n.t("waits for you"),
            icon: { shape: "bell-dot", color: "attention" },
            tooltip: [vscode.l10n.t("Nothing leaves until you approve exactly what is shown.")],
            command: { id: "arw.review", title: vscode.l10n.t("Review…"), argument },
          }),
        ]
      : []),
    ...(outcome?.kind === "failed"
      ? [
          part("failure", {
            label: plainLabel(outcome.message),
            description: plainLabel(outcome.advice),
            icon: { shape: "warning", color: "bad" },
            tooltip: failureLines(outcome),
          }),
        ]
      : []),
    ...produced.map(({ bytes, stream }) =>
      part(`output/${stream}`, {
        label: stream === "text" ? vscode.l10n.t("Answer") : stream,
        description: amountsIn(vscode.env.language).bytes(bytes),
        icon: { shape: "output" },
        tooltip: [vscode.l10n.t("Show Output")],
        command: { id: "arw.showOutput", title: vscode.l10n.t("Show Output"), argument },
      }),
    ),
    ...(proposalId === undefined
      ? []
      : [
          part("proposal", {
            label: vscode.l10n.t("Proposed changes"),
            description: vscode.l10n.t("nothing is written until you apply them"),
            icon: { shape: "diff-multiple" },
            tooltip: [[vscode.l10n.t("Proposal"), proposalId]],
            command: { id: "arw.openProposal", title: vscode.l10n.t("Open Proposal"), argument },
          }),
        ]),
  ];
}

function stateText({ outcome, state }: EpisodeView): string {
  switch (state) {
    case "waiting-for-approval":
      return vscode.l10n.t("waits for you");
    case "running":
      return vscode.l10n.t("running");
    case "finished":
      return outcomeText(outcome);
  }
}

function outcomeText(outcome: JobOutcome | undefined): string {
  switch (outcome?.kind) {
    case undefined:
      return vscode.l10n.t("finished");
    case "exited":
      return vscode.l10n.t("exit code {0}", outcome.exitCode);
    case "answered":
      return outcome.stopReason === "end" ? vscode.l10n.t("answered") : vscode.l10n.t("answered, cut at its limit");
    case "cancelled":
      return vscode.l10n.t("cancelled");
    case "failed":
      if (isDenied(outcome)) return vscode.l10n.t("not sent");
      return isRevoked(outcome) ? vscode.l10n.t("lease revoked") : vscode.l10n.t("failed");
  }
}

function stateIcon({ outcome, state }: EpisodeView): ItemIcon {
  if (state === "waiting-for-approval") return { shape: "bell-dot", color: "attention" };
  if (state === "running") return { shape: "sync~spin", color: "busy" };
  switch (outcome?.kind) {
    case undefined:
      return { shape: "circle-outline", color: "quiet" };
    case "exited":
      return outcome.exitCode === 0 ? { shape: "pass", color: "good" } : { shape: "error", color: "bad" };
    case "answered":
      return { shape: "pass", color: "good" };
    case "cancelled":
      return { shape: "circle-slash", color: "quiet" };
    case "failed":
      if (isDenied(outcome)) return { shape: "circle-slash", color: "quiet" };
      return isRevoked(outcome) ? { shape: "circle-slash", color: "attention" } : { shape: "warning", color: "bad" };
  }
}

/** The owner said no: the episode ended as it should. */
function isDenied(outcome: JobOutcome): boolean {
  return outcome.kind === "failed" && outcome.code === "egress-denied";
}

/** The owner took the lease back while it ran: it was ended, and did not fail by itself. */
function isRevoked(outcome: JobOutcome): boolean {
  return outcome.kind === "failed" && outcome.code === "lease-revoked";
}

function placeText({ local, name }: EpisodeView["target"]): string {
  return local ? vscode.l10n.t("here") : plainLabel(name);
}

function failureLines(outcome: JobOutcome | undefined): readonly TooltipLine[] {
  if (outcome?.kind !== "failed") return [];
  return [
    [vscode.l10n.t("Why"), outcome.message],
    [vscode.l10n.t("What helps"), outcome.advice],
  ];
}

function usageLines(usage: Usage | undefined): readonly TooltipLine[] {
  if (usage === undefined) return [];
  const { busy, bytesIn, bytesOut, tokensIn, tokensOut } = usage;
  const amounts = amountsIn(vscode.env.language);
  const metered = (value: string, method: UsageMethod): string => vscode.l10n.t("{0} ({1})", value, methodText(method));
  return [
    [vscode.l10n.t("Busy"), metered(amounts.duration(busy.durationMs), busy.method)],
    ...(tokensIn === undefined
      ? []
      : [[vscode.l10n.t("Tokens in"), metered(amounts.count(tokensIn.tokens), tokensIn.method)] as const]),
    ...(tokensOut === undefined
      ? []
      : [[vscode.l10n.t("Tokens out"), metered(amounts.count(tokensOut.tokens), tokensOut.method)] as const]),
    [vscode.l10n.t("Input"), metered(amounts.bytes(bytesIn.bytes), bytesIn.method)],
    [vscode.l10n.t("Output"), metered(amounts.bytes(bytesOut.bytes), bytesOut.method)],
  ];
}

function methodText(method: UsageMethod): string {
  switch (method) {
    case "engine-count":
      return vscode.l10n.t("metered by engine");
    case "exclusive-wall":
      return vscode.l10n.t("metered by wall clock");
    case "byte-count":
      return vscode.l10n.t("counted");
    case "estimated":
      return vscode.l10n.t("estimated");
  }
}

/** `att_p2q3…`: enough to tell attempts apart; the tooltip has the whole. */
function shortId(id: string): string {
  return `${id.slice(0, 12)}…`;
}
