// The egress preview as a person reads it before saying yes: what leaves, what stays, where, why, what it costs, until when.
// It shows the preview it is given and nothing else, because the approval binds that preview's digest.
import { taintText } from "#protocol/classes.ts";
import type { Digest } from "#protocol/digest.ts";
import type { Classification, EgressPreview, PreviewPolicy } from "#protocol/egress.ts";
import { type LeaseUnfit, leaseUnfitText, type ScopedTerms } from "#protocol/lease.ts";
import { lineRangesText } from "#protocol/lineCut.ts";
import type { Sandbox, SandboxRule } from "#protocol/node.ts";
import { plainText } from "#protocol/text/plainText.ts";
import { bytesText, costText, countText, durationText } from "./amounts.ts";
import { termsText } from "./leaseLines.ts";
import type { Style } from "./style.ts";

/** Rows shown of each list; the rest is counted, and `--json` has all. */
export const CARD_ROWS_MAX = 12;

const REDACTION_LIMIT =
  "Redaction and detection know common formats and the values of your environment files; they miss other secrets, passwords that are words, what is paraphrased or encoded otherwise, and pictures.";

/** What stands on the card besides the preview. */
export interface CardFacts {
  readonly sandbox: Sandbox | undefined;
  /** The lease that a yes would grant; absent where it is for this job only. */
  readonly scoped?: ScopedTerms;
  /** Why it is asked although there is a lease. */
  readonly leaseUnfit?: LeaseUnfit;
}

export function previewCardLines(
  preview: EgressPreview,
  digest: Digest,
  { leaseUnfit, sandbox, scoped }: CardFacts,
  style: Style,
): readonly string[] {
  const { destination, items, leftOut, taint, why } = preview;
  const name = plainText(destination.name);
  return [
    style.bold(`Send this to ${name}?`) + `  ${plainText(preview.title)}`,
    `${style.bold("What leaves")} — ${countText(items.length, "item")}, ${bytesText(preview.payloadBytes)}`,
    ...itemRows(preview),
    ...shortenedRows(preview),
    ...removedRows(preview),
    ...unknownRows(preview),
    `${style.bold("Stays here")} — ${leftOut.length === 0 ? "everything else" : "everything else, and"}`,
    ...capped(leftOut.map(({ path, reason }) => `  ${plainText(path)}: ${plainText(reason)}`)),
    `${style.bold("Where")} — ${name} · key ${plainText(destination.keyWords.join(" "))} · ${destination.carrier} link`,
    ...(isQuestion(preview) ? [] : [`${style.bold("Sandbox")} — ${sandboxText(sandbox)}`]),
    `${style.bold("Why")} — rule ${plainText(why.rule).replace(/\.$/, "")}. Here: ${plainText(why.localAlternative)}`,
    ...(why.policy === undefined ? [] : [`${style.bold("Policy")} — ${policyText(why.policy)}`]),
    ...(taint === undefined ? [] : [`${style.bold("Asked each time")} — ${plainText(taintText(taint))}`]),
    `${style.bold("Cost")} — ${plainText(costText(preview.cost))}`,
    ...(leaseUnfit === undefined ? [] : [`${style.bold("Asked")} — ${leaseUnfitText(leaseUnfit)}`]),
    `${style.bold("Until")} — ${scoped === undefined ? onceText(preview) : termsText(scoped)}`,
    style.dim(`Sending cannot be taken back; revoking stops further sends. ${REDACTION_LIMIT}`),
    style.dim(`This approves exactly ${digest}.`),
  ];
}

function policyText({ effect, rules, explanation }: PreviewPolicy): string {
  const verb = effect === "ask" ? "asks" : "allows";
  return `${verb} by ${rules.map((text) => plainText(text)).join(", ")}: ${plainText(explanation)}`;
}

function onceText({ leaseMs }: EgressPreview): string {
  return `this job only, ${durationText(leaseMs)}; or up to 5 jobs like it: --lease uses=5,minutes=60`;
}

/** What the destination's sandbox enforces, by its own word. */
export function sandboxText(sandbox: Sandbox | undefined): string {
  if (sandbox === undefined) return "unknown";
  switch (sandbox.kind) {
    case "none":
      return `none: ${plainText(sandbox.reason)}`;
    case "bubblewrap":
      return `by its own word: ${sandbox.enforces.map(ruleText).join(", ")}`;
  }
}

/** A question runs no program of ours: what the sandbox enforces would be beside the point. */
function isQuestion({ items }: EgressPreview): boolean {
  return items.every(({ path }) => path === "(prompt)");
}

function ruleText(rule: SandboxRule): string {
  return rule.replaceAll("-", " ");
}

const SEVERITY: Readonly<Record<Classification, number>> = { regulated: 0, secret: 1, internal: 2, public: 3 };

/** The most sensitive first: what a person most needs to see must never be among those only counted. */
function itemRows({ items }: EgressPreview): readonly string[] {
  const sorted = items.toSorted((left, right) => SEVERITY[left.classification] - SEVERITY[right.classification]);
  const shown = sorted.slice(0, CARD_ROWS_MAX);
  const width = Math.max(0, ...shown.map(({ path }) => plainText(path).length));
  return capped(
    sorted.map(
      ({ path, bytes, classification, why }) =>
        `  ${plainText(path).padEnd(width)}  ${classification.padEnd(9)}  ${bytesText(bytes)}${why === undefined ? "" : `  ${plainText(why)}`}`,
    ),
  );
}

/** What the other machine sees less of than is here: a command there reads a shorter file. */
export function shortenedRows({ items }: EgressPreview): readonly string[] {
  const rows = items.flatMap(({ cut, path }) =>
    cut === undefined ? [] : [`  ${plainText(path)}: without lines ${lineRangesText(cut.lines)}`],
  );
  if (rows.length === 0) return [];
  return [`Sent shorter than it is here — ${countText(rows.length, "item")}`, ...capped(rows)];
}

/** What redaction took out first, so that nobody expects the other machine to know it. */
function removedRows({ removed }: EgressPreview): readonly string[] {
  if (removed === undefined) return [];
  const rows = removed.map(
    ({ path, rule, tag, times }) =>
      `  ${plainText(path)}: ${plainText(rule)}${times > 1 ? `, ${times} times` : ""} (${plainText(tag)})`,
  );
  return [
    `Removed first — ${countText(removed.length, "secret")}, a placeholder stands in each place`,
    ...capped(rows),
  ];
}

/** That redaction did not look for all it could know, so that nobody takes the list above for all there was. */
function unknownRows({ unknownSecrets }: EgressPreview): readonly string[] {
  if (unknownSecrets === undefined) return [];
  return [
    `Not looked for — ${countText(unknownSecrets, "exact secret")} of your files, which hold more than redaction looks for`,
  ];
}

function capped(rows: readonly string[]): readonly string[] {
  const more = rows.length - CARD_ROWS_MAX;
  return more > 0 ? [...rows.slice(0, CARD_ROWS_MAX), `  … and ${more} more`] : rows;
}
