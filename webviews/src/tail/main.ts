// The tail's page: opens its line to the extension and hands what comes to the page.
import "../timeline/timeline.css";
import "../timeline/rows.css";
import "../timeline/narrow.css";
import "./tail.css";
import { type TailFromPage, type TailKept, tailKeptSchema, tailToPageSchema } from "#protocol/webview/tail.ts";
import { openPage } from "../page/page.ts";
import { TailPage } from "./tailPage.ts";

const root = document.querySelector("#page");
let shown: TailPage | undefined;
const page = openPage({
  toPage: tailToPageSchema,
  state: tailKeptSchema,
  begin: (kept: TailKept | undefined, { language }) => {
    if (!(root instanceof HTMLElement)) throw new Error("the document has no #page");
    shown = new TailPage({
      root,
      language,
      kept,
      post: (message: TailFromPage) => page.post(message),
      keep: (state) => page.keep(state),
    });
  },
  receive: (message) => shown?.receive(message),
});
