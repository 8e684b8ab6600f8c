// Marks on what never leaves, for clients: list, mark, take away. A mark is given with the paths of everything that waits or
// is still being fetched, so that the core withdraws in the same moment what holds a marked one.
import type { HomeApi } from "../clientServer/homeApi.ts";
import { putBeforeOwner } from "../staging/putBefore.ts";
import { unmarkTitle } from "../staging/titles.ts";
import { executeLooked, withdrawnBy } from "./collectedPaths.ts";
import { type HomeServices, requesterOf } from "./services.ts";

type NeverLeavesApi = Pick<HomeApi, "listNeverLeaves" | "markNeverLeaves" | "unmarkNeverLeaves">;

export function neverLeavesApi(services: HomeServices): NeverLeavesApi {
  const { home, now } = services;
  return {
    listNeverLeaves: async () => ({ marks: home.state.egress.neverLeaves ?? [] }),
    markNeverLeaves: async ({ globs }, session) => {
      const by = requesterOf(session);
      const marked = await executeLooked(services, (collected, transfers) => {
        return { kind: "mark-never-leaves", at: now(), by, globs, collected, transfers };
      });
      return marked.kind === "refusal" ? marked : { withdrawn: withdrawnBy(services, marked) };
    },
    unmarkNeverLeaves: async ({ globs }, session) => {
      if (!session.owner) {
        const action = { kind: "change-setting", change: { name: "unmark-never-leaves", globs } } as const;
        const asked = { action, title: unmarkTitle(globs), evidence: [], why: "Only the owner takes marks away." };
        return putBeforeOwner(services, session, asked);
      }
      const by = requesterOf(session);
      const executed = await home.execute({ kind: "unmark-never-leaves", at: now(), by, globs });
      return executed.kind === "refusal" ? executed : {};
    },
  };
}
