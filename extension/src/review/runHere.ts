// Whether a request could run on this machine, by what the Home says of its own node. It promises nothing: the Home decides
// again when the request is started.

import type { RunHere } from "#protocol/webview/review.ts";
import type { EpisodeRequest, NodeView } from "#protocol/wire/clientViews.ts";

export function runHereOf(request: EpisodeRequest | undefined, nodes: readonly NodeView[]): RunHere {
  if (request === undefined) return { possible: false, why: "no-request", detail: "" };
  // A Home that was read has this machine at least.
  if (nodes.length === 0) return { possible: false, why: "unread", detail: "" };
  const local = nodes.find((node) => node.local);
  if (local?.state !== "ready") return { possible: false, why: "not-ready", detail: local?.reason ?? "" };
  const wanted = request.kind === "command" ? "command" : "llama";
  const engine = local.capabilities?.engines.find(({ kind }) => kind === wanted);
  if (engine === undefined) return { possible: false, why: "no-engine", detail: wanted };
  if (engine.state === "absent") return { possible: false, why: "no-engine", detail: engine.reason };
  if (engine.kind === "command" || request.kind === "command") return { possible: true };
  const { model } = request;
  const held = engine.models.find(({ digest, name }) => model === undefined || model === name || model === digest);
  return held === undefined ? { possible: false, why: "no-model", detail: model ?? "" } : { possible: true };
}
