// Whether a node could take a job, as far as the last word of the Home tells, and in which order nodes are offered.
// It only helps to choose: the Home places every job itself and has the last word.
import type { ModelAdvert } from "#protocol/node.ts";
import type { NodeView } from "#protocol/wire/clientViews.ts";

export type Requirement =
  | { readonly kind: "command" }
  /** `model` is a name or a digest; absent takes the first model that a node has. */
  | { readonly kind: "ask"; readonly model?: string };

export type Fit =
  | { readonly kind: "fits" }
  | { readonly kind: "pending" }
  | { readonly kind: "unreachable"; readonly reason: string }
  | { readonly kind: "revoked"; readonly reason: string }
  /** Its engine for such jobs is absent; the reason and the advice are the node's own. */
  | { readonly kind: "engine-absent"; readonly reason: string; readonly advice: string }
  | { readonly kind: "engine-unknown" }
  | { readonly kind: "model-absent"; readonly models: readonly string[] };

export interface NodeFit {
  readonly node: NodeView;
  readonly fit: Fit;
}

/** This machine first, then the nodes that can do it, then the others; revoked ones are no choice. */
export function nodesToOffer(nodes: readonly NodeView[], requirement: Requirement): readonly NodeFit[] {
  return nodes
    .filter((node) => node.state !== "revoked")
    .map((node) => ({ node, fit: fitOf(node, requirement) }))
    .toSorted((left, right) => rank(left) - rank(right) || left.node.name.localeCompare(right.node.name));
}

export function fitOf(node: NodeView, requirement: Requirement): Fit {
  switch (node.state) {
    case "pending":
      return { kind: "pending" };
    case "unreachable":
      return { kind: "unreachable", reason: node.reason };
    case "revoked":
      return { kind: "revoked", reason: node.reason };
    case "ready":
      return engineFit(node, requirement);
  }
}

/** Every model that a reachable node has, each with the nodes that have it; the order is that of the nodes. */
export function modelsOf(
  nodes: readonly NodeView[],
): readonly { readonly model: ModelAdvert; readonly on: readonly NodeView[] }[] {
  const found = new Map<string, { readonly model: ModelAdvert; readonly on: NodeView[] }>();
  for (const node of nodes) {
    if (node.state !== "ready") continue;
    for (const engine of node.capabilities?.engines ?? []) {
      if (engine.kind !== "llama" || engine.state !== "ready") continue;
      for (const model of engine.models) {
        const held = found.get(model.digest) ?? { model, on: [] };
        held.on.push(node);
        found.set(model.digest, held);
      }
    }
  }
  return [...found.values()];
}

function engineFit(node: NodeView, requirement: Requirement): Fit {
  const wanted = requirement.kind === "command" ? "command" : "llama";
  const engine = node.capabilities?.engines.find(({ kind }) => kind === wanted);
  if (engine === undefined) return { kind: "engine-unknown" };
  if (engine.state === "absent") return { kind: "engine-absent", reason: engine.reason, advice: engine.advice };
  if (engine.kind === "command" || requirement.kind === "command") return { kind: "fits" };
  const { model } = requirement;
  const has = model === undefined ? engine.models.length > 0 : engine.models.some((held) => isModel(held, model));
  return has ? { kind: "fits" } : { kind: "model-absent", models: engine.models.map(({ name }) => name) };
}

function isModel(held: ModelAdvert, asked: string): boolean {
  return held.name === asked || held.digest === asked;
}

function rank({ fit, node }: NodeFit): number {
  if (node.local) return 0;
  return fit.kind === "fits" ? 1 : 2;
}
