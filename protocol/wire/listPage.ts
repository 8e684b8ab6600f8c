// How a long list is read: a page at a time, the next from where the last one ended, so that no answer grows with history.
// A cursor is the Home's own mark; a client keeps it and never makes one.
import * as z from "zod";
import { ArwError } from "../errors.ts";

/** Rows of one page at most, and of a page whose length was not asked for. */
export const LIST_ROWS_MAX = 500;

export interface ListParams {
  /** The `next` of the page before; absent for the first page. */
  readonly cursor?: number;
  /** How many rows at most. */
  readonly limit?: number;
}

/** What every page of a list ends with. */
export interface ListEnd {
  /** Where the next page begins; absent at the end of the list. */
  readonly next?: number;
}

export const cursorSchema: z.ZodType<number> = z.number().int().min(1).max(Number.MAX_SAFE_INTEGER);

export const listParamsSchema: z.ZodType<ListParams> = z.strictObject({
  cursor: cursorSchema.exactOptional(),
  limit: z.number().int().min(1).max(LIST_ROWS_MAX).exactOptional(),
});

/** The pages of a list to its end. Throws `list-repeats` for a Home that answers with the same page again. */
export async function* pagesOf<Page extends ListEnd>(
  read: (params: ListParams) => Promise<Page>,
): AsyncGenerator<Page, void> {
  let params: ListParams = {};
  for (;;) {
    const page = await read(params);
    yield page;
    if (page.next === undefined) return;
    if (page.next === params.cursor) {
      throw new ArwError("list-repeats", "The Home repeats a page of a list.", "Restart it: arw-home stop.");
    }
    params = { cursor: page.next };
  }
}
