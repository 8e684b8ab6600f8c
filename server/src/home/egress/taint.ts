// Whether private data and content from elsewhere have met in an episode. From then on no lease and no rule lets anything of it
// leave unasked: what others wrote may steer what is sent. Worked out from the state each time, so that nothing can forget it.
import { pathClasses } from "#protocol/classes.ts";
import { type Classification, type EpisodeTaint, TAINT_SOURCES_MAX } from "#protocol/egress.ts";
import type { EpisodeId } from "#protocol/ids.ts";
import { attemptOf } from "../job/state.ts";
import { nodeName } from "../node/state.ts";
import type { HomeState } from "../state.ts";

export interface TaintFacts {
  readonly corrId?: EpisodeId;
  readonly paths: readonly string[];
  readonly highestClassification: Classification;
}

/** Undefined where they have not met. What nobody called public is private. */
export function taintOf(state: HomeState, facts: TaintFacts): EpisodeTaint | undefined {
  if (facts.highestClassification === "public") return undefined;
  const untrusted = [...sentBack(state, facts.corrId), ...writtenHere(state, facts)];
  if (untrusted.length === 0) return undefined;
  return { private: facts.highestClassification, untrusted: capped(untrusted) };
}

/** What of these paths was not made here; for what is made from them. */
export function untrustedOf(state: HomeState, facts: Pick<TaintFacts, "paths">): string | undefined {
  const [first, ...more] = writtenHere(state, facts);
  if (first === undefined) return undefined;
  return more.length === 0 ? first : `${first}; and ${more.length} more`;
}

/** An output that came over a link was written by another machine. */
function sentBack({ episodes, jobs, nodes }: HomeState, id: EpisodeId | undefined): readonly string[] {
  const jobId = id === undefined ? undefined : episodes.byId.get(id)?.jobId;
  const job = jobId === undefined ? undefined : jobs.byId.get(jobId);
  const attempt = job === undefined ? undefined : attemptOf(job);
  if (attempt === undefined || attempt.local) return [];
  const back = attempt.produced.size > 0 || job?.progress.kind === "finished";
  return back ? [`what ${nodeName(nodes, attempt.target)} sent back`] : [];
}

function writtenHere({ egress }: HomeState, { paths }: Pick<TaintFacts, "paths">): readonly string[] {
  const { derived } = egress;
  if (derived === undefined) return [];
  const classOf = pathClasses([], derived);
  return paths.flatMap((path) => {
    const from = classOf(path).derived?.untrusted;
    return from === undefined ? [] : [`${path} (${from})`];
  });
}

function capped(sources: readonly string[]): readonly string[] {
  if (sources.length <= TAINT_SOURCES_MAX) return sources;
  const named = sources.slice(0, TAINT_SOURCES_MAX - 1);
  return [...named, `${sources.length - named.length} more`];
}
