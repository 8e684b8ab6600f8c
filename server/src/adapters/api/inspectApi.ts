// What would leave of single files, and where to, for clients that ask before anything is started.
// It starts and stores nothing; what it says is judged again when a job is really collected.
import type { Destination } from "#protocol/egress.ts";
import { type Refusal, refuse } from "#protocol/errors.ts";
import { keyWords } from "#protocol/identity.ts";
import { classesIn } from "../../home/egress/classMarks.ts";
import { globsOf } from "../../home/egress/neverLeaves.ts";
import type { HeldNode } from "../../home/node/state.ts";
import type { HomeApi } from "../clientServer/homeApi.ts";
import { inspectPaths } from "../collect/inspectPaths.ts";
import type { HomeServices } from "./services.ts";

type InspectApi = Pick<HomeApi, "inspectPaths">;

export function inspectApi({ home, workspaceFolder, detector }: HomeServices): InspectApi {
  return {
    inspectPaths: async ({ paths, on }, { signal }) => {
      const destination = destinationOf([...home.state.nodes.byId.values()], on);
      if (destination !== undefined && "code" in destination) return destination;
      const neverLeaves = globsOf(home.state.egress);
      const classOf = classesIn(home.state.egress);
      const files = await inspectPaths({ workspaceFolder, paths, neverLeaves, classOf, detector }, signal);
      return { files, ...(destination === undefined ? {} : { destination }) };
    },
  };
}

function destinationOf(nodes: readonly HeldNode[], on: string | undefined): Destination | Refusal | undefined {
  const workers = nodes.filter(
    ({ local, status }) => !local && (status.kind === "ready" || status.kind === "unreachable"),
  );
  const node =
    on === undefined
      ? workers.find(({ status }) => status.kind === "ready")
      : workers.find(({ nodeId, name }) => nodeId === on || name === on);
  if (node !== undefined) {
    return { nodeId: node.nodeId, name: node.name, keyWords: keyWords(node.publicKey), carrier: "direct" };
  }
  if (on === undefined) return undefined;
  return refuse(
    "node-unknown",
    `No worker is called ${on}.`,
    "See `arw-home nodes`; nothing leaves for this machine itself.",
  );
}
