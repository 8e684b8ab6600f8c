// The last offloads as requests to policy, the oldest first: those that were asked about or sent come from the state, those
// that policy denied at once are remembered here until the Home ends. Their paths are read again when somebody asks.
import type { EpisodeId } from "#protocol/ids.ts";
import type { EpochMs } from "#protocol/quantities.ts";
import { type OffloadFacts, offloadRequest } from "../../home/policy/offload.ts";
import type { PolicyRequest } from "../../home/policy/request.ts";
import { WHAT_IF_REQUESTS_MAX } from "../../home/policy/whatIf.ts";
import type { HomeState } from "../../home/state.ts";
import { pathsOfJob } from "../api/jobInputs.ts";
import type { HomeServices } from "../api/services.ts";

export interface PastOffload {
  readonly episodeId: EpisodeId;
  readonly title: string;
  readonly destination: string;
  readonly at: EpochMs;
  readonly request: PolicyRequest;
  /** Whether the ledger has a record of it. */
  readonly recorded: boolean;
}

/** All but its paths, which may be tens of thousands. */
export interface DeniedOffload {
  readonly episodeId: EpisodeId;
  readonly title: string;
  readonly destination: string;
  readonly facts: Omit<OffloadFacts, "paths">;
}

/** What policy denied at once, the newest last. */
export class DeniedOffloads {
  readonly #denied: DeniedOffload[] = [];

  get all(): readonly DeniedOffload[] {
    return this.#denied;
  }

  note(denied: DeniedOffload): void {
    this.#denied.push(denied);
    if (this.#denied.length > WHAT_IF_REQUESTS_MAX) this.#denied.shift();
  }
}

export async function pastOffloads(
  { home, blobs }: Pick<HomeServices, "home" | "blobs">,
  denied: DeniedOffloads,
): Promise<readonly PastOffload[]> {
  const { state } = home;
  const last = [...shownOffloads(state), ...denied.all.map((each) => ({ ...each, recorded: false }))]
    .sort((one, other) => one.facts.at - other.facts.at)
    .slice(-WHAT_IF_REQUESTS_MAX);
  const past: PastOffload[] = [];
  for (const { episodeId, title, destination, facts, recorded } of last) {
    const paths = await pathsIfKept(facts.job, blobs);
    if (paths === undefined) continue;
    const request = offloadRequest(state, { ...facts, paths });
    past.push({ episodeId, title, destination, at: facts.at, request, recorded });
  }
  return past;
}

/** A preview whose episode or job the state has forgotten is too old to be looked at; a revised one counts once. */
function shownOffloads({ egress, episodes, jobs }: HomeState): readonly (DeniedOffload & { recorded: boolean })[] {
  return [...egress.previews.values()].flatMap((held) => {
    const episode = episodes.byId.get(held.corrId);
    const job = jobs.byId.get(held.jobId)?.job;
    if (episode === undefined || job === undefined || held.replacedBy !== undefined) return [];
    const { destination, highestClassification, payloadBytes: bytes, cost } = held;
    const { startedAt: at, requestedBy: client, title, episodeId } = episode;
    const facts = { at, client, job, nodeId: destination.nodeId, highestClassification, bytes, cost };
    // Only an answer makes a record: what waits, or was withdrawn, neither left nor was denied.
    const recorded = held.state === "approved" || held.state === "denied";
    return [{ episodeId, title, destination: destination.name, facts, recorded }];
  });
}

/** Undefined where retention has dropped the list of files. */
async function pathsIfKept(
  job: OffloadFacts["job"],
  blobs: HomeServices["blobs"],
): Promise<readonly string[] | undefined> {
  if (job.kind === "command" && (await blobs.size(job.tree)) === undefined) return undefined;
  return pathsOfJob(job, blobs);
}
