// Text of reports as Markdown. What comes from elsewhere is shown as it is: it can make no link, no image and no new row.

/** One line of text from elsewhere. */
export function markdownText(text: string): string {
  return text
    .replace(/\s+/gu, " ")
    .replace(/[\p{Cc}\p{Bidi_Control}]/gu, "")
    .replace(/[\\`*_{}[\]<>|#!~&]/gu, "\\$&")
    .trim();
}

/** Cells are text from elsewhere. */
export function markdownTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.map(markdownText).join(" | ")} |`;
  return [line(head), `|${head.map(() => "---|").join("")}`, ...rows.map(line)].join("\n");
}

/** Blocks with an empty line between them; absent ones leave none. */
export function markdownBlocks(blocks: readonly (string | undefined)[]): string {
  return `${blocks.filter((block) => block !== undefined && block !== "").join("\n\n")}\n`;
}
