// What there is to filter by: the nodes and kinds of event that were seen so far. It only grows.
import type { TimelineEntry } from "#protocol/timeline.ts";

export class SeenFacets {
  /** Node ids and their latest names. */
  readonly nodes: Map<string, string> = new Map();
  readonly kinds: Set<string> = new Set();
  /** Whether anything happened at the Home itself. */
  home = false;

  add(entries: readonly TimelineEntry[]): void {
    for (const { where, kind } of entries) {
      if (where === undefined) this.home = true;
      else if (this.nodes.get(where.nodeId) !== where.name) this.nodes.set(where.nodeId, where.name);
      this.kinds.add(kind);
    }
  }
}
