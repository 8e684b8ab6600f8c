// The paths of everything that waits or is still being fetched, for commands that make a rule stricter: the core judges by them
// what may no longer leave. What changes while it is read is read again.
import type { CollectedPaths, Command, Transfer } from "#protocol/commands.ts";
import type { Refusal } from "#protocol/errors.ts";
import type { PreviewId } from "#protocol/ids.ts";
import type { Executed } from "../../home/home.ts";
import { pathsOfJob } from "./jobInputs.ts";
import type { HomeServices } from "./services.ts";

/** What waits is read again this often, where it changes while it is being read. */
export const COLLECTED_TRIES_MAX = 5;

type Services = Pick<HomeServices, "home" | "blobs" | "crossings">;

/** Gives the command that is made of what may leave now. */
export async function executeLooked(
  services: Services,
  commandOf: (collected: readonly CollectedPaths[], transfers: readonly Transfer[]) => Command,
): Promise<Executed | Refusal> {
  for (let tries = 1; ; tries++) {
    const collected = await collectedPaths(services);
    const executed = await services.home.execute(commandOf(collected, services.crossings.transfers()));
    const stale = executed.kind === "refusal" && executed.code === "collected-stale";
    if (!stale || tries >= COLLECTED_TRIES_MAX) return executed;
  }
}

/** The previews that waited, of the jobs that ended with the command. */
export function withdrawnBy({ home }: Pick<Services, "home">, { events }: Executed): readonly PreviewId[] {
  return events.flatMap((event) => {
    if (event.kind !== "JobFailed" || event.attemptId !== undefined) return [];
    const previewId = home.state.jobs.byId.get(event.jobId)?.previewId;
    return previewId === undefined ? [] : [previewId];
  });
}

async function collectedPaths({ home, blobs }: Services): Promise<readonly CollectedPaths[]> {
  const collected: CollectedPaths[] = [];
  for (const { jobId, jobKey, job, progress } of home.state.jobs.byId.values()) {
    if (progress.kind !== "waiting-for-approval" && (progress.kind !== "live" || progress.attempt.local)) continue;
    collected.push({ jobId, jobKey, paths: await pathsOfJob(job, blobs) });
  }
  return collected;
}
