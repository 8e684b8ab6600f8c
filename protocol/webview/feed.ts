// How timeline entries reach a page: one snapshot when it begins, then pages one at a time, each only after the page has
// taken the one before. The timeline and the tail share it. Entries are the Home's own; nothing is made up on the way.
import * as z from "zod";
import { type AttemptId, attemptId, type EpisodeId, episodeId } from "../ids.ts";
import { type Bytes, bytesSchema, type EpochMs, epochMsSchema, type Sequence, sequenceSchema } from "../quantities.ts";
import { type JobOutcome, jobOutcomeSchema, type OutputStream, outputStreamSchema } from "../result.ts";
import type { SchemaOfKind } from "../schemaByKind.ts";
import { type TimelineEntry, timelineEntrySchema } from "../timeline.ts";
import { type Usage, usageSchema } from "../usage.ts";
import { type PageReady, pageReadySchema } from "./page.ts";

/** Entries of one message at most: a page that decodes and lays them out stays well below a long task. */
export const FEED_ENTRIES_MAX = 1_000;
/** Characters of output in one message at most. */
export const OUTPUT_CHARACTERS_MAX: number = 64 * 1024;

/** Episodes in one message at most: what the Home lists as open and recent. */
export const SHOWN_EPISODES_MAX = 500;

/** Replaces all that the page holds. `older`: there is more before the first entry. */
export interface FeedSnapshot {
  readonly kind: "snapshot";
  readonly entries: readonly TimelineEntry[];
  readonly older: boolean;
}
/** Follows on what the page holds. The page answers `taken` with the number when it has drawn it. */
export interface FeedLive {
  readonly kind: "live";
  readonly number: number;
  readonly entries: readonly TimelineEntry[];
}
/** Whether the Home is reached now; entries shown stay true, new ones come when it is back. */
export interface HomeNotice {
  readonly kind: "home";
  readonly reachable: boolean;
  /** What to say about it: cause and fix. */
  readonly text: string;
  /** Whether somebody has to do something about it. */
  readonly urgent: boolean;
}
/** A piece of an attempt's output, from a byte that the page asked for. */
export interface OutputPiece {
  readonly kind: "output";
  readonly attemptId: AttemptId;
  readonly stream: OutputStream;
  readonly fromByte: Bytes;
  readonly text: string;
  /** Ask from here next. The same as `fromByte` where there is nothing yet. */
  readonly nextByte: Bytes;
  /** Whether more is there already. */
  readonly more: boolean;
  /** Present where it could not be read: cause and fix. */
  readonly problem?: string;
}

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
export interface ShownEpisodes {
  readonly kind: "episodes";
  readonly episodes: readonly ShownEpisode[];
}

export interface FeedTaken {
  readonly kind: "taken";
  readonly number: number;
}
export interface ReadOutput {
  readonly kind: "read-output";
  readonly attemptId: AttemptId;
  readonly stream: OutputStream;
  readonly fromByte: Bytes;
}
/** One entry, by its place in the total order. */
export interface EntryPlace {
  readonly sequence: Sequence;
  readonly index: number;
}

/** What every page hears that shows entries. */
export type FeedToPage = FeedSnapshot | FeedLive | HomeNotice | OutputPiece | ShownEpisodes;
/** What every such page may say. */
export type FeedFromPage = PageReady | FeedTaken | ReadOutput | { readonly kind: "start-episode" };

const entries = z.array(timelineEntrySchema).max(FEED_ENTRIES_MAX);

const shownEpisode: z.ZodType<ShownEpisode> = z.strictObject({
  episodeId: episodeId.schema,
  title: z.string(),
  state: z.enum(["waiting-for-approval", "running", "finished"]),
  startedAt: epochMsSchema,
  finishedAt: epochMsSchema.exactOptional(),
  outcome: jobOutcomeSchema.exactOptional(),
  usage: usageSchema.exactOptional(),
});

export const homeNoticeSchema: z.ZodType<HomeNotice> = z.strictObject({
  kind: z.literal("home"),
  reachable: z.boolean(),
  text: z.string().max(4_096),
  urgent: z.boolean(),
});

export const feedToPageSchemas: SchemaOfKind<FeedToPage> = {
  snapshot: z.strictObject({ kind: z.literal("snapshot"), entries, older: z.boolean() }),
  live: z.strictObject({ kind: z.literal("live"), number: z.number().int().min(1), entries }),
  home: homeNoticeSchema,
  output: z.strictObject({
    kind: z.literal("output"),
    attemptId: attemptId.schema,
    stream: outputStreamSchema,
    fromByte: bytesSchema,
    text: z.string().max(OUTPUT_CHARACTERS_MAX),
    nextByte: bytesSchema,
    more: z.boolean(),
    problem: z.string().max(4_096).exactOptional(),
  }),
  episodes: z.strictObject({ kind: z.literal("episodes"), episodes: z.array(shownEpisode).max(SHOWN_EPISODES_MAX) }),
};

export const feedFromPageSchemas: SchemaOfKind<FeedFromPage> = {
  ready: pageReadySchema,
  taken: z.strictObject({ kind: z.literal("taken"), number: z.number().int().min(1) }),
  "read-output": z.strictObject({
    kind: z.literal("read-output"),
    attemptId: attemptId.schema,
    stream: outputStreamSchema,
    fromByte: bytesSchema,
  }),
  "start-episode": z.strictObject({ kind: z.literal("start-episode") }),
};

export const entryPlaceSchema: z.ZodType<EntryPlace> = z.strictObject({
  sequence: sequenceSchema,
  index: z.number().int().min(0),
});
