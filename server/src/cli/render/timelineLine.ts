// One timeline entry as one line: when, where, which crossing of this machine's boundary, what happened.

import { plainText } from "#protocol/text/plainText.ts";
import type { TimelineEntry } from "#protocol/timeline.ts";
import { bytesText, timeText } from "./amounts.ts";
import { type Style, shortId } from "./style.ts";

/** Names are padded to this, so that usual ones line up. */
const PLACE_WIDTH = 9;

export function timelineLine(entry: TimelineEntry, style: Style, timeZone?: string): string {
  const place = plainText(entry.where?.name ?? "home").padEnd(PLACE_WIDTH);
  const text = plainText(entry.text);
  return [
    style.dim(timeText(entry.at, timeZone)),
    place,
    ...(entry.crossing === undefined ? [] : [style.bold(crossingText(entry.crossing))]),
    levelText(entry.level, text, style),
  ].join("  ");
}

function crossingText({ direction, bytes, leaseId }: NonNullable<TimelineEntry["crossing"]>): string {
  const mark = direction === "out" ? "▲" : "▼";
  return `${mark} ${bytesText(bytes)} ${direction} under ${shortId(leaseId)}`;
}

function levelText(level: TimelineEntry["level"], text: string, style: Style): string {
  switch (level) {
    case "detail":
      return style.dim(text);
    case "info":
      return text;
    case "attention":
      return style.yellow(`! ${text}`);
    case "error":
      return style.red(`✗ ${text}`);
  }
}
