// The Review page: takes what the editor shows, keeps what a person composes for it, draws, and asks.
// It must never hold an answer back or repeat one: a click is one message, and the editor says what became of it.
import "../page/request.css";
import "./review.css";
import { render } from "lit";
import {
  type ReviewFromPage,
  type ReviewToPage,
  reviewToPageSchema,
  type ReviewView,
} from "#protocol/webview/review.ts";
import { defineControls } from "../controls.ts";
import { openPage } from "../page/page.ts";
import { pageRoot } from "../page/pageHost.ts";
import { emptyPage, reviewPage } from "./reviewPage.ts";
import { keptOf, type ReviewKept, reviewKeptSchema, type ReviewState, stateFor } from "./reviewState.ts";

defineControls();

const place = pageRoot();

let view: ReviewView | undefined;
let state: ReviewState | undefined;
let kept: ReviewKept | undefined;
let language = "en";
let receivedAtMs = 0;

/** How often what is left of a lease is drawn again while one is shown. */
const COUNTDOWN_MS = 1_000;

const page = openPage<ReviewToPage, ReviewFromPage, ReviewKept>({
  toPage: reviewToPageSchema,
  state: reviewKeptSchema,
  begin: (keptBefore, start) => {
    kept = keptBefore;
    ({ language } = start);
    draw();
  },
  receive: ({ review }) => {
    const isOther = view !== undefined && (view.digest !== review.digest || view.state !== review.state);
    view = review;
    receivedAtMs = performance.now();
    state = stateFor(review, state, kept);
    draw();
    // Another revision, and what became of this one, is read from its beginning.
    if (isOther) for (const pane of document.querySelectorAll(".review, .document")) pane.scrollTo(0, 0);
  },
});

function draw(): void {
  if (view === undefined || state === undefined) {
    render(emptyPage(), place);
    return;
  }
  render(
    reviewPage({
      view,
      state,
      language,
      elapsedMs: performance.now() - receivedAtMs,
      isBusy: view.busy !== "nothing" || view.state !== "waiting",
      change: (change) => {
        if (state === undefined) return;
        state = { ...state, ...change };
        page.keep(keptOf(state));
        draw();
      },
      ask: (ask) => page.post(ask),
    }),
    place,
  );
}

// The page lives as long as the panel shows it, and the clock as long as the page.
setInterval(() => {
  if (view !== undefined && view.leases.length > 0) draw();
}, COUNTDOWN_MS);
