// Where a job goes, and why not elsewhere. Pure: local first, unless the owner asked for a node or this machine cannot.
// It chooses among nodes; whether anything may leave is the policy's and the owner's to say.
import type { Digest } from "#protocol/digest.ts";
import { type Refusal, refuse } from "#protocol/errors.ts";
import type { NodeId } from "#protocol/ids.ts";
import type { EngineAdvert, ModelAdvert } from "#protocol/node.ts";
import type { HeldNode, NodesState } from "../node/state.ts";

export type Requirement =
  | { readonly kind: "command" }
  /** `model` is a name or a digest; absent takes the first model a node has. */
  | { readonly kind: "ask"; readonly model?: string };

export interface Placement {
  readonly kind: "placement";
  readonly target: NodeId;
  readonly name: string;
  readonly local: boolean;
  readonly rule: "local-first" | "asked-for" | "local-lacks-engine" | "local-lacks-model";
  readonly why: string;
  /** What running here instead would take. */
  readonly localAlternative: string;
  readonly model?: ModelAdvert;
  readonly rejected: readonly { readonly nodeId: NodeId; readonly name: string; readonly reason: string }[];
}

/** `on` is a node's id or name, or `local`. */
export function place(nodes: NodesState, localId: NodeId, requirement: Requirement, on?: string): Placement | Refusal {
  const all = [...nodes.byId.values()];
  const local = nodes.byId.get(localId);
  const here = local === undefined ? lacking("this machine is still starting") : fitness(local, requirement);
  if (on !== undefined) return placeAskedFor(all, requirement, on, here, localId);
  if (local !== undefined && here.fits) {
    return placement(local, here, "local-first", "This machine can do it, and nothing has to leave.", here, []);
  }
  const remote = all.filter((node) => !node.local).map((node) => ({ node, fit: fitness(node, requirement) }));
  const chosen = remote.find(({ fit }) => fit.fits);
  const reason = here.fits ? "" : here.reason;
  if (chosen === undefined || !chosen.fit.fits) return nowhere(here, remote.length);
  const rejected = [
    { nodeId: localId, name: "local", reason },
    ...remote.flatMap(({ node, fit }) =>
      fit.fits ? [] : [{ nodeId: node.nodeId, name: node.name, reason: fit.reason }],
    ),
  ];
  const rule = here.fits || here.lacks === "engine" ? "local-lacks-engine" : "local-lacks-model";
  return placement(chosen.node, chosen.fit, rule, `Not here: ${reason}.`, here, rejected);
}

type Fitness =
  | { readonly fits: true; readonly model?: ModelAdvert }
  | {
      readonly fits: false;
      readonly reason: string;
      readonly lacks: "node" | "engine" | "model";
      readonly advice: string;
    };

function placeAskedFor(
  all: readonly HeldNode[],
  requirement: Requirement,
  on: string,
  here: Fitness,
  localId: NodeId,
): Placement | Refusal {
  const named = all.filter((node) => node.nodeId === on || node.name === on || (on === "local" && node.local));
  const [node, second] = named;
  if (node === undefined) {
    const known = all.map((candidate) => candidate.name).join(", ");
    return refuse("node-unknown", `No node is called ${on}; there is ${known || "none"}.`, "See `arw-home nodes`.");
  }
  if (second !== undefined) {
    return refuse("node-ambiguous", `Several nodes are called ${on}.`, "Use the node's id, from `arw-home nodes`.");
  }
  const fit = fitness(node, requirement);
  if (!fit.fits) return refuse(codeOf(fit, node, localId), `${node.name} cannot do this: ${fit.reason}.`, fit.advice);
  return placement(node, fit, "asked-for", `You asked for ${node.name}.`, here, []);
}

function fitness(node: HeldNode, requirement: Requirement): Fitness {
  switch (node.status.kind) {
    case "pending":
      return lacking("it waits for the owner's confirmation", "Confirm it: arw-home nodes approve <node>.");
    case "unreachable":
      return lacking(`it cannot be reached (${node.status.reason})`, "Start it there: arw-worker run.");
    case "revoked":
      return lacking("it was revoked", "Invite it again if that was a mistake: arw-home invite.");
    case "ready":
      return engineFitness(node.capabilities?.engines ?? [], requirement);
  }
}

function engineFitness(engines: readonly EngineAdvert[], requirement: Requirement): Fitness {
  const wanted = requirement.kind === "command" ? "command" : "llama";
  const engine = engines.find((candidate) => candidate.kind === wanted);
  if (engine === undefined) {
    return { fits: false, lacks: "engine", reason: `it has no ${wanted} engine`, advice: "Choose another node." };
  }
  if (engine.state === "absent") return { fits: false, lacks: "engine", reason: engine.reason, advice: engine.advice };
  if (engine.kind === "command" || requirement.kind === "command") return { fits: true };
  const asked = requirement.model;
  const model = asked === undefined ? engine.models[0] : engine.models.find((held) => isModel(held, asked));
  if (model !== undefined) return { fits: true, model };
  return {
    fits: false,
    lacks: "model",
    reason: asked === undefined ? "it has no model" : `it does not have the model ${asked}`,
    advice: `It has: ${engine.models.map((held) => held.name).join(", ") || "none"}. Choose one with --model.`,
  };
}

function isModel(held: ModelAdvert, asked: string | Digest): boolean {
  return held.name === asked || held.digest === asked;
}

function lacking(reason: string, advice = "Try again in a moment."): Fitness {
  return { fits: false, lacks: "node", reason, advice };
}

function codeOf(fit: Fitness & { fits: false }, node: HeldNode, localId: NodeId): string {
  if (fit.lacks === "engine") return "engine-absent";
  if (fit.lacks === "model") return "model-absent";
  return node.nodeId === localId ? "home-starting" : "node-unreachable";
}

function nowhere(here: Fitness, remotes: number): Refusal {
  const reason = here.fits ? "" : here.reason;
  const others = remotes === 0 ? "and no worker is paired" : "and no paired worker can do it either";
  const advice = here.fits ? "" : `${here.advice} Or pair a worker that can: arw-home invite.`;
  return refuse(
    here.fits || here.lacks !== "model" ? "engine-absent" : "model-absent",
    `Not here: ${reason}, ${others}.`,
    advice,
  );
}

function placement(
  node: HeldNode,
  fit: Fitness & { fits: true },
  rule: Placement["rule"],
  why: string,
  here: Fitness,
  rejected: Placement["rejected"],
): Placement {
  return {
    kind: "placement",
    target: node.nodeId,
    name: node.name,
    local: node.local,
    rule,
    why,
    localAlternative: here.fits ? "This machine can do it too (--on local)." : `Not possible here: ${here.reason}.`,
    rejected,
    ...(fit.model === undefined ? {} : { model: fit.model }),
  };
}
