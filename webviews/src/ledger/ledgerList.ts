// The rows on the screen: which are drawn, which one has the keyboard, and what its keys do. One row has the tab stop; arrows
// move it. It must never move the focus of a person who is somewhere else.
import { render } from "lit";
import { repeat } from "lit/directives/repeat.js";
import type { EgressRecordId } from "#protocol/ids.ts";
import type { Amounts } from "#protocol/text/amounts.ts";
import type { LedgerRecord } from "#protocol/wire/ledgerRecords.ts";
import { VirtualRows } from "../page/virtualRows.ts";
import type { LedgerModel } from "./ledgerModel.ts";
import { rowPart } from "./rowPart.ts";

/** A row's height in lines of the editor's font. */
const ROW_LINES = 3.3;

export interface LedgerListOptions {
  readonly model: LedgerModel;
  readonly amounts: Amounts;
  /** The scrolled element, and the one in it that is as tall as all rows. */
  readonly log: HTMLElement;
  readonly rows: HTMLElement;
  readonly active: () => EgressRecordId | undefined;
  readonly activate: (record: LedgerRecord) => void;
  readonly scrolled: () => void;
  readonly open: () => void;
  readonly escape: () => void;
  readonly focusPath: () => void;
}

export class LedgerList {
  readonly #options: LedgerListOptions;
  readonly #virtual: VirtualRows;
  #rowSize = 0;

  constructor(options: LedgerListOptions) {
    this.#options = options;
    const { log } = options;
    this.#virtual = new VirtualRows({ scroller: log, changed: options.scrolled, scrolledByPerson: () => undefined });
    log.addEventListener("keydown", (event) => this.#key(event));
    log.addEventListener("click", (event) => this.#click(event));
    this.#measure();
    // The editor's font size and theme are variables of the document's own style.
    new MutationObserver(() => this.#measure()).observe(document.documentElement, { attributeFilter: ["style"] });
  }

  draw(): void {
    const { active, amounts, model, rows } = this.#options;
    const kept = this.activePosition();
    const count = model.rows.length;
    this.#virtual.set(count, this.#rowSize, kept);
    rows.style.blockSize = `${this.#virtual.totalPixels}px`;
    const drawn = this.#virtual.drawn().flatMap(({ position, topPixels }) => {
      const record = model.rows[position];
      return record === undefined ? [] : [{ position, topPixels, record }];
    });
    const parts = repeat(
      drawn,
      ({ record }) => record.row.record_id,
      ({ position, record, topPixels }) => {
        const chosen = record.row.record_id === active();
        return rowPart(amounts, { record, position, count, topPixels, active: position === kept, chosen });
      },
    );
    render(parts, rows);
  }

  get lastInSight(): number {
    return this.#virtual.firstInSight + this.#virtual.rowsInSight;
  }

  /** The row with the tab stop: the one that was chosen, else the first in sight. */
  activePosition(): number {
    const { active, model } = this.#options;
    const at = model.positionOf(active());
    return at >= 0 ? at : Math.min(this.#virtual.firstInSight, model.rows.length - 1);
  }

  showActive(): void {
    this.#virtual.show(this.activePosition());
  }

  focusActive(): void {
    this.draw();
    const row = this.#options.rows.querySelector(`[data-position="${this.activePosition()}"]`);
    if (row instanceof HTMLElement) row.focus({ preventScroll: true });
  }

  #go(position: number): void {
    const { activate, model } = this.#options;
    const at = Math.max(0, Math.min(position, model.rows.length - 1));
    const record = model.rows[at];
    if (record === undefined) return;
    activate(record);
    this.#virtual.show(at);
    this.focusActive();
  }

  #key(event: KeyboardEvent): void {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const at = this.activePosition();
    const page = this.#virtual.rowsInSight;
    const to = (position: number) => (): void => this.#go(position);
    const keys: Readonly<Record<string, () => void>> = {
      j: to(at + 1),
      ArrowDown: to(at + 1),
      k: to(at - 1),
      ArrowUp: to(at - 1),
      PageDown: to(at + page),
      PageUp: to(at - page),
      Home: to(0),
      End: to(this.#options.model.rows.length - 1),
      "/": this.#options.focusPath,
      Enter: () => {
        this.#go(at);
        this.#options.open();
      },
      Escape: this.#options.escape,
    };
    const action = Object.hasOwn(keys, event.key) ? keys[event.key] : undefined;
    if (action === undefined) return;
    event.preventDefault();
    action();
  }

  #click(event: MouseEvent): void {
    const row = event.target instanceof Element ? event.target.closest("[data-position]") : null;
    const position = row instanceof HTMLElement ? Number(row.dataset["position"]) : Number.NaN;
    if (!Number.isInteger(position)) return;
    this.#go(position);
    this.#options.open();
  }

  #measure(): void {
    const pixels = Number.parseFloat(getComputedStyle(document.body).fontSize);
    this.#rowSize = Math.round((Number.isFinite(pixels) && pixels > 0 ? pixels : 13) * ROW_LINES);
    this.#options.log.style.setProperty("--row-size", `${this.#rowSize}px`);
    this.#options.scrolled();
  }
}
