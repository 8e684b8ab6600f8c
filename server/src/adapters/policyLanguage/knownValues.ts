// What a policy may name, from what the Home says of its nodes: workers by name and id, and the models that they advertise.
import type { NodeView } from "#protocol/wire/clientViews.ts";
import type { KnownValue, KnownValues } from "./policyCompletions.ts";

export function knownValues(nodes: readonly NodeView[]): KnownValues {
  const workers = nodes.filter(({ local, state }) => !local && state !== "revoked");
  return {
    "node-names": workers.map(({ name, state, keyWords }) => ({
      value: name,
      detail: `${state} · ${keyWords.join(" ")}`,
    })),
    "node-ids": workers.map(({ nodeId, name }) => ({ value: nodeId, detail: name })),
    models: modelsOf(nodes),
    // Only the policy itself says where a worker stands.
    locations: [],
  };
}

/** Each model once, with the nodes that have it. */
function modelsOf(nodes: readonly NodeView[]): readonly KnownValue[] {
  const holders = new Map<string, string[]>();
  for (const { name, capabilities } of nodes) {
    for (const engine of capabilities?.engines ?? []) {
      if (engine.kind !== "llama" || engine.state !== "ready") continue;
      for (const model of engine.models) holders.set(model.name, [...(holders.get(model.name) ?? []), name]);
    }
  }
  return [...holders].map(([value, names]) => ({ value, detail: names.join(", ") }));
}
