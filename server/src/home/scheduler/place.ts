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
  const askedForHere = on === localId || on === LOCAL_NAME;
  // Only what this machine lacks sends a job elsewhere; a Home that has not started yet lacks nothing.
  if (!here.fits && here.lacks === "node" && (on === undefined || askedForHere)) return notStarted();
  if (on !== undefined) return placeAskedFor(all, requirement, on, here);
  if (here.fits) {
    if (local === undefined) return notStarted();
    return placement(local, here, "local-first", "this machine can do it, and nothing has to leave", here, []);
  }
  const remote = all.filter((node) => !node.local).map((node) => ({ node, fit: fitness(node, requirement) }));
  const rejected = [
    { nodeId: localId, name: LOCAL_NAME, reason: here.reason },
    ...remote.flatMap(({ node, fit }) =>
      fit.fits ? [] : [{ nodeId: node.nodeId, name: node.name, reason: fit.reason }],
    ),
  ];
  const chosen = remote.find(({ fit }) => fit.fits);
  if (chosen === undefined || !chosen.fit.fits) return nowhere(here, rejected.slice(1));
  const rule = here.lacks === "engine" ? "local-lacks-engine" : "local-lacks-model";
  return placement(chosen.node, chosen.fit, rule, `Not here: ${here.reason}.`, here, rejected);
}

/** What the Home's own node is called on every surface; no worker may have this name. */
const LOCAL_NAME = "local";

type Fitness = { readonly fits: true; readonly model?: ModelAdvert } | Unfit;

interface Unfit {
  readonly fits: false;
  readonly reason: string;
  readonly lacks: "node" | "engine" | "model";
  readonly advice: string;
}

function placeAskedFor(
  all: readonly HeldNode[],
  requirement: Requirement,
  on: string,
  here: Fitness,
): Placement | Refusal {
  const named = all.filter((node) => node.nodeId === on || node.name === on || (on === LOCAL_NAME && node.local));
  const [node, second] = named;
  if (node === undefined) {
    const known = all.map((candidate) => candidate.name).join(", ");
    return refuse("node-unknown", `No node is called ${on}; there is ${known || "none"}.`, "See `arw-home nodes`.");
  }
  if (second !== undefined) {
    return refuse("node-ambiguous", `Several nodes are called ${on}.`, "Use the node's id, from `arw-home nodes`.");
  }
  const fit = fitness(node, requirement);
  if (!fit.fits) return refuse(codeOf(fit), `${node.name} cannot do this: ${fit.reason}.`, fit.advice);
  return placement(node, fit, "asked-for", `you asked for ${node.name}`, here, []);
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

function lacking(reason: string, advice = "Try again in a moment."): Unfit {
  return { fits: false, lacks: "node", reason, advice };
}

function codeOf(fit: Unfit): string {
  if (fit.lacks === "engine") return "engine-absent";
  return fit.lacks === "model" ? "model-absent" : "node-unreachable";
}

function notStarted(): Refusal {
  return refuse("home-starting", "This machine is still starting.", "Try again in a moment.");
}

function nowhere(here: Unfit, others: Placement["rejected"]): Refusal {
  const named = others.map((other) => `${other.name}: ${other.reason}`).join("; ");
  const elsewhere =
    others.length === 0 ? "and no worker is paired" : `and no paired worker can do it either (${named})`;
  return refuse(
    codeOf(here),
    `Not here: ${here.reason}, ${elsewhere}.`,
    `${here.advice} Or pair a worker that can: arw-home invite.`,
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
