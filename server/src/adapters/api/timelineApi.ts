// Timeline and output for clients: pages of the durable journal, projected, and of output without its secrets. It never shows
// a frame that is not durable, and never more than a page at a time.
import type { JournalEvent } from "#protocol/events.ts";
import type { EpisodeId } from "#protocol/ids.ts";
import { sequence } from "#protocol/quantities.ts";
import type { TimelineEntry } from "#protocol/timeline.ts";
import { OUTPUT_PAGE_BYTES_MAX, TIMELINE_PAGE_ENTRIES_MAX } from "#protocol/wire/clientViews.ts";
import type { JournalFrame } from "../../home/journalPort.ts";
import { outputProblem } from "../../home/episode/review.ts";
import { liveAttempt } from "../../home/job/state.ts";
import { nodeName } from "../../home/node/state.ts";
import type { HomeState } from "../../home/state.ts";
import { projectEvent, type TimelineNames } from "../../home/timeline/project.ts";
import type { HomeApi } from "../clientServer/homeApi.ts";
import { ShownOutputs } from "../shownOutput/shownOutputs.ts";
import type { HomeServices } from "./services.ts";

/** Frames looked through for one page: a filter that matches nothing must not hold the Home up. */
export const PAGE_FRAMES_MAX = 4_000;

type TimelineApi = Pick<HomeApi, "readTimeline" | "readOutput">;

export function timelineApi({ home, journal, outputs, redaction, view }: HomeServices): TimelineApi {
  const shown = new ShownOutputs({
    outputs,
    redactor: () => redaction.current,
    hasEnded: (attemptId) => liveAttempt(home.state.jobs, attemptId) === undefined,
  });
  return {
    readTimeline: async ({ fromSequence, episodeId }) => {
      const names = timelineNames(home.state);
      const entries: TimelineEntry[] = [];
      let next = sequence(Math.max(1, fromSequence));
      // Far behind, the view knows where the episode's next frame is; near the end the view costs more than it saves.
      if (episodeId !== undefined && journal.durableSequence - next > PAGE_FRAMES_MAX) {
        const [first] = (await view.current()).framesOf(episodeId, next, 1);
        next = first ?? sequence(journal.durableSequence + 1);
      }
      for await (const frame of journal.read(next, PAGE_FRAMES_MAX)) {
        const shown = projectFrame(frame, names, episodeId);
        if (entries.length + shown.length > TIMELINE_PAGE_ENTRIES_MAX && entries.length > 0) break;
        entries.push(...shown.slice(0, TIMELINE_PAGE_ENTRIES_MAX));
        next = sequence(frame.sequence + 1);
      }
      return { entries, nextSequence: next, more: next <= journal.durableSequence };
    },
    readOutput: async ({ attemptId, exact, fromByte, review, stream }, session) => {
      const waits = outputProblem(home.state.episodes, attemptId, session.owner && review === true);
      if (waits !== undefined) return waits;
      if (exact === true) {
        const bytes = await outputs.read(attemptId, stream, fromByte, OUTPUT_PAGE_BYTES_MAX);
        return { base64: Buffer.from(bytes).toString("base64") };
      }
      const { bytes, held, removed } = await shown.read(attemptId, stream, fromByte);
      return {
        base64: Buffer.from(bytes).toString("base64"),
        ...(removed.length === 0 ? {} : { removed }),
        ...(held ? { held } : {}),
      };
    },
  };
}

function projectFrame(
  frame: JournalFrame<JournalEvent>,
  names: TimelineNames,
  episode: EpisodeId | undefined,
): readonly TimelineEntry[] {
  return frame.events.flatMap((event, index) => {
    const wanted = episode === undefined || ("corrId" in event && event.corrId === episode);
    return wanted ? [projectEvent(event, frame.sequence, index, names)] : [];
  });
}

function timelineNames(state: HomeState): TimelineNames {
  return {
    nodeName: (id) => nodeName(state.nodes, id),
    targetOf: (id) => state.jobs.byId.get(id)?.target,
  };
}
