// Marks on what never leaves, for clients: list, mark, take away. A mark is given with the paths of everything that waits or
// is still being fetched, so that the core withdraws in the same moment what holds a marked one.
import type { CollectedPaths } from "#protocol/commands.ts";
import type { Refusal } from "#protocol/errors.ts";
import type { PreviewId } from "#protocol/ids.ts";
import type { Executed } from "../../home/home.ts";
import type { ClientSession, HomeApi } from "../clientServer/homeApi.ts";
import { putBeforeOwner } from "../staging/putBefore.ts";
import { unmarkTitle } from "../staging/titles.ts";
import { pathsOfJob } from "./jobInputs.ts";
import { type HomeServices, requesterOf } from "./services.ts";

type NeverLeavesApi = Pick<HomeApi, "listNeverLeaves" | "markNeverLeaves" | "unmarkNeverLeaves">;

/** What waits is read again this often, where it changes while it is being read. */
export const MARK_TRIES_MAX = 5;

export function neverLeavesApi(services: HomeServices): NeverLeavesApi {
  const { home, now } = services;
  return {
    listNeverLeaves: async () => ({ marks: home.state.egress.neverLeaves ?? [] }),
    markNeverLeaves: async ({ globs }, session) => {
      const marked = await mark(services, globs, session);
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

async function mark(
  services: HomeServices,
  globs: readonly string[],
  session: ClientSession,
): Promise<Executed | Refusal> {
  const { home, now, crossings } = services;
  for (let tries = 1; ; tries++) {
    const collected = await collectedPaths(services);
    const by = requesterOf(session);
    const transfers = crossings.transfers();
    const marked = await home.execute({ kind: "mark-never-leaves", at: now(), by, globs, collected, transfers });
    if (marked.kind === "executed" || marked.code !== "collected-stale" || tries >= MARK_TRIES_MAX) return marked;
  }
}

async function collectedPaths({ home, blobs }: HomeServices): Promise<readonly CollectedPaths[]> {
  const collected: CollectedPaths[] = [];
  for (const { jobId, jobKey, job, progress } of home.state.jobs.byId.values()) {
    if (progress.kind !== "waiting-for-approval" && (progress.kind !== "live" || progress.attempt.local)) continue;
    collected.push({ jobId, jobKey, paths: await pathsOfJob(job, blobs) });
  }
  return collected;
}

/** The previews that waited, of the jobs that ended with the mark. */
function withdrawnBy({ home }: HomeServices, { events }: Executed): readonly PreviewId[] {
  return events.flatMap((event) => {
    if (event.kind !== "JobFailed" || event.attemptId !== undefined) return [];
    const previewId = home.state.jobs.byId.get(event.jobId)?.previewId;
    return previewId === undefined ? [] : [previewId];
  });
}
