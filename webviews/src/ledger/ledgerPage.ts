// Holds the Ledger page together: messages in, wishes out, and what is drawn when. What a person types or chooses is kept at
// once, and asked for a moment later. It must never show rows of a filter that is no longer set as if they passed it.
import * as l10n from "@vscode/l10n";
import { nothing, render } from "lit";
import type { EgressRecordId } from "#protocol/ids.ts";
import { type Amounts, amountsIn } from "#protocol/text/amounts.ts";
import type { LedgerFromPage, LedgerKept, LedgerToPage } from "#protocol/webview/ledger.ts";
import type { LedgerFilter, LedgerRecord } from "#protocol/wire/ledgerRecords.ts";
import { Announcer } from "../page/announcer.ts";
import { FrameDrawing } from "../page/frameDrawing.ts";
import { homeNotice } from "../page/homeNotice.ts";
import type { PageHost } from "../page/pageHost.ts";
import { detailsPart } from "./detailsPart.ts";
import { emptyPart } from "./emptyPart.ts";
import { filterPart, statusPart } from "./filterPart.ts";
import { LedgerList } from "./ledgerList.ts";
import { LedgerModel } from "./ledgerModel.ts";
import { type Skeleton, skeletonIn } from "./skeleton.ts";

/** The Home is asked when a person has paused for so long. */
const ASK_AFTER_MS = 150;
/** Rows below what is in sight at which more are asked for. */
const ROWS_AHEAD = 50;

export class LedgerPage {
  readonly #options: PageHost<LedgerFromPage, LedgerKept>;
  readonly #model = new LedgerModel();
  readonly #amounts: Amounts;
  readonly #dom: Skeleton;
  readonly #list: LedgerList;
  readonly #announcer: Announcer;
  #text: string;
  #active: EgressRecordId | undefined;
  #detailsOpen: boolean;
  readonly #drawing = new FrameDrawing(() => this.#draw());
  #asking: number | undefined;
  /** Whether the count is to be said once the answer is there: a person narrowed it down, the ledger did not just grow. */
  #isSaying = false;
  #isBack: boolean;
  /** Whoever comes from an episode wants its record, not a list of one. */
  #opensNewest = false;

  constructor(options: PageHost<LedgerFromPage, LedgerKept>) {
    this.#options = options;
    const { kept } = options;
    this.#amounts = amountsIn(options.language);
    this.#text = kept?.text ?? "";
    this.#active = kept?.active;
    this.#detailsOpen = kept?.detailsOpen ?? false;
    this.#isBack = kept !== undefined;
    this.#dom = skeletonIn(options.root);
    this.#announcer = new Announcer({
      region: this.#dom.heard,
      more: (count) => l10n.t("And {0} more.", this.#amounts.count(count)),
    });
    this.#list = new LedgerList({
      model: this.#model,
      amounts: this.#amounts,
      log: this.#dom.log,
      rows: this.#dom.rows,
      active: () => this.#active,
      activate: (record) => this.#activate(record),
      scrolled: () => this.#scrolled(),
      open: () => this.#setDetails(true),
      escape: () => this.#closeDetails(),
      focusPath: () => this.#dom.bar.querySelector("input")?.select(),
    });
    this.#model.setFilter(kept?.filter ?? {});
    this.#ask();
    this.#drawing.now();
  }

  receive(message: LedgerToPage): void {
    switch (message.kind) {
      case "home":
        this.#model.home = message;
        return this.#drawing.soon();
      case "choices":
        this.#model.setChoices(message);
        return this.#drawing.soon();
      case "narrow":
        this.#text = message.filter.path ?? "";
        this.#setFilter(message.filter);
        this.#opensNewest = message.filter.episodeId !== undefined;
        return;
      case "rows":
        return this.#took(this.#model.take(message), message.last);
      case "problem":
        if (message.query !== this.#model.query) return;
        this.#model.problem = message.text;
        this.#model.looking = false;
        return this.#drawing.soon();
      case "details":
        this.#model.takeDetails(message);
        return this.#drawing.soon();
    }
  }

  #took(isCurrent: boolean, last: boolean): void {
    if (!isCurrent) return;
    if (last && this.#isSaying) this.#sayCount();
    if (last && this.#opensNewest) this.#openNewest();
    // After the page was hidden, the row that a person was at is in sight again.
    if (last && this.#isBack) {
      this.#isBack = false;
      this.#drawing.now();
      if (this.#active !== undefined) this.#list.showActive();
    }
    this.#drawing.soon();
    if (last) this.#askMore();
  }

  #openNewest(): void {
    this.#opensNewest = false;
    const [newest] = this.#model.rows;
    if (newest === undefined) return;
    this.#activate(newest);
    this.#setDetails(true);
  }

  #sayCount(): void {
    this.#isSaying = false;
    const { more, rows } = this.#model;
    const count = this.#amounts.count(rows.length);
    this.#announcer.say(
      more ? l10n.t("{0} records shown, and there are more", count) : l10n.t("{0} records shown", count),
    );
  }

  #draw(): void {
    const amounts = this.#amounts;
    const model = this.#model;
    const clear = (): void => this.#clear();
    const bar = filterPart(model, this.#text, {
      type: (text) => this.#type(text),
      filter: (change) => this.#setFilter(change(model.filter)),
      clear,
      toRows: () => this.#list.focusActive(),
      export: () => this.#export(),
    });
    render(bar, this.#dom.bar);
    render(homeNotice(model.home), this.#dom.notice);
    this.#list.draw();
    const around = {
      clear,
      startEpisode: () => this.#options.post({ kind: "start-episode" }),
      again: () => {
        model.askAgain();
        this.#ask();
        this.#drawing.soon();
      },
    };
    render(emptyPart(model, amounts, around), this.#dom.empty);
    render(statusPart(model, amounts), this.#dom.status);
    this.#drawDetails();
    this.#dom.log.ariaBusy = model.looking ? "true" : "false";
    // A feed without an article is none.
    this.#dom.log.role = model.rows.length === 0 ? "region" : "feed";
    this.#dom.log.classList.toggle("stale", model.isStale);
  }

  #drawDetails(): void {
    const { details } = this.#dom;
    const record = this.#detailsOpen ? this.#model.rows[this.#model.positionOf(this.#active)] : undefined;
    details.hidden = record === undefined;
    const before = this.#model.opened?.recordId;
    const isNew = this.#model.open(record);
    if (record === undefined) {
      render(nothing, details);
      return;
    }
    const { record_id: recordId } = record.row;
    if (isNew) this.#options.post({ kind: "read-record", recordId, from: 0 });
    if (before !== recordId) details.querySelector(".details-body")?.scrollTo(0, 0);
    const part = detailsPart(this.#model, this.#amounts, record, {
      close: () => this.#closeDetails(),
      wish: (wish) => this.#options.post(wish),
      readMore: () => {
        const from = this.#model.opened?.items?.length ?? 0;
        this.#options.post({ kind: "read-record", recordId, from });
      },
      onlyEpisode: ({ row }) => {
        this.#text = "";
        this.#setFilter({ episodeId: row.episode_id });
      },
    });
    render(part, details);
  }

  #type(text: string): void {
    this.#text = text;
    const { path: _path, ...rest } = this.#model.filter;
    const path = text.trim();
    this.#setFilter(path === "" ? rest : { ...rest, path }, ASK_AFTER_MS);
  }

  #clear(): void {
    this.#text = "";
    this.#setFilter({});
  }

  #setFilter(filter: LedgerFilter, askAfterMs = 0): void {
    this.#model.setFilter(filter);
    this.#isSaying = true;
    this.#opensNewest = false;
    this.#keep();
    window.clearTimeout(this.#asking);
    if (askAfterMs === 0) this.#ask();
    else this.#asking = window.setTimeout(() => this.#ask(), askAfterMs);
    this.#dom.log.scrollTo(0, 0);
    this.#drawing.soon();
  }

  #ask(): void {
    const { filter, query, wanted } = this.#model;
    this.#options.post({ kind: "query", query, filter, rows: wanted });
  }

  #scrolled(): void {
    this.#drawing.soon();
    this.#askMore();
  }

  /** More rows are fetched before a person reaches the last of them. */
  #askMore(): void {
    const { hasRoom, looking, more, rows } = this.#model;
    // The list measures itself before there is anything to look for.
    if (looking || !more || !hasRoom || this.#list.lastInSight < rows.length - ROWS_AHEAD) return;
    this.#model.wantMore();
    this.#ask();
  }

  #activate({ row }: LedgerRecord): void {
    this.#active = row.record_id;
    this.#keep();
    this.#drawing.soon();
  }

  #setDetails(open: boolean): void {
    this.#detailsOpen = open;
    this.#keep();
    this.#drawing.soon();
  }

  #closeDetails(): void {
    if (!this.#detailsOpen) return;
    this.#setDetails(false);
    this.#list.focusActive();
  }

  #export(): void {
    const [newest] = this.#model.rows;
    if (newest === undefined) return;
    this.#options.post({ kind: "export", filter: this.#model.filter, newest: newest.number });
  }

  #keep(): void {
    const { filter } = this.#model;
    const active = this.#active === undefined ? {} : { active: this.#active };
    this.#options.keep({ filter, text: this.#text, detailsOpen: this.#detailsOpen, ...active });
  }
}
