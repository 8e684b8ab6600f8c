// The tail's page, opened.
import "../page/rowsPage.css";
import "../timeline/timeline.css";
import "../timeline/rows.css";
import "../timeline/narrow.css";
import "./tail.css";
import { tailKeptSchema, tailToPageSchema } from "#protocol/webview/tail.ts";
import { hostPage } from "../page/pageHost.ts";
import { TailPage } from "./tailPage.ts";

hostPage({ toPage: tailToPageSchema, kept: tailKeptSchema, show: (host) => new TailPage(host) });
