// Policy asked about the Home's own requests: an offload to a node, and work that stays here. The facts come from the state;
// what the document says of them is for `evaluate`.
import type { Classification, Cost } from "#protocol/egress.ts";
import type { EpisodeId, NodeId } from "#protocol/ids.ts";
import type { JobSpec } from "#protocol/job.ts";
import type { EngineAdvert } from "#protocol/node.ts";
import type { EpochMs } from "#protocol/quantities.ts";
import { taintOf } from "../egress/taint.ts";
import type { HomeState } from "../state.ts";
import { evaluate, type PolicyDecision } from "./evaluate.ts";
import { sandboxLevel } from "./obligations.ts";
import type { PolicyRequest } from "./request.ts";
import { policyInForce } from "./state.ts";

export interface OffloadFacts {
  readonly at: EpochMs;
  /** What the client that asked calls itself. */
  readonly client: string;
  readonly job: JobSpec;
  readonly nodeId: NodeId;
  readonly paths: readonly string[];
  readonly highestClassification: Classification;
  readonly bytes: number;
  readonly cost: Cost;
  /** The episode that it is of; absent where nobody asks for an episode's sake. */
  readonly corrId?: EpisodeId;
}

export function judgeOffload(state: HomeState, facts: OffloadFacts): PolicyDecision {
  return evaluate(policyInForce(state.policy), offloadRequest(state, facts));
}

export function judgeRunHere(
  state: HomeState,
  { at, client, job }: Pick<OffloadFacts, "at" | "client" | "job">,
): PolicyDecision {
  return evaluate(policyInForce(state.policy), {
    action: "run-here",
    subject: { kind: "client", id: client },
    resource: { paths: [], classification: "internal", bytes: 0, models: job.kind === "ask" ? [job.model] : [] },
    purpose: job.kind,
    at,
  });
}

export function offloadRequest(state: HomeState, facts: OffloadFacts): PolicyRequest {
  const { at, client, job, nodeId, paths, highestClassification, bytes, cost } = facts;
  const node = state.nodes.byId.get(nodeId);
  const taint = taintOf(state, facts);
  const { capabilities } = node ?? {};
  return {
    action: "offload",
    subject: { kind: "client", id: client },
    resource: { paths, classification: highestClassification, bytes, models: modelNames(job, capabilities?.engines) },
    destination: {
      nodeId,
      name: node?.name ?? nodeId,
      status: node?.status.kind ?? "unknown",
      // An ask runs no foreign command, so there is nothing to keep apart.
      sandbox: job.kind === "ask" ? "strict" : sandboxLevel(capabilities),
      priceKnown: cost.kind === "estimate",
    },
    purpose: job.kind,
    at,
    ...(taint === undefined ? {} : { taint }),
  };
}

/** The model by its digest, and by the name that the node gives it. */
function modelNames(job: JobSpec, engines: readonly EngineAdvert[] = []): readonly string[] {
  if (job.kind === "command") return [];
  const models = engines.flatMap((engine) =>
    engine.kind === "llama" && engine.state === "ready" ? engine.models : [],
  );
  return [job.model, ...models.filter(({ digest }) => digest === job.model).map(({ name }) => name)];
}

/** Whether the policy in force looks at paths at all: collecting those of a large job takes time. */
export function looksAtPaths(state: HomeState): boolean {
  const { home, workspace } = policyInForce(state.policy);
  return [home, ...(workspace === undefined ? [] : [workspace])].some(
    (source) => "document" in source && source.document.rules.some(({ resource }) => resource?.paths !== undefined),
  );
}
