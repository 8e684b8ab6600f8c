// How timeline entries reach a page: one snapshot when it begins, then pages one at a time, each only after the page has
// taken the one before. The timeline and the tail share it. Entries are the Home's own; nothing is made up on the way.
import * as z from "zod";
import { type AttemptId, attemptId } from "../ids.ts";
import { type Bytes, bytesSchema, type Sequence, sequenceSchema } from "../quantities.ts";
import { type OutputStream, outputStreamSchema } from "../result.ts";
import { type TimelineEntry, timelineEntrySchema } from "../timeline.ts";

/** Entries of one message at most: a page that decodes and lays them out stays well below a long task. */
export const FEED_ENTRIES_MAX = 1_000;
/** Characters of output in one message at most. */
export const OUTPUT_CHARACTERS_MAX: number = 64 * 1024;

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

const entries = z.array(timelineEntrySchema).max(FEED_ENTRIES_MAX);

export const feedSnapshotSchema: z.ZodType<FeedSnapshot> = z.strictObject({
  kind: z.literal("snapshot"),
  entries,
  older: z.boolean(),
});
export const feedLiveSchema: z.ZodType<FeedLive> = z.strictObject({
  kind: z.literal("live"),
  number: z.number().int().min(1),
  entries,
});
export const homeNoticeSchema: z.ZodType<HomeNotice> = z.strictObject({
  kind: z.literal("home"),
  reachable: z.boolean(),
  text: z.string().max(4_096),
  urgent: z.boolean(),
});
export const outputPieceSchema: z.ZodType<OutputPiece> = z.strictObject({
  kind: z.literal("output"),
  attemptId: attemptId.schema,
  stream: outputStreamSchema,
  fromByte: bytesSchema,
  text: z.string().max(OUTPUT_CHARACTERS_MAX),
  nextByte: bytesSchema,
  more: z.boolean(),
  problem: z.string().max(4_096).exactOptional(),
});
export const feedTakenSchema: z.ZodType<FeedTaken> = z.strictObject({
  kind: z.literal("taken"),
  number: z.number().int().min(1),
});
export const readOutputSchema: z.ZodType<ReadOutput> = z.strictObject({
  kind: z.literal("read-output"),
  attemptId: attemptId.schema,
  stream: outputStreamSchema,
  fromByte: bytesSchema,
});
export const entryPlaceSchema: z.ZodType<EntryPlace> = z.strictObject({
  sequence: sequenceSchema,
  index: z.number().int().min(0),
});
