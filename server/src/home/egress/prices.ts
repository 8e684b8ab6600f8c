// Whose prices count for a node, and which jobs there were like another one: what an estimate stands on. Pure, and bounded by
// what the state holds. The owner's word counts before the node's own price card; a workspace's policy states no prices.
import type { NodeId } from "#protocol/ids.ts";
import type { JobSpec } from "#protocol/job.ts";
import type { PriceCard } from "#protocol/node.ts";
import type { EpochMs } from "#protocol/quantities.ts";
import type { Usage } from "#protocol/usage.ts";
import { nodeFacts } from "../policy/matches.ts";
import { policyInForce } from "../policy/state.ts";
import type { HomeState } from "../state.ts";

export interface PricesInForce {
  readonly prices: PriceCard;
  /** Whose they are, in words. */
  readonly source: string;
}

/** The newest so many count: a node changes, and a person wants to know how it is now. */
export const LIKE_JOBS_MAX = 50;
/** Older ones do not count. */
export const LIKE_JOBS_AGE_MS: number = 30 * 86_400_000;

/** Undefined where nobody said a price. */
export function pricesOf(state: HomeState, nodeId: NodeId): PricesInForce | undefined {
  const node = state.nodes.byId.get(nodeId);
  if (node === undefined) return undefined;
  const { home } = policyInForce(state.policy);
  const stated = "document" in home ? nodeFacts(home.document, node).prices : undefined;
  if (stated !== undefined) {
    return { prices: stated, source: `your prices for ${node.name}, policy version ${state.policy?.epoch ?? 0}` };
  }
  const card = node.capabilities?.priceCard;
  return card === undefined ? undefined : { prices: card, source: `price card of ${node.name}` };
}

/** What the same command in the same folder, or the same model, used there: of finished jobs only, newest first. */
export function likeJobs(state: HomeState, nodeId: NodeId, job: JobSpec, now: EpochMs): readonly Usage[] {
  const found: Usage[] = [];
  for (const { job: other, progress } of [...state.jobs.byId.values()].reverse()) {
    if (found.length === LIKE_JOBS_MAX) break;
    if (progress.kind !== "finished" || progress.usage === undefined) continue;
    const { target, offeredAt } = progress.attempt;
    if (target !== nodeId || now - offeredAt > LIKE_JOBS_AGE_MS || !isLike(job, other)) continue;
    if (job.kind === "command" || progress.usage.tokensOut !== undefined) found.push(progress.usage);
  }
  return found;
}

function isLike(job: JobSpec, other: JobSpec): boolean {
  if (job.kind === "ask") return other.kind === "ask" && other.model === job.model;
  return (
    other.kind === "command" &&
    other.folder === job.folder &&
    other.argv.length === job.argv.length &&
    other.argv.every((word, index) => word === job.argv[index])
  );
}
