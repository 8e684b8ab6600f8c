// What the extension and the Timeline page say to each other. The page shows and asks; it can start, approve and change
// nothing: each of its wishes opens one of the editor's own surfaces.
import * as z from "zod";
import { type EpisodeId, episodeId, type PreviewId, previewId } from "../ids.ts";
import { type SchemaOfKind, schemaByKind } from "../schemaByKind.ts";
import { type TimelineEntry, timelineEntrySchema } from "../timeline.ts";
import {
  type EntryPlace,
  entryPlaceSchema,
  FEED_ENTRIES_MAX,
  type FeedFromPage,
  feedFromPageSchemas,
  type FeedToPage,
  feedToPageSchemas,
} from "./feed.ts";

/** Characters of a request in one message at most; a longer one is cut, and that is said. */
export const REQUEST_CHARACTERS_MAX: number = 64 * 1024;
/** Characters that the page may ask to have copied. */
export const COPY_CHARACTERS_MAX: number = 8 * 1024;

/** Whose entries: everything of the workspace, or one episode. */
export type TimelineScope =
  | { readonly kind: "workspace" }
  | { readonly kind: "episode"; readonly episodeId: EpisodeId; readonly title: string };

export type Density = "compact" | "full";

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

export type TimelineToPage = FeedToPage | TimelineOpened | OlderEntries | ShownRequest | TimelineJump | RevealEntry;

export type TimelineFromPage =
  | FeedFromPage
  | { readonly kind: "read-older" }
  | { readonly kind: "read-request"; readonly episodeId: EpisodeId }
  | { readonly kind: "open-review"; readonly previewId: PreviewId }
  | { readonly kind: "open-proposal"; readonly episodeId: EpisodeId }
  | { readonly kind: "open-output"; readonly episodeId: EpisodeId }
  | { readonly kind: "open-timeline"; readonly episodeId: EpisodeId }
  /** What left for the episode, and what was denied. */
  | { readonly kind: "open-ledger"; readonly episodeId: EpisodeId }
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

const toPageSchemas: SchemaOfKind<TimelineToPage> = {
  ...feedToPageSchemas,
  opened: z.strictObject({ kind: z.literal("opened"), scope, density }),
  older: z.strictObject({
    kind: z.literal("older"),
    entries: z.array(timelineEntrySchema).max(FEED_ENTRIES_MAX),
    older: z.boolean(),
    problem,
  }),
  request: z.strictObject({
    kind: z.literal("request"),
    episodeId: episodeId.schema,
    text: z.string().max(REQUEST_CHARACTERS_MAX),
    cut: z.boolean(),
    problem,
  }),
  jump: z.strictObject({ kind: z.literal("jump"), to: z.enum(["error", "approval", "egress", "latest"]) }),
  reveal: z.strictObject({ kind: z.literal("reveal"), place: entryPlaceSchema }),
};
export const timelineToPageSchema: z.ZodType<TimelineToPage> = schemaByKind<TimelineToPage>(toPageSchemas);

const fromPageSchemas: SchemaOfKind<TimelineFromPage> = {
  ...feedFromPageSchemas,
  "read-older": z.strictObject({ kind: z.literal("read-older") }),
  "read-request": z.strictObject({ kind: z.literal("read-request"), episodeId: episodeId.schema }),
  "open-review": z.strictObject({ kind: z.literal("open-review"), previewId: previewId.schema }),
  "open-proposal": z.strictObject({ kind: z.literal("open-proposal"), episodeId: episodeId.schema }),
  "open-output": z.strictObject({ kind: z.literal("open-output"), episodeId: episodeId.schema }),
  "open-timeline": z.strictObject({ kind: z.literal("open-timeline"), episodeId: episodeId.schema }),
  "open-ledger": z.strictObject({ kind: z.literal("open-ledger"), episodeId: episodeId.schema }),
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
