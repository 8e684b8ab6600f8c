// The Timeline page, opened.
import "../page/rowsPage.css";
import "../page/details.css";
import "./timeline.css";
import "./waterfall.css";
import "./rows.css";
import "./details.css";
import "./narrow.css";
import { timelineKeptSchema, timelineToPageSchema } from "#protocol/webview/timeline.ts";
import { hostPage } from "../page/pageHost.ts";
import { TimelinePage } from "./timelinePage.ts";

hostPage({ toPage: timelineToPageSchema, kept: timelineKeptSchema, show: (host) => new TimelinePage(host) });
