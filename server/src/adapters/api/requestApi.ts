// What an episode was asked to do, for its details and to run it again: from the journal and the blobs, as it was sent.
// Where something cannot be shown whole it says so, and such a request is not to be started as it is.
import type { EgressPreview } from "#protocol/egress.ts";
import { decodeJson } from "#protocol/decode.ts";
import { ArwError, refuse } from "#protocol/errors.ts";
import type { EpisodeId } from "#protocol/ids.ts";
import { type AskJob, type ChatMessage, chatMessagesSchema, type CommandJob, type JobSpec } from "#protocol/job.ts";
import { byteCount } from "#protocol/quantities.ts";
import {
  type EpisodeRequest,
  type EpisodeView,
  LEAVE_OUT_CHARACTERS_MAX,
  LEAVE_OUT_MAX,
} from "#protocol/wire/clientViews.ts";
import { REQUEST_CHARACTERS_MAX, type RequestView } from "#protocol/wire/requestView.ts";
import type { BlobStore } from "#platform/blobs/blobStore.ts";
import { episodeView } from "../../home/episode/view.ts";
import type { HomeApi } from "../clientServer/homeApi.ts";
import { LEFT_OUT_BY_YOU } from "../collect/treeCandidates.ts";
import { PreviewDocuments } from "./previewDocuments.ts";
import type { HomeServices } from "./services.ts";

type RequestApi = Pick<HomeApi, "showRequest">;

interface Shown {
  readonly request: EpisodeRequest;
  readonly truncated: boolean;
}

export function requestApi(services: HomeServices): RequestApi {
  const { home, view, blobs } = services;
  const previews = new PreviewDocuments(blobs);
  return {
    showRequest: async ({ episodeId }) => {
      const episode = episodeView(home.state, episodeId) ?? (await view.current()).episode(episodeId);
      const job = jobOf(services, episodeId) ?? episode?.snapshot?.job;
      if (episode === undefined || job === undefined) return EPISODE_UNKNOWN;
      const preview = await previewOf(services, episode);
      const shown = job.kind === "ask" ? await askOf(job, preview, blobs) : commandOf(job, preview);
      const { title, target } = episode;
      const answer: RequestView = { ...shown, title, target, limits: job.limits };
      return answer;
    },
  };

  async function previewOf({ home: of }: HomeServices, episode: EpisodeView): Promise<EgressPreview | undefined> {
    if (episode.previewId === undefined) return undefined;
    const held = of.state.egress.previews.get(episode.previewId) ?? (await view.current()).preview(episode.previewId);
    return held === undefined ? undefined : previews.read(held.preview);
  }
}

function jobOf({ home }: HomeServices, episodeId: EpisodeId): JobSpec | undefined {
  const jobId = home.state.episodes.byId.get(episodeId)?.jobId;
  return jobId === undefined ? undefined : home.state.jobs.byId.get(jobId)?.job;
}

function commandOf(job: CommandJob, preview: EgressPreview | undefined): Shown {
  const { argv, folder, outputs, dependencies, limits } = job;
  const { wallMs, memoryBytes } = limits;
  const taken = (preview?.leftOut ?? []).filter(({ reason }) => reason === LEFT_OUT_BY_YOU);
  const leaveOut = taken.map(({ path }) => exactly(path));
  // What was kept out of the send must stay out when it is run again: a list that is not whole must not pass for one.
  const fits = leaveOut.length <= LEAVE_OUT_MAX && leaveOut.every((glob) => glob.length <= LEAVE_OUT_CHARACTERS_MAX);
  const request = { kind: "command", argv, folder, outputs, dependencies, wallMs, memoryBytes } as const;
  return {
    request: fits && leaveOut.length > 0 ? { ...request, leaveOut } : request,
    // Lines that were taken out cannot be named in a request: it would send them again.
    truncated: !fits || isShortened(preview),
  };
}

/** A glob that matches this path and nothing else. */
function exactly(path: string): string {
  return `./${path.replaceAll(/[\\*?[\]{}()!+@|]/g, "\\$&")}`;
}

async function askOf(job: AskJob, preview: EgressPreview | undefined, blobs: BlobStore): Promise<Shown> {
  const size = (await blobs.size(job.prompt)) ?? byteCount(0);
  const text = Buffer.from(await blobs.read(job.prompt, byteCount(0), size)).toString("utf8");
  const decoded = decodeJson(chatMessagesSchema, text);
  if (!decoded.ok) {
    throw new ArwError("prompt-malformed", `The stored prompt ${decoded.path} ${decoded.problem}.`, "Ask again.");
  }
  const prompt = cut(contentOf(decoded.value, "user") ?? "");
  const system = cut(contentOf(decoded.value, "system") ?? "");
  const { model, outputTokensMax, temperatureMilli, seed } = job;
  return {
    request: {
      kind: "ask",
      prompt: prompt.text,
      ...(system.text === "" ? {} : { system: system.text }),
      model,
      outputTokensMax,
      temperatureMilli,
      seed,
    },
    // What was redacted or shortened is not what was asked.
    truncated: prompt.truncated || system.truncated || preview?.removed !== undefined || isShortened(preview),
  };
}

function isShortened(preview: EgressPreview | undefined): boolean {
  return preview?.items.some(({ cut: lines }) => lines !== undefined) ?? false;
}

function contentOf(messages: readonly ChatMessage[], role: ChatMessage["role"]): string | undefined {
  return messages.findLast((message) => message.role === role)?.content;
}

function cut(text: string): { readonly text: string; readonly truncated: boolean } {
  if (text.length <= REQUEST_CHARACTERS_MAX) return { text, truncated: false };
  return { text: text.slice(0, REQUEST_CHARACTERS_MAX).toWellFormed(), truncated: true };
}

const EPISODE_UNKNOWN = refuse("episode-unknown", "There is no such episode.", "See `arw-home episodes`.");
