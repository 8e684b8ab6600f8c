// What the extension and the tail in the panel say to each other: the newest entries, the output of what runs, and one
// wish, to open the timeline at an entry.
import * as z from "zod";
import { type EpisodeId, episodeId } from "../ids.ts";
import { type SchemaOfKind, schemaByKind } from "../schemaByKind.ts";
import {
  type EntryPlace,
  entryPlaceSchema,
  type FeedFromPage,
  feedFromPageSchemas,
  type FeedToPage,
  feedToPageSchemas,
} from "./feed.ts";

/** Entries that the tail shows; steps in between do not count. */
export const TAIL_ENTRIES_MAX = 200;

export type TailToPage = FeedToPage | { readonly kind: "jump"; readonly to: "latest" };

export type TailFromPage =
  | FeedFromPage
  /** Without an episode, the timeline of the whole workspace. */
  | { readonly kind: "open-entry"; readonly place: EntryPlace; readonly episodeId?: EpisodeId };

/** What the tail keeps while it is hidden. */
export interface TailKept {
  readonly follow: boolean;
}

const toPageSchemas: SchemaOfKind<TailToPage> = {
  ...feedToPageSchemas,
  jump: z.strictObject({ kind: z.literal("jump"), to: z.literal("latest") }),
};
export const tailToPageSchema: z.ZodType<TailToPage> = schemaByKind<TailToPage>(toPageSchemas);

const fromPageSchemas: SchemaOfKind<TailFromPage> = {
  ...feedFromPageSchemas,
  "open-entry": z.strictObject({
    kind: z.literal("open-entry"),
    place: entryPlaceSchema,
    episodeId: episodeId.schema.exactOptional(),
  }),
};
export const tailFromPageSchema: z.ZodType<TailFromPage> = schemaByKind<TailFromPage>(fromPageSchemas);

export const tailKeptSchema: z.ZodType<TailKept> = z.strictObject({ follow: z.boolean() });
