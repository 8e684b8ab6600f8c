// What a row of a tree view shows, as plain data: the views make it of what the Home says, `rowTree.ts` hands it to VS Code.
// Names and titles come from other machines: they are shown as text and never as markup, icons or links.
import * as vscode from "vscode";
import { oneLine } from "#protocol/text/plainText.ts";

export interface ItemLook {
  /** The same row has the same id in every reading, so that it keeps its place and stays open. */
  readonly id: string;
  readonly label: string;
  /** State first: VS Code cuts it at the end. */
  readonly description?: string;
  readonly icon: ItemIcon;
  readonly tooltip: readonly TooltipLine[];
  readonly contextValue?: string;
  readonly children: "none" | "closed" | "open";
  /** What a click does. It gets `argument`. */
  readonly command?: { readonly id: string; readonly title: string; readonly argument?: unknown };
}

export interface ItemIcon {
  readonly shape: string;
  readonly color?: StateColor;
}

/** Never the only sign: shape and word say the same. */
export type StateColor = "good" | "attention" | "bad" | "quiet" | "busy";

/** A line of a tooltip: a plain sentence, or a name and what it is. */
export type TooltipLine = string | readonly [name: string, value: string];

const LABEL_CHARACTERS_MAX = 200;

/** One line of bounded length. */
export function plainLabel(text: string): string {
  const line = oneLine(text);
  const characters = Array.from(line);
  return characters.length <= LABEL_CHARACTERS_MAX
    ? line
    : `${characters.slice(0, LABEL_CHARACTERS_MAX - 1).join("")}…`;
}

/** The tooltip as Markdown in which every given text is only text. */
export function tooltipMarkdown(lines: readonly TooltipLine[]): string {
  return lines
    .map((line) => (typeof line === "string" ? asText(line) : `**${asText(line[0])}** ${asText(line[1])}`))
    .join("\n\n");
}

function asText(text: string): string {
  // plainLabel leaves single spaces only: four would begin a block of code.
  return plainLabel(text).replace(/[\\`*_{}[\]()#+\-.!~|<>&$:@/"'=^]/gu, (sign) => `&#${sign.codePointAt(0)};`);
}

/** For screen readers: everything the row says, in its order. */
export function spokenLabel({ description, label }: Pick<ItemLook, "description" | "label">): string {
  return description === undefined ? label : vscode.l10n.t("{0}, {1}", label, description);
}

/** Parts of a description, such as "ready · 2 running · llama". */
export function dotted(...parts: readonly (string | undefined)[]): string {
  return parts.filter((part) => part !== undefined && part !== "").join(" · ");
}
