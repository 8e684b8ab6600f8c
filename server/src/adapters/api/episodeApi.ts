// Starting, showing and cancelling episodes for clients. Starting places the job, collects and classifies its bytes for
// that place, and gives the core their description; the core places it again and has the last word.
import type { NewOffload } from "./offloadPreview.ts";
import { previewOffload } from "./offloadPreview.ts";
import { digestOfJson } from "#protocol/digest.ts";
import { type Refusal, refuse } from "#protocol/errors.ts";
import { attemptId, episodeId, jobId, type NodeId } from "#protocol/ids.ts";
import type { Evidence } from "#protocol/staging.ts";
import type { ParamsOf, ResultOf } from "#protocol/wire/client.ts";
import { classesIn } from "../../home/egress/classMarks.ts";
import { globsOf } from "../../home/egress/neverLeaves.ts";
import { pauseProblem } from "../../home/egress/pause.ts";
import { episodeView } from "../../home/episode/view.ts";
import { type Placement, place } from "../../home/scheduler/place.ts";
import { isContained, STAGING_NEEDED } from "../../home/staging/action.ts";
import { riskOf } from "../../home/staging/risk.ts";
import type { ClientSession, HomeApi } from "../clientServer/homeApi.ts";
import { mint } from "../mint.ts";
import { putBeforeOwner } from "../staging/putBefore.ts";
import { commandTitle } from "../staging/titles.ts";
import { redactedStart } from "#platform/redaction/redactedStart.ts";
import type { Redactor } from "#platform/redaction/redactor.ts";
import { collectJob, inputClassOf } from "./jobInputs.ts";
import { type HomeServices, requesterOf } from "./services.ts";

type EpisodeApi = Pick<HomeApi, "startEpisode" | "cancelEpisode" | "showEpisode" | "listEpisodes">;

export function episodeApi(services: HomeServices): EpisodeApi {
  const { home, now, crossings, view } = services;
  return {
    startEpisode: (params, session) => startEpisode(services, params, session),
    cancelEpisode: async (params, session) => {
      const by = requesterOf(session);
      const transfers = crossings.transfers();
      const order = { kind: "cancel-episode", at: now(), by, episodeId: params.episodeId, transfers } as const;
      const executed = await home.execute(order);
      return executed.kind === "refusal" ? executed : {};
    },
    showEpisode: async ({ episodeId: id }) =>
      episodeView(home.state, id) ?? (await view.current()).episode(id) ?? EPISODE_UNKNOWN,
    listEpisodes: async (params) => {
      const { rows, ...end } = (await view.current()).episodes(params);
      return { episodes: rows.map((held) => episodeView(home.state, held.episodeId) ?? held), ...end };
    },
  };
}

async function startEpisode(
  services: HomeServices,
  { request, on, title }: ParamsOf<"startEpisode">,
  session: ClientSession,
): Promise<ResultOf<"startEpisode"> | Refusal> {
  const { home, now } = services;
  // Before anything is judged or collected: jobs that cannot end any more would otherwise be named as the obstacle.
  if (home.refusal !== undefined) return home.refusal;
  const { identity, nodes } = home.state;
  const requirement =
    request.kind === "command"
      ? ({ kind: "command" } as const)
      : { kind: "ask" as const, ...(request.model === undefined ? {} : { model: request.model }) };
  const placed = place(nodes, identity.nodeId, requirement, on);
  if (placed.kind === "refusal") return placed;
  // Before anything is collected: nobody waits for what may not leave. The core says so again.
  const paused = placed.local ? undefined : pauseProblem(home.state.egress);
  if (paused !== undefined) return paused;
  const collected = await collectJob(
    { ...services, neverLeaves: globsOf(home.state.egress), classOf: classesIn(home.state.egress) },
    request,
    placed,
    session.signal,
  );
  if (collected.kind === "refusal") return collected;
  const begun = {
    episodeId: mint(episodeId),
    jobId: mint(jobId),
    title: titleOf(request, title, services.redaction.current),
    job: collected.previewed.job,
    target: placed.target,
    ...inputClassOf(collected.items),
    ...(on === undefined ? {} : { on: placed.target }),
  };
  if (!placed.local) return offload(services, { begun, placed, collected, session });
  // What runs here may be asked about or denied as well.
  await services.freshPolicy();
  const order = { kind: "start-episode", at: now(), by: requesterOf(session), attemptId: mint(attemptId) } as const;
  const executed = await home.execute({ ...order, ...begun }, collected.durable);
  if (executed.kind === "refusal") return stagedInstead(services, { ...begun, request }, session, executed);
  return { ...started(begun, placed), sequence: executed.sequence };
}

/** A start that the owner must see first waits for the owner. */
async function stagedInstead(
  services: HomeServices,
  { job, request, target }: NewOffload["begun"] & Pick<ParamsOf<"startEpisode">, "request">,
  session: ClientSession,
  refusal: Refusal,
): Promise<Refusal> {
  if (refusal.code !== STAGING_NEEDED || job.kind !== "command") return refusal;
  const contained = isContained(services.home.state, target);
  const action = { kind: "run-command", job, target, contained } as const;
  const leftOut = request.kind === "command" && request.leaveOut !== undefined ? { leaveOut: request.leaveOut } : {};
  const of = { argv: job.argv, folder: job.folder, ...leftOut } as const;
  const evidence: Evidence = { kind: "command", job: digestOfJson(job), ...of };
  const why = riskOf(action).reason;
  return putBeforeOwner(services, session, {
    action,
    title: `Run ${commandTitle(job.argv, services.redaction.current)}`,
    evidence: [evidence],
    why,
  });
}

async function offload(services: HomeServices, offloaded: NewOffload): Promise<ResultOf<"startEpisode"> | Refusal> {
  const previewed = await previewOffload(services, offloaded);
  if (previewed.kind === "refusal") return previewed;
  const { begun, placed } = offloaded;
  const { leaseId, previewId, sequence } = previewed;
  return { ...started(begun, placed), ...(leaseId === undefined ? { previewId } : { leaseId }), sequence };
}

function started(
  begun: NewOffload["begun"],
  placed: Placement,
): Omit<ResultOf<"startEpisode">, "sequence" | "previewId" | "leaseId"> {
  const target: { nodeId: NodeId; name: string; local: boolean } = {
    nodeId: placed.target,
    name: placed.name,
    local: placed.local,
  };
  return { episodeId: begun.episodeId, jobId: begun.jobId, target, why: placed.why };
}

/** At most this many characters of a command or prompt make its title. */
const TITLE_CHARACTERS_MAX = 80;
/** Looked at for a title; the rest of a long prompt is not. */
const TITLE_SOURCE_CHARACTERS_MAX = 1_024;

/** One printable line: a title is shown on every surface, so nothing in it may end a line, move a cursor or turn text around. */
function titleOf(request: ParamsOf<"startEpisode">["request"], asked: string | undefined, redactor: Redactor): string {
  const text = asked ?? (request.kind === "command" ? request.argv.join(" ") : request.prompt);
  // It goes to the journal and to every surface, and with a preview to another machine.
  const line = redactedStart(text, TITLE_SOURCE_CHARACTERS_MAX, redactor)
    .replace(/[\s\p{C}]+/gu, " ")
    .trim();
  const cut = line.length > TITLE_CHARACTERS_MAX ? `${line.slice(0, TITLE_CHARACTERS_MAX - 1)}…` : line;
  // A cut may fall inside a surrogate pair, which canonical JSON refuses.
  return cut.toWellFormed() || request.kind;
}

const EPISODE_UNKNOWN = refuse(
  "episode-unknown",
  "There is no such episode.",
  "See `arw-home episodes`, or its timeline: arw-home timeline <episode>.",
);
