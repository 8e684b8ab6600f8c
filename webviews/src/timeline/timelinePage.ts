// Holds the Timeline page together: messages in, wishes out, and what is drawn when. It draws at most once a frame, and
// tells the extension that it has taken a message when it has drawn it, so that a busy Home cannot outrun a slow screen.
import * as l10n from "@vscode/l10n";
import { nothing, render } from "lit";
import { type Amounts, amountsIn } from "#protocol/text/amounts.ts";
import { plainText } from "#protocol/text/plainText.ts";
import type { EntryPlace } from "#protocol/webview/feed.ts";
import type { TimelineFromPage, TimelineKept, TimelineToPage } from "#protocol/webview/timeline.ts";
import { Announcer } from "../page/announcer.ts";
import { FrameDrawing } from "../page/frameDrawing.ts";
import { homeNotice } from "../page/homeNotice.ts";
import type { PageHost } from "../page/pageHost.ts";
import { emptyPart, headPart, statusPart } from "./aroundParts.ts";
import { DetailsPane } from "./detailsPane.ts";
import { type EntryFilter, USUAL_FILTER } from "./entryFilter.ts";
import { samePlace } from "./entryOrder.ts";
import { filterPart } from "./filterPart.ts";
import { isJumpTarget, type JumpTarget } from "./jumps.ts";
import { FIRST_SIGHT, keptOf, type Sight, sightOf } from "./sight.ts";
import { type Skeleton, skeletonIn } from "./skeleton.ts";
import { TimelineList } from "./timelineList.ts";
import { TimelineModel } from "./timelineModel.ts";
import { toolbarPart } from "./toolbarPart.ts";
import { waterfallPart } from "./waterfallPart.ts";

/** Rows from the top at which older ones are asked for. */
const OLDER_ROWS_AHEAD = 60;
/** What runs is drawn again so often, for its length of time. */
const CLOCK_MS = 1_000;

export class TimelinePage {
  readonly #options: PageHost<TimelineFromPage, TimelineKept>;
  readonly #model: TimelineModel = new TimelineModel();
  readonly #amounts: Amounts;
  readonly #dom: Skeleton;
  readonly #list: TimelineList;
  readonly #details: DetailsPane;
  readonly #announcer: Announcer;
  #sight: Sight;
  readonly #drawing = new FrameDrawing(() => this.#draw());
  #undrawn: number[] = [];
  #unseen = 0;
  #wanted: Extract<TimelineToPage, { kind: "jump" | "reveal" }> | undefined;

  constructor(options: PageHost<TimelineFromPage, TimelineKept>) {
    this.#options = options;
    this.#amounts = amountsIn(options.language);
    const kept = options.kept === undefined ? undefined : sightOf(options.kept);
    this.#sight = kept?.sight ?? FIRST_SIGHT;
    this.#model.rows.setFilter(kept?.filter ?? USUAL_FILTER);
    this.#model.search.setText(this.#sight.search);
    this.#dom = skeletonIn(options.root);
    this.#announcer = new Announcer({
      region: this.#dom.heard,
      more: (count) => l10n.t("And {0} more.", this.#amounts.count(count)),
    });
    this.#details = new DetailsPane({
      model: this.#model,
      amounts: this.#amounts,
      root: this.#dom.details,
      post: options.post,
      close: () => this.#closeDetails(),
      onlyEpisode: ({ corrId }) => {
        if (corrId !== undefined) this.#setFilter({ ...USUAL_FILTER, episodeId: corrId });
      },
    });
    this.#list = new TimelineList({
      model: this.#model,
      amounts: this.#amounts,
      dom: this.#dom,
      sight: () => this.#sight,
      change: (change) => this.#change(change),
      scrolled: () => this.#scrolled(),
      jump: (target, direction) => this.#jump(target, direction),
      focusSearch: () => this.#dom.bar.querySelector("input")?.select(),
      open: () => this.#change({ detailsOpen: true }),
      escape: () => this.#closeDetails(),
    });
    window.setInterval(() => {
      if (this.#runs()) this.#drawing.soon();
    }, CLOCK_MS);
    this.#drawing.now();
  }

  receive(message: TimelineToPage): void {
    switch (message.kind) {
      case "opened":
        this.#model.scope = message.scope;
        if (this.#options.kept === undefined) this.#sight = { ...this.#sight, density: message.density };
        return this.#drawing.soon();
      case "snapshot":
        this.#model.replace(message.entries, message.older);
        // Painted with the next frame, not one later.
        this.#drawing.now();
        this.#backToActive();
        return this.#askOlder();
      case "live":
        return this.#live(message.number, this.#model.append(message.entries));
      case "older":
        this.#list.shift(this.#model.prepend(message.entries, message.older, message.problem));
        this.#carryOut();
        this.#drawing.soon();
        return this.#askOlder();
      case "home":
        this.#model.home = message;
        return this.#drawing.soon();
      case "episodes":
        this.#model.setEpisodes(message.episodes);
        return this.#drawing.soon();
      case "request":
        this.#details.takeRequest(message);
        return this.#drawing.soon();
      case "output":
        this.#details.takeOutput(message);
        return this.#drawing.soon();
      case "jump":
      case "reveal":
        this.#wanted = message;
        return this.#carryOut();
    }
  }

  #live(number: number, { taken, shownGivenBack }: ReturnType<TimelineModel["append"]>): void {
    this.#undrawn.push(number);
    this.#list.shift(-shownGivenBack);
    if (!this.#sight.follow) this.#unseen += taken.length;
    for (const entry of taken) {
      const isLoud = entry.level === "error" || entry.level === "attention";
      if (isLoud) this.#announcer.say(plainText(entry.text));
      this.#details.heard(entry);
    }
    this.#drawing.soon();
  }

  #draw(): void {
    const nowAt = Date.now();
    const { model, amounts, sight, dom } = this.#parts();
    const matches = model.search.matches();
    this.#list.draw(nowAt);
    const actions = this.#actions();
    const matchNumber = matches.length === 0 ? 0 : model.search.numberOf(this.#list.activePosition());
    render(toolbarPart(model, amounts, sight, matchNumber, actions), dom.bar);
    render(sight.filtersOpen ? filterPart(model, amounts, actions) : nothing, dom.filters);
    render([homeNotice(model.home), headPart(model, amounts, nowAt)], dom.head);
    render(waterfallPart(model, amounts, sight, nowAt, actions), dom.waterfall);
    render(emptyPart(model, amounts, actions), dom.empty);
    render(statusPart(model, amounts, sight, this.#unseen, actions), dom.status);
    this.#details.draw(sight.detailsOpen ? this.#list.activeEntry() : undefined, nowAt);
    for (const number of this.#undrawn.splice(0)) this.#options.post({ kind: "taken", number });
  }

  #parts(): { model: TimelineModel; amounts: Amounts; sight: Sight; dom: Skeleton } {
    return { model: this.#model, amounts: this.#amounts, sight: this.#sight, dom: this.#dom };
  }

  #actions() {
    const { post } = this.#options;
    return {
      search: (text: string) => this.#search(text),
      searchKey: (event: KeyboardEvent) => this.#searchKey(event),
      nextMatch: (direction: 1 | -1) => this.#nextMatch(direction),
      jump: (target: JumpTarget, direction: 1 | -1) => this.#jump(target, direction),
      change: (change: Partial<Sight>) => this.#change(change),
      filter: (change: (now: EntryFilter) => EntryFilter) => this.#setFilter(change(this.#model.rows.filter)),
      clearFilter: () => this.#setFilter(USUAL_FILTER),
      show: (place: EntryPlace) => this.#show(place),
      startEpisode: () => post({ kind: "start-episode" }),
      readOlder: () => this.#readOlder(),
      follow: () => (this.#sight.follow ? this.#change({ follow: false }) : this.#list.toEnd()),
    };
  }

  #change(change: Partial<Sight>): void {
    this.#sight = { ...this.#sight, ...change };
    if (this.#sight.follow) this.#unseen = 0;
    this.#keep();
    this.#drawing.soon();
  }

  #setFilter(filter: EntryFilter): void {
    this.#model.rows.setFilter(filter);
    this.#keep();
    this.#drawing.now();
    this.#backToActive();
    this.#say(l10n.t("{0} events shown", this.#amounts.count(this.#model.rows.shownCount)));
    this.#askOlder();
  }

  #search(text: string): void {
    this.#model.search.setText(text);
    this.#change({ search: text });
    this.#askOlder();
  }

  #searchKey(event: KeyboardEvent): void {
    if (event.key === "Enter") this.#nextMatch(event.shiftKey ? -1 : 1);
    else if (event.key === "Escape") {
      this.#search("");
      this.#list.focusActive();
    } else if (event.key === "ArrowDown") this.#list.focusActive();
    else return;
    event.preventDefault();
  }

  #nextMatch(direction: 1 | -1): void {
    const position = this.#model.search.next(this.#list.activePosition(), direction);
    if (position !== undefined) this.#list.activate(position, { centered: true });
  }

  #jump(target: JumpTarget, direction: 1 | -1): void {
    const { rows } = this.#model;
    const position = rows.nextPosition(this.#list.activePosition(), direction, (entry) => isJumpTarget(entry, target));
    if (position !== undefined) return this.#list.activate(position, { centered: true, focus: true });
    const count = this.#amounts.count(rows.shownCount);
    switch (target) {
      case "error":
        return this.#say(l10n.t("No errors in {0} events.", count));
      case "approval":
        return this.#say(l10n.t("No approvals in {0} events.", count));
      case "egress":
        return this.#say(l10n.t("Nothing crossed in {0} events.", count));
    }
  }

  #show(place: EntryPlace): void {
    const { rows } = this.#model;
    const isShown = samePlace(rows.at(rows.positionOf(place)), place);
    if (!isShown && rows.find(place) !== undefined)
      rows.setFilter({ ...USUAL_FILTER, levels: ["error", "attention", "info", "detail"] });
    this.#change({ detailsOpen: true, follow: false });
    this.#list.activate(rows.positionOf(place), { centered: true, focus: true });
  }

  /** What a command asked for, as soon as there are rows to do it with. */
  #carryOut(): void {
    const wanted = this.#wanted;
    if (wanted === undefined || !this.#model.loaded) return;
    const { rows, scope } = this.#model;
    // An episode's own timeline is read to its beginning: the entry is still to come.
    const isToCome = wanted.kind === "reveal" && rows.find(wanted.place) === undefined;
    if (isToCome && scope.kind === "episode" && rows.older && rows.hasRoom) return;
    this.#wanted = undefined;
    if (wanted.kind === "reveal") this.#show(wanted.place);
    else if (wanted.to === "latest") this.#list.toEnd();
    else this.#jump(wanted.to, 1);
  }

  /** After the page began anew, or its rows changed places: the row that a person was at is there again. */
  #backToActive(): void {
    if (this.#sight.follow) this.#list.toEnd({ focus: false });
    else if (this.#sight.active !== undefined) {
      this.#list.activate(this.#model.rows.positionOf(this.#sight.active), { centered: true });
    }
    this.#carryOut();
  }

  #scrolled(): void {
    this.#askOlder();
    this.#drawing.soon();
  }

  /** Older rows are fetched before a person reaches them, and while a search or a whole episode needs them. */
  #askOlder(): void {
    const { rows, scope, search, readingOlder, olderProblem, loaded } = this.#model;
    if (!loaded || !rows.older || !rows.hasRoom || readingOlder || olderProblem !== undefined) return;
    const needsAll = scope.kind === "episode" || search.text !== "";
    if (needsAll || this.#list.firstInSight < OLDER_ROWS_AHEAD) this.#readOlder();
  }

  #readOlder(): void {
    this.#model.readingOlder = true;
    this.#model.olderProblem = undefined;
    this.#options.post({ kind: "read-older" });
    this.#drawing.soon();
  }

  #closeDetails(): void {
    this.#change({ detailsOpen: false });
    this.#list.focusActive();
  }

  #say(line: string): void {
    this.#announcer.say(line);
    this.#dom.said.textContent = line;
  }

  /** At once: whoever types and leaves finds it again, and a page that is being hidden has no time left. */
  #keep(): void {
    this.#options.keep(keptOf(this.#model.scope, this.#sight, this.#model.rows.filter));
  }

  /** Whether anything unfinished is on the page, whose length of time grows. */
  #runs(): boolean {
    const last = this.#model.rows.last;
    const entry = last?.corrId === undefined ? undefined : this.#model.totalsOf(last.corrId);
    return entry !== undefined && entry.finishedAt === undefined && document.visibilityState === "visible";
  }
}
