// What the keys jump to: errors, what waits or waited for the owner, and what crossed the machine's boundary.
import type { TimelineEntry } from "#protocol/timeline.ts";

export type JumpTarget = "error" | "approval" | "egress";

export function isJumpTarget(entry: TimelineEntry, target: JumpTarget): boolean {
  switch (target) {
    case "error":
      return entry.level === "error";
    case "approval":
      return isQuestion(entry);
    case "egress":
      return entry.crossing !== undefined;
  }
}

/** The owner was asked: to let something leave, or to let a worker in. */
export function isQuestion(entry: TimelineEntry): boolean {
  return (entry.kind === "EgressPreviewed" && entry.level === "attention") || entry.kind === "EnrolmentRequested";
}
