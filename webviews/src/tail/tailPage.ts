// The tail in the panel: the newest entries, what runs with the end of its output, and a press that opens the timeline there.
// It holds TAIL_ENTRIES_MAX entries and decides nothing.
import * as l10n from "@vscode/l10n";
import { html, nothing, render, type TemplateResult } from "lit";
import { type Amounts, amountsIn } from "#protocol/text/amounts.ts";
import { plainText } from "#protocol/text/plainText.ts";
import type { TimelineEntry } from "#protocol/timeline.ts";
import { TAIL_ENTRIES_MAX, type TailFromPage, type TailKept, type TailToPage } from "#protocol/webview/tail.ts";
import { FrameDrawing } from "../page/frameDrawing.ts";
import { homeNotice } from "../page/homeNotice.ts";
import { icon } from "../page/icon.ts";
import type { PageHost } from "../page/pageHost.ts";
import { part, type RowsSkeleton, rowsFrame } from "../page/rowsSkeleton.ts";
import { placeOf } from "../timeline/entryOrder.ts";
import { isJumpTarget } from "../timeline/jumps.ts";
import { FIRST_SIGHT, type Sight } from "../timeline/sight.ts";
import { TimelineList } from "../timeline/timelineList.ts";
import { TimelineModel } from "../timeline/timelineModel.ts";
import { TimelineRows } from "../timeline/timelineRows.ts";
import { RunningOutputs } from "./runningOutputs.ts";

export class TailPage {
  readonly #options: PageHost<TailFromPage, TailKept>;
  readonly #model: TimelineModel = new TimelineModel(new TimelineRows(TAIL_ENTRIES_MAX, 1));
  readonly #outputs: RunningOutputs;
  readonly #amounts: Amounts;
  readonly #list: TimelineList;
  readonly #notice: HTMLElement;
  readonly #empty: HTMLElement;
  readonly #running: HTMLElement;
  #sight: Sight;
  readonly #drawing = new FrameDrawing(() => this.#draw());
  #undrawn: number[] = [];

  constructor(options: PageHost<TailFromPage, TailKept>) {
    this.#options = options;
    this.#amounts = amountsIn(options.language);
    this.#sight = { ...FIRST_SIGHT, follow: options.kept?.follow ?? true };
    this.#outputs = new RunningOutputs(options.post);
    const dom = skeletonIn(options.root);
    this.#notice = dom.notice;
    this.#empty = dom.empty;
    this.#running = dom.running;
    this.#list = new TimelineList({
      model: this.#model,
      amounts: this.#amounts,
      dom,
      sight: () => this.#sight,
      change: (change) => this.#change(change),
      scrolled: () => this.#drawing.soon(),
      jump: (target, direction) => {
        const from = this.#list.activePosition();
        const at = this.#model.rows.nextPosition(from, direction, (entry) => isJumpTarget(entry, target));
        if (at !== undefined) this.#list.activate(at, { centered: true, focus: true });
      },
      focusSearch: () => {},
      open: (entry) => this.#open(entry),
      escape: () => {},
    });
    this.#drawing.now();
  }

  receive(message: TailToPage): void {
    switch (message.kind) {
      case "snapshot":
        this.#outputs.clear();
        this.#outputs.add(message.entries);
        this.#model.replace(withoutSteps(message.entries).slice(-TAIL_ENTRIES_MAX), message.older);
        return this.#drawing.now();
      case "live":
        this.#undrawn.push(message.number);
        this.#outputs.add(message.entries);
        this.#list.shift(-this.#model.append(withoutSteps(message.entries)).shownGivenBack);
        return this.#drawing.soon();
      case "home":
        this.#model.home = message;
        return this.#drawing.soon();
      case "episodes":
        this.#model.setEpisodes(message.episodes);
        return this.#drawing.soon();
      case "output":
        this.#outputs.take(message);
        return this.#drawing.soon();
      case "jump":
        return this.#list.toEnd();
    }
  }

  #draw(): void {
    const running = this.#outputs.shown();
    this.#running.hidden = running.length === 0;
    render(
      running.map(({ episodeId, where, lines }) => this.#runningPart(episodeId, where, lines)),
      this.#running,
    );
    render(homeNotice(this.#model.home), this.#notice);
    render(this.#emptyPart(), this.#empty);
    this.#list.draw(Date.now());
    for (const number of this.#undrawn.splice(0)) this.#options.post({ kind: "taken", number });
  }

  #runningPart(episodeId: TimelineEntry["corrId"], where: string, lines: string): TemplateResult {
    const title = episodeId === undefined ? "" : plainText(this.#model.titleOf(episodeId));
    return html`<section class="running-one">
      <h2 class="foreign">${icon("play")} ${title} <span class="dim">${plainText(where)}</span></h2>
      <pre class="foreign" tabindex="0">${lines === "" ? l10n.t("No output yet.") : lines}</pre>
    </section>`;
  }

  #emptyPart(): TemplateResult | typeof nothing {
    const { home, loaded, totals } = this.#model;
    if (totals.hasAny || (!loaded && home.reachable)) return nothing;
    return html`<div class="empty">
      <p>${l10n.t("No episodes yet. Everything runs on this machine until you add a worker.")}</p>
      <button class="button" @click=${() => this.#options.post({ kind: "start-episode" })}>
        ${l10n.t("Start Episode…")}
      </button>
    </div>`;
  }

  #open(entry: TimelineEntry): void {
    this.#options.post({ kind: "open-entry", place: placeOf(entry) });
  }

  #change(change: Partial<Sight>): void {
    const before = this.#sight.follow;
    this.#sight = { ...this.#sight, ...change };
    if (before !== this.#sight.follow) this.#options.keep({ follow: this.#sight.follow });
    this.#drawing.soon();
  }
}

/** Accepted, reserved, each range of output: the timeline has them. */
function withoutSteps(entries: readonly TimelineEntry[]): readonly TimelineEntry[] {
  return entries.filter(({ level }) => level !== "detail");
}

interface TailSkeleton extends RowsSkeleton {
  readonly notice: HTMLElement;
  readonly running: HTMLElement;
}

function skeletonIn(root: HTMLElement): TailSkeleton {
  root.className = "rows-page timeline tail";
  const notice = part(root, "head-frame");
  const body = part(root, "body");
  const frame = rowsFrame(body, "log", l10n.t("Newest events"));
  const running = part(body, "running");
  running.role = "region";
  running.ariaLabel = l10n.t("Running now");
  return { ...frame, notice, running };
}
