// What every page of the editor is told first, and how large a message between the extension and a page may be.
// Each screen's own messages are in the file of its name beside this one. Neither side trusts the other undecoded.
import * as z from "zod";

/** The first message to a page: its language and the translated strings. Without a translation there are none. */
export interface PageStart {
  readonly kind: "start";
  readonly language: string;
  readonly strings: Readonly<Record<string, string>>;
}

/** The first message of a page: its script runs and it may be sent messages. It is sent again after every reload. */
export interface PageReady {
  readonly kind: "ready";
}

/** A page's message, as JSON, is no longer than this: pages ask, they do not deliver. */
export const PAGE_MESSAGE_CHARACTERS_MAX: number = 16 * 1024;
/** More messages of a page within one second are dropped: a person cannot ask so often. */
export const PAGE_MESSAGES_A_SECOND_MAX = 200;
/** Messages to a page that it has not taken yet; past this the host must send a fresh snapshot later instead. */
export const UNTAKEN_MESSAGES_MAX = 64;

export const pageStartSchema: z.ZodType<PageStart> = z.strictObject({
  kind: z.literal("start"),
  language: z.string().max(64),
  strings: z.record(z.string(), z.string()),
});

export const pageReadySchema: z.ZodType<PageReady> = z.strictObject({ kind: z.literal("ready") });
