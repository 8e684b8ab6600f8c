// The Timeline page: opens its line to the extension and hands what comes to the page.
import "./timeline.css";
import "./waterfall.css";
import "./rows.css";
import "./details.css";
import "./narrow.css";
import {
  timelineKeptSchema,
  type TimelineFromPage,
  type TimelineKept,
  timelineToPageSchema,
} from "#protocol/webview/timeline.ts";
import { openPage } from "../page/page.ts";
import { TimelinePage } from "./timelinePage.ts";

const root = document.querySelector("#page");
let shown: TimelinePage | undefined;
const page = openPage({
  toPage: timelineToPageSchema,
  state: timelineKeptSchema,
  begin: (kept: TimelineKept | undefined, { language }) => {
    if (!(root instanceof HTMLElement)) throw new Error("the document has no #page");
    shown = new TimelinePage({
      root,
      language,
      kept,
      post: (message: TimelineFromPage) => page.post(message),
      keep: (state) => page.keep(state),
    });
  },
  receive: (message) => shown?.receive(message),
});
