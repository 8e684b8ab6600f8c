// What the extension and the Timeline page say to each other. The page shows and asks; it can start, approve and change
// nothing: each of its wishes opens one of the editor's own surfaces.
import * as z from "zod";
import { type EpisodeId, episodeId, type PreviewId, previewId } from "../ids.ts";
import { type EpochMs, epochMsSchema } from "../quantities.ts";
import { type JobOutcome, jobOutcomeSchema } from "../result.ts";
import { type SchemaOfKind, schemaByKind } from "../schemaByKind.ts";
import { type TimelineEntry, timelineEntrySchema } from "../timeline.ts";
import { type Usage, usageSchema } from "../usage.ts";
import {
  type EntryPlace,
  entryPlaceSchema,
  type FeedLive,
  feedLiveSchema,
  FEED_ENTRIES_MAX,
  type FeedSnapshot,
  feedSnapshotSchema,
  type FeedTaken,
  feedTakenSchema,
  type HomeNotice,
  homeNoticeSchema,
  type OutputPiece,
  outputPieceSchema,
  type ReadOutput,
  readOutputSchema,
} from "./feed.ts";
import { type PageReady, pageReadySchema } from "./page.ts";

/** Episodes in one message at most: what the Home lists as open and recent. */
export const SHOWN_EPISODES_MAX = 500;
/** Characters of a request in one message at most; a longer one is cut, and that is said. */
export const REQUEST_CHARACTERS_MAX: number = 64 * 1024;
/** Characters that the page may ask to have copied. */
export const COPY_CHARACTERS_MAX: number = 8 * 1024;

/** Whose entries: everything of the workspace, or one episode. */
export type TimelineScope =
  | { readonly kind: "workspace" }
  | { readonly kind: "episode"; readonly episodeId: EpisodeId; readonly title: string };

export type Density = "compact" | "full";

/** What the Home knows of an episode beyond its entries. */
export interface ShownEpisode {
  readonly episodeId: EpisodeId;
  readonly title: string;
  readonly state: "waiting-for-approval" | "running" | "finished";
  readonly startedAt: EpochMs;
  readonly finishedAt?: EpochMs;
  readonly outcome?: JobOutcome;
  readonly usage?: Usage;
}

/** How the page is to look before it has a will of its own. */
export interface TimelineOpened {
  readonly kind: "opened";
  readonly scope: TimelineScope;
  readonly density: Density;
}
/** Comes before what the page holds, oldest first. `older`: there is still more. */
export interface OlderEntries {
  readonly kind: "older";
  readonly entries: readonly TimelineEntry[];
  readonly older: boolean;
  readonly problem?: string;
}
export interface ShownEpisodes {
  readonly kind: "episodes";
  readonly episodes: readonly ShownEpisode[];
}
/** What an episode was asked to do, as lines of plain text. */
export interface ShownRequest {
  readonly kind: "request";
  readonly episodeId: EpisodeId;
  readonly text: string;
  readonly cut: boolean;
  readonly problem?: string;
}
/** A command of the editor that the page carries out. */
export interface TimelineJump {
  readonly kind: "jump";
  readonly to: "error" | "approval" | "egress" | "latest";
}
/** Shows one entry with its details. */
export interface RevealEntry {
  readonly kind: "reveal";
  readonly place: EntryPlace;
}

export type TimelineToPage =
  | TimelineOpened
  | FeedSnapshot
  | FeedLive
  | OlderEntries
  | HomeNotice
  | ShownEpisodes
  | ShownRequest
  | OutputPiece
  | TimelineJump
  | RevealEntry;

export type TimelineFromPage =
  | PageReady
  | FeedTaken
  | ReadOutput
  | { readonly kind: "read-older" }
  | { readonly kind: "read-request"; readonly episodeId: EpisodeId }
  | { readonly kind: "open-review"; readonly previewId: PreviewId }
  | { readonly kind: "open-proposal"; readonly episodeId: EpisodeId }
  | { readonly kind: "open-output"; readonly episodeId: EpisodeId }
  | { readonly kind: "open-timeline"; readonly episodeId: EpisodeId }
  | { readonly kind: "start-episode" }
  | { readonly kind: "copy"; readonly text: string };

/** What the page keeps while it is hidden, and the window over a reload. */
export interface TimelineKept {
  readonly scope: TimelineScope;
  readonly density: Density;
  readonly levels: readonly TimelineEntry["level"][];
  readonly node?: string;
  readonly episodeId?: EpisodeId;
  readonly eventKind?: string;
  readonly crossedOnly: boolean;
  readonly search: string;
  readonly filtersOpen: boolean;
  readonly waterfall: "hidden" | "drawn" | "table";
  readonly follow: boolean;
  readonly active?: EntryPlace;
  readonly detailsOpen: boolean;
}

const scope: z.ZodType<TimelineScope> = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("workspace") }),
  z.strictObject({ kind: z.literal("episode"), episodeId: episodeId.schema, title: z.string().max(1_024) }),
]);
const density = z.enum(["compact", "full"]);
const problem = z.string().max(4_096).exactOptional();

const shownEpisode: z.ZodType<ShownEpisode> = z.strictObject({
  episodeId: episodeId.schema,
  title: z.string(),
  state: z.enum(["waiting-for-approval", "running", "finished"]),
  startedAt: epochMsSchema,
  finishedAt: epochMsSchema.exactOptional(),
  outcome: jobOutcomeSchema.exactOptional(),
  usage: usageSchema.exactOptional(),
});

export const shownEpisodesSchema: z.ZodType<ShownEpisodes> = z.strictObject({
  kind: z.literal("episodes"),
  episodes: z.array(shownEpisode).max(SHOWN_EPISODES_MAX),
});

const toPageSchemas: SchemaOfKind<TimelineToPage> = {
  opened: z.strictObject({ kind: z.literal("opened"), scope, density }),
  snapshot: feedSnapshotSchema,
  live: feedLiveSchema,
  older: z.strictObject({
    kind: z.literal("older"),
    entries: z.array(timelineEntrySchema).max(FEED_ENTRIES_MAX),
    older: z.boolean(),
    problem,
  }),
  home: homeNoticeSchema,
  episodes: shownEpisodesSchema,
  request: z.strictObject({
    kind: z.literal("request"),
    episodeId: episodeId.schema,
    text: z.string().max(REQUEST_CHARACTERS_MAX),
    cut: z.boolean(),
    problem,
  }),
  output: outputPieceSchema,
  jump: z.strictObject({ kind: z.literal("jump"), to: z.enum(["error", "approval", "egress", "latest"]) }),
  reveal: z.strictObject({ kind: z.literal("reveal"), place: entryPlaceSchema }),
};
export const timelineToPageSchema: z.ZodType<TimelineToPage> = schemaByKind<TimelineToPage>(toPageSchemas);

const fromPageSchemas: SchemaOfKind<TimelineFromPage> = {
  ready: pageReadySchema,
  taken: feedTakenSchema,
  "read-output": readOutputSchema,
  "read-older": z.strictObject({ kind: z.literal("read-older") }),
  "read-request": z.strictObject({ kind: z.literal("read-request"), episodeId: episodeId.schema }),
  "open-review": z.strictObject({ kind: z.literal("open-review"), previewId: previewId.schema }),
  "open-proposal": z.strictObject({ kind: z.literal("open-proposal"), episodeId: episodeId.schema }),
  "open-output": z.strictObject({ kind: z.literal("open-output"), episodeId: episodeId.schema }),
  "open-timeline": z.strictObject({ kind: z.literal("open-timeline"), episodeId: episodeId.schema }),
  "start-episode": z.strictObject({ kind: z.literal("start-episode") }),
  copy: z.strictObject({ kind: z.literal("copy"), text: z.string().max(COPY_CHARACTERS_MAX) }),
};
export const timelineFromPageSchema: z.ZodType<TimelineFromPage> = schemaByKind<TimelineFromPage>(fromPageSchemas);

export const timelineKeptSchema: z.ZodType<TimelineKept> = z.strictObject({
  scope,
  density,
  levels: z.array(z.enum(["detail", "info", "attention", "error"])).max(4),
  node: z.string().max(256).exactOptional(),
  episodeId: episodeId.schema.exactOptional(),
  eventKind: z.string().max(64).exactOptional(),
  crossedOnly: z.boolean(),
  search: z.string().max(1_024),
  filtersOpen: z.boolean(),
  waterfall: z.enum(["hidden", "drawn", "table"]),
  follow: z.boolean(),
  active: entryPlaceSchema.exactOptional(),
  detailsOpen: z.boolean(),
});
