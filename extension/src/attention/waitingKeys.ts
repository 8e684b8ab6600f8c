// What makes two things that wait the same one, since when each waits, and what kind all of them are. Pure.
import type { WaitingItem } from "../home/homeMirror.ts";

export type WaitingKind = WaitingItem["kind"] | "mixed";

/** Another revision of a send is the same wait. */
export function waitingKey(item: WaitingItem): string {
  switch (item.kind) {
    case "egress":
      return item.episode.episodeId;
    // Its send may have waited before: that was another wait.
    case "result":
      return `result/${item.episode.episodeId}`;
    case "staged":
      return item.staged.stagedId;
    case "join":
      return item.node.nodeId;
  }
}

export function waitsSinceMs(item: WaitingItem): number {
  switch (item.kind) {
    case "egress":
      return item.episode.startedAt;
    case "result":
      return item.episode.finishedAt ?? item.episode.startedAt;
    case "staged":
      return item.staged.stagedAt;
    case "join":
      return item.node.since;
  }
}

export function kindOfAll(waiting: readonly WaitingItem[]): WaitingKind {
  const kinds = new Set(waiting.map(({ kind }) => kind));
  const [only] = kinds;
  return only === undefined || kinds.size > 1 ? "mixed" : only;
}
