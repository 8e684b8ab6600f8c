// The Review page of staged actions: takes what the editor shows, keeps which rows were taken out of a table, draws, and asks.
// It must never hold an answer back or repeat one: a click is one message, and the editor says what became of it.
import "../page/request.css";
import "./staged.css";
import { render } from "lit";
import * as z from "zod";
import { stagedId, type StagedId } from "#protocol/ids.ts";
import {
  STAGED_TABLE_MAX,
  type StagedAsk,
  type StagedFromPage,
  type StagedToPage,
  stagedToPageSchema,
} from "#protocol/webview/staged.ts";
import { defineControls } from "../controls.ts";
import { openPage } from "../page/page.ts";
import { pageRoot } from "../page/pageHost.ts";
import { FILES_SHOWN_STEP } from "./filesPart.ts";
import { emptyPage, stagedPage } from "./stagedPage.ts";
import type { StagedState } from "./stagedScene.ts";
import { tablePage } from "./tablePage.ts";

interface Kept {
  readonly takenOut: readonly StagedId[];
}
const keptSchema: z.ZodType<Kept> = z.strictObject({
  takenOut: z.array(stagedId.schema).max(STAGED_TABLE_MAX),
});

defineControls();

const place = pageRoot();

let shown: StagedToPage | undefined;
let state: StagedState = { takenOut: new Set(), filesShown: FILES_SHOWN_STEP };
let language = "en";

const page = openPage<StagedToPage, StagedFromPage, Kept>({
  toPage: stagedToPageSchema,
  state: keptSchema,
  begin: (kept, start) => {
    if (kept !== undefined) state = { ...state, takenOut: new Set(kept.takenOut) };
    ({ language } = start);
    draw();
  },
  receive: (message) => {
    const isOther = shown !== undefined && subjectOf(shown) !== subjectOf(message);
    shown = message;
    if (isOther) state = { takenOut: new Set(), filesShown: FILES_SHOWN_STEP };
    draw();
    // Another item, and what became of this one, is read from its beginning.
    if (isOther) for (const pane of document.querySelectorAll(".review, .document")) pane.scrollTo(0, 0);
  },
});

/** What a person reads: it is another subject when its digest, its state or its rows are others. */
function subjectOf(message: StagedToPage): string {
  return message.kind === "staged"
    ? `${message.review.staged.digest} ${message.review.staged.state}`
    : message.table.rows.map(({ staged }) => staged.stagedId).join(" ");
}

function draw(): void {
  const ways = { state, language, change, ask };
  if (shown === undefined) render(emptyPage(), place);
  else if (shown.kind === "staged") render(stagedPage({ ...ways, shown }), place);
  else render(tablePage({ ...ways, shown }), place);
}

function change(next: Partial<StagedState>): void {
  state = { ...state, ...next };
  page.keep({ takenOut: [...state.takenOut] });
  draw();
}

function ask(wish: StagedAsk): void {
  page.post(wish);
}
