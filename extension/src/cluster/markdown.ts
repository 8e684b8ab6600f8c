// Text of reports as Markdown. What comes from elsewhere is shown as it is: it can make no link, no image and no new line.
import { oneLine } from "#protocol/text/plainText.ts";

/** One line of text from elsewhere. */
export function markdownText(text: string): string {
  return oneLine(text).replace(/[\\`*_{}[\]<>|~&]/gu, "\\$&");
}

/** One thing of a list: its head, and what belongs to it below, each a line of text from elsewhere. */
export function markdownItem(head: string, lines: readonly (string | undefined)[]): string {
  const below = lines
    .filter((line) => line !== undefined && line !== "")
    .map((line) => `  - ${markdownText(line ?? "")}`);
  return [`- ${markdownText(head)}`, ...below].join("\n");
}

/** Blocks with an empty line between them; absent ones leave none. */
export function markdownBlocks(blocks: readonly (string | undefined)[]): string {
  return `${blocks.filter((block) => block !== undefined && block !== "").join("\n\n")}\n`;
}
