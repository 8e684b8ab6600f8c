// Opens a page that is an object of its own: it gets its place, the language, what was kept, and its line to the extension,
// and each message that comes. What came before it began is never lost: the extension says nothing before the first words.
import type * as z from "zod";
import { openPage } from "./page.ts";

/** What such a page lives on. */
export interface PageHost<FromPage, Kept> {
  readonly root: HTMLElement;
  readonly language: string;
  readonly kept: Kept | undefined;
  readonly post: (message: FromPage) => void;
  readonly keep: (kept: Kept) => void;
}

export interface HostedPage<ToPage, FromPage, Kept> {
  readonly toPage: z.ZodType<ToPage>;
  readonly kept: z.ZodType<Kept>;
  readonly show: (host: PageHost<FromPage, Kept>) => { receive(message: ToPage): void };
}

/** Call it once, from the screen's main.ts. */
export function hostPage<ToPage, FromPage, Kept>({
  kept: state,
  show,
  toPage,
}: HostedPage<ToPage, FromPage, Kept>): void {
  const root = pageRoot();
  let shown: ReturnType<typeof show> | undefined;
  const page = openPage<ToPage, FromPage, Kept>({
    toPage,
    state,
    begin: (kept, { language }) => {
      shown = show({
        root,
        language,
        kept,
        post: (message) => page.post(message),
        keep: (next) => page.keep(next),
      });
    },
    receive: (message) => shown?.receive(message),
  });
}

/** The one element that the document has for a page. */
export function pageRoot(): HTMLElement {
  const root = document.getElementById("page");
  if (root === null) throw new Error("the document has no #page");
  return root;
}
