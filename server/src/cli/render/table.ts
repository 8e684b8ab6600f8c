// A table of text: columns as wide as their widest cell, two spaces between. Cells are made plain here, so no caller forgets.
import { plainText } from "#protocol/text/plainText.ts";
import type { Style } from "./style.ts";

/** Lines without line ends: a head, then the rows. The last column is not padded. */
export function tableLines(
  head: readonly string[],
  rows: readonly (readonly string[])[],
  style: Style,
): readonly string[] {
  const cells = rows.map((row) => row.map((cell) => plainText(cell)));
  const widths = head.map((title, column) => Math.max(title.length, ...cells.map((row) => row[column]?.length ?? 0)));
  const line = (row: readonly string[]): string =>
    row
      .map((cell, column) => (column === row.length - 1 ? cell : cell.padEnd(widths[column] ?? 0)))
      .join("  ")
      .trimEnd();
  return [style.dim(line(head.map((title) => title.toUpperCase()))), ...cells.map(line)];
}
