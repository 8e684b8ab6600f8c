// Marks of class, for clients: list, explain, mark, take away. A mark is given with the paths of everything that waits or is
// still being fetched, and so it is taken away, so that the core ends in the same moment what would leave as less than it is.
import type { Refusal } from "#protocol/errors.ts";
import type { Classification } from "#protocol/egress.ts";
import type { PreviewId } from "#protocol/ids.ts";
import { classesIn } from "../../home/egress/classMarks.ts";
import type { ClientSession, HomeApi } from "../clientServer/homeApi.ts";
import { explainClasses } from "../collect/explainClass.ts";
import { executeLooked, withdrawnBy } from "./collectedPaths.ts";
import { type HomeServices, requesterOf } from "./services.ts";

type ClassesApi = Pick<HomeApi, "listClasses" | "explainClasses" | "restrictClass" | "declareClass" | "clearClass">;

export function classesApi(services: HomeServices): ClassesApi {
  const { home, now, workspaceFolder, detector } = services;
  return {
    listClasses: async () => {
      const { classMarks: marks = [], derived = [] } = home.state.egress;
      return { marks, derived };
    },
    explainClasses: async ({ paths }, { signal }) => {
      const classOf = classesIn(home.state.egress);
      return { files: await explainClasses({ workspaceFolder, paths, classOf, detector }, signal) };
    },
    restrictClass: ({ classification, paths }, session) => mark(services, session, paths, classification),
    declareClass: ({ classification, paths }, session) => mark(services, session, paths, classification),
    clearClass: async ({ paths }, session) => {
      const by = requesterOf(session);
      const executed = await executeLooked(services, (collected, transfers) => {
        return { kind: "clear-class", at: now(), by, paths, collected, transfers };
      });
      return executed.kind === "refusal" ? executed : {};
    },
  };
}

async function mark(
  services: HomeServices,
  session: ClientSession,
  paths: readonly string[],
  classification: Classification,
): Promise<{ readonly withdrawn: readonly PreviewId[] } | Refusal> {
  const { now } = services;
  const by = requesterOf(session);
  const marked = await executeLooked(services, (collected, transfers) => {
    return { kind: "mark-class", at: now(), by, paths, classification, collected, transfers };
  });
  return marked.kind === "refusal" ? marked : { withdrawn: withdrawnBy(services, marked) };
}
