// Nodes, episodes, the egress ledger and proposals as lines of text.
// State is a word with a shape; no view derives a permission or a sum that the Home did not give.
import type { EgressLedgerRow } from "#protocol/egress.ts";
import type { ModelAdvert } from "#protocol/node.ts";
import type { ProposedChange } from "#protocol/proposal.ts";
import type { JobOutcome } from "#protocol/result.ts";
import { plainText } from "#protocol/text/plainText.ts";
import type { EpisodeView, NodeState, NodeView, ProposalView } from "#protocol/wire/clientViews.ts";
import { bytesText, countText, durationText, momentText } from "./amounts.ts";
import { type Style, shortId } from "./style.ts";
import { tableLines } from "./table.ts";

export function nodeLines(nodes: readonly NodeView[], style: Style, timeZone?: string): readonly string[] {
  const rows = nodes.map((node) => [
    node.name,
    `${SHAPES[node.state]} ${node.state}`,
    momentText(node.since, timeZone),
    node.local ? "" : node.keyWords.join(" "),
    enginesText(node),
    String(node.running),
    node.compareWords === undefined ? node.reason : `compare: ${node.compareWords.join(" ")}`,
  ]);
  const alone = nodes.every((node) => node.local);
  return [
    ...tableLines(["node", "state", "since", "key", "engines", "running", "reason"], rows, style),
    ...(alone ? ["", "Only this machine. Pair another: arw-home invite"] : []),
  ];
}

export function episodeLines(episodes: readonly EpisodeView[], style: Style, timeZone?: string): readonly string[] {
  if (episodes.length === 0) {
    return ["No episodes yet. Start one: arw-home run -- <command>, or arw-home ask <prompt>"];
  }
  const rows = episodes.map((episode) => [
    episode.episodeId,
    momentText(episode.startedAt, timeZone),
    episode.target.local ? "here" : episode.target.name,
    episode.outcome === undefined ? episode.state : outcomeText(episode.outcome),
    episode.title,
  ]);
  return [...tableLines(["episode", "started", "where", "state", "title"], rows, style), ...episodes.flatMap(nextStep)];
}

/** What waits for the owner, with the id that its command needs. */
function nextStep({ episodeId, previewId, proposalId, review, state, title }: EpisodeView): readonly string[] {
  if (state === "waiting-for-approval" && previewId !== undefined) {
    return [`${plainText(title)} waits for your answer: arw-home egress approve ${previewId}`];
  }
  if (state === "finished" && review === "waiting") {
    return [`${plainText(title)} waits for your look at what came back: arw-home result show ${episodeId}`];
  }
  if (review === "discarded") return [];
  return proposalId === undefined ? [] : [`${plainText(title)} changed files: arw-home proposal show ${proposalId}`];
}

export function ledgerLines(rows: readonly EgressLedgerRow[], style: Style, timeZone?: string): readonly string[] {
  if (rows.length === 0) return ["Nothing has left this machine, and nothing was denied."];
  const cells = rows.map((row) => [
    momentText(row.time, timeZone),
    row.decision === "allow" ? "▲ allow" : "✗ deny",
    row.dest,
    bytesText(row.bytes_out),
    bytesText(row.bytes_in),
    row.state,
    row.duration_ms === null ? "" : durationText(row.duration_ms),
    row.est_cost,
    row.lease_id === null ? "" : shortId(row.lease_id),
    receiptText(row),
    row.error ?? row.reason_code,
  ]);
  const head = ["time", "decision", "to", "out", "back", "state", "took", "cost", "lease", "receipt", "reason"];
  return tableLines(head, cells, style);
}

export function proposalLines(view: ProposalView, style: Style): readonly string[] {
  const { changes, leftOut } = view.proposal;
  const applied = new Set(view.appliedPaths);
  const conflicts = new Map(view.conflicts.map(({ path, reason }) => [path, reason]));
  return [
    `${style.bold(view.proposalId)} — ${countText(changes.length, "change")}${view.appliedAt === undefined ? "" : ", applied"}`,
    ...changes.map((change) => {
      const conflict = conflicts.get(change.path);
      const line = `  ${changeText(change)}${applied.has(change.path) ? "  ✓ applied" : ""}`;
      return conflict === undefined ? line : style.yellow(`${line}  ! conflict: ${plainText(conflict)}`);
    }),
    ...leftOut.map(({ path, reason }) => style.dim(`  not taken: ${plainText(path)}: ${plainText(reason)}`)),
  ];
}

export function outcomeText(outcome: JobOutcome): string {
  switch (outcome.kind) {
    case "exited":
      return outcome.exitCode === 0 ? "✓ exit 0" : `✗ exit ${outcome.exitCode}`;
    case "answered":
      return outcome.stopReason === "end" ? "✓ answered" : "✓ answered, cut at the token limit";
    case "cancelled":
      return "■ cancelled";
    case "failed":
      return `✗ failed: ${outcome.code}`;
  }
}

const SHAPES: Readonly<Record<NodeState, string>> = { pending: "◔", ready: "●", unreachable: "○", revoked: "✗" };

function enginesText({ capabilities }: NodeView): string {
  if (capabilities === undefined) return "";
  return capabilities.engines
    .map((engine) => {
      if (engine.state === "absent") return `no ${engine.kind}`;
      if (engine.kind === "command") return engine.kind;
      return engine.models.map(modelText).join(" ");
    })
    .join(", ");
}

/** The model that ships with the product is labelled wherever it shows. */
function modelText({ demo, name }: ModelAdvert): string {
  return demo && !name.includes("demo model") ? `${name} (demo model)` : name;
}

function receiptText({ digest, received_digest: received }: EgressLedgerRow): string {
  if (received === null) return "none";
  return received === digest ? "matches" : "DIFFERS";
}

function changeText(change: ProposedChange): string {
  const path = plainText(change.path);
  switch (change.kind) {
    case "create":
      return `create  ${path}  ${bytesText(change.bytes)}${change.executable ? ", executable" : ""}`;
    case "edit":
      return `edit    ${path}  ${bytesText(change.bytes)}`;
    case "mode":
      return `mode    ${path}  ${change.executable ? "executable" : "not executable"}`;
    case "delete":
      return `delete  ${path}`;
    case "symlink":
      return `link    ${path} → ${plainText(change.target)}`;
    case "delete-symlink":
      return `unlink  ${path} → ${plainText(change.target)}`;
  }
}
