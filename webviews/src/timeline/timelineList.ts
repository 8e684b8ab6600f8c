// The rows on the screen: which are drawn, which one has the keyboard, and what its keys do. One row has the tab stop; arrows
// and letters move it. It must never move the focus of a person who is somewhere else.
import { render } from "lit";
import { repeat } from "lit/directives/repeat.js";
import type { Amounts } from "#protocol/text/amounts.ts";
import type { TimelineEntry } from "#protocol/timeline.ts";
import { ROWS_DRAWN_MAX } from "../page/drawnPositions.ts";
import { VirtualRows } from "../page/virtualRows.ts";
import { placeOf } from "./entryOrder.ts";
import type { JumpTarget } from "./jumps.ts";
import { rowPart } from "./rowPart.ts";
import type { Sight } from "./sight.ts";
import type { Skeleton } from "./skeleton.ts";
import type { TimelineModel } from "./timelineModel.ts";

/** A row's height in lines of the editor's font. */
const ROW_LINES = { compact: 1.7, full: 3.2 } as const;

export interface TimelineListOptions {
  readonly model: TimelineModel;
  readonly amounts: Amounts;
  readonly dom: Pick<Skeleton, "log" | "rows">;
  readonly sight: () => Sight;
  readonly change: (change: Partial<Sight>) => void;
  readonly scrolled: () => void;
  readonly jump: (target: JumpTarget, direction: 1 | -1) => void;
  readonly focusSearch: () => void;
  /** Enter or a click on a row. */
  readonly open: (entry: TimelineEntry) => void;
  readonly escape: () => void;
}

interface Activation {
  readonly centered?: boolean;
  readonly focus?: boolean;
}

export class TimelineList {
  readonly #options: TimelineListOptions;
  readonly #virtual: VirtualRows;
  #fontPixels = 13;
  #rowSize = 0;
  /** How far rows moved for those that came or went on top of them: what a row's element is found by again. */
  #shifted = 0;
  #nowAt = 0;
  /** The height that the rows were last drawn for. */
  #drawnHeight = 0;

  constructor(options: TimelineListOptions) {
    this.#options = options;
    const { log } = options.dom;
    this.#virtual = new VirtualRows({
      scroller: log,
      changed: () => this.#options.scrolled(),
      scrolledByPerson: () => this.#scrolled(),
    });
    log.addEventListener("keydown", (event) => this.#key(event));
    log.addEventListener("click", (event) => this.#click(event));
    log.addEventListener("focusin", (event) => this.#focused(event));
    this.#measure();
    // The editor's font size and theme are variables of the document's own style.
    new MutationObserver(() => this.#measure()).observe(document.documentElement, { attributeFilter: ["style"] });
  }

  draw(nowAt: number): void {
    this.#nowAt = nowAt;
    const { model, dom, sight } = this.#options;
    const { follow } = sight();
    this.#virtual.set(model.rows.shownCount, this.#rowPixels(), this.activePosition());
    dom.rows.style.blockSize = `${this.#virtual.totalPixels}px`;
    const height = this.#virtual.heightPixels;
    const isResized = this.#drawnHeight !== 0 && this.#drawnHeight !== height;
    this.#drawnHeight = height;
    if (follow) this.#virtual.toEnd();
    else if (isResized && sight().active !== undefined) this.#virtual.show(this.activePosition());
    this.#drawRows();
  }

  get firstInSight(): number {
    return this.#virtual.firstInSight;
  }

  /** Shown rows came (or went) on top. */
  shift(rows: number): void {
    const { model, dom } = this.#options;
    this.#virtual.set(model.rows.shownCount, this.#rowPixels(), this.activePosition());
    dom.rows.style.blockSize = `${this.#virtual.totalPixels}px`;
    this.#shifted -= rows;
    // Who follows the end stays there; the next drawing scrolls to it.
    if (!this.#options.sight().follow) this.#virtual.shift(rows);
  }

  /** The row with the tab stop: the one that was chosen, else the newest while following, else the first in sight. */
  activePosition(): number {
    const { model, sight } = this.#options;
    const { active, follow } = sight();
    const last = model.rows.shownCount - 1;
    if (active !== undefined) return Math.min(model.rows.positionOf(active), last);
    return follow ? last : Math.min(this.#virtual.firstInSight, last);
  }

  activeEntry(): TimelineEntry | undefined {
    return this.#options.model.rows.at(this.activePosition());
  }

  activate(position: number, { centered = false, focus = false }: Activation = {}): void {
    const { model, change } = this.#options;
    const entry = model.rows.at(Math.max(0, Math.min(position, model.rows.shownCount - 1)));
    if (entry === undefined) return;
    const at = model.rows.positionOf(entry);
    change({ active: placeOf(entry), follow: at === model.rows.shownCount - 1 && this.#options.sight().follow });
    if (centered) this.#virtual.showCentered(at);
    else this.#virtual.show(at);
    this.#virtual.set(model.rows.shownCount, this.#rowPixels(), at);
    this.#drawRows();
    if (focus) this.focusActive();
  }

  toEnd({ focus = true }: Activation = {}): void {
    const { model, change } = this.#options;
    const last = model.rows.at(model.rows.shownCount - 1);
    change({ follow: true, ...(last === undefined || !focus ? {} : { active: placeOf(last) }) });
    this.draw(this.#nowAt);
    if (focus) this.focusActive();
  }

  focusActive(): void {
    this.#rowAt(this.activePosition())?.focus({ preventScroll: true });
  }

  #drawRows(): void {
    const { model, amounts, dom, sight } = this.#options;
    const { density, search } = sight();
    const active = this.activePosition();
    const count = model.rows.shownCount;
    const drawn = this.#virtual.drawn();
    const slots = slotsOf(drawn, active, this.#shifted);
    const rows = repeat(
      drawn,
      ({ position }) => slots.get(position),
      ({ position, topPixels }) => {
        const entry = model.rows.at(position);
        if (entry === undefined) return undefined;
        const above = model.rows.at(position - 1);
        const isActive = position === active;
        const chosen = isActive && sight().active !== undefined;
        const row = { entry, position, count, topPixels, active: isActive, chosen, density, search, above };
        return rowPart(
          model,
          amounts,
          { ...row, nowAt: this.#nowAt },
          { toggleEpisode: (parent) => this.#toggle(parent) },
        );
      },
    );
    render(rows, dom.rows);
  }

  /** A person scrolled: at the end the newest row is followed, anywhere else it is not. */
  #scrolled(): void {
    const { sight, change } = this.#options;
    // A list that became smaller is scrolled by the browser; it is drawn at its end again.
    if (this.#virtual.heightPixels !== this.#drawnHeight) return;
    if (this.#virtual.isAtEnd !== sight().follow) change({ follow: this.#virtual.isAtEnd });
  }

  #toggle({ corrId }: TimelineEntry): void {
    const { model, change } = this.#options;
    if (corrId === undefined) return;
    model.rows.setCollapsed(corrId, !model.rows.isCollapsed(corrId));
    change({});
  }

  #key(event: KeyboardEvent): void {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const { jump, focusSearch, open, escape, model } = this.#options;
    const at = this.activePosition();
    const page = this.#virtual.rowsInSight;
    const to = (position: number) => (): void => this.activate(position, { focus: true });
    const entry = this.activeEntry();
    const fold = (collapsed: boolean) => (): void => {
      if (entry?.corrId !== undefined && model.rows.isCollapsed(entry.corrId) !== collapsed) this.#toggle(entry);
    };
    const keys: Readonly<Record<string, () => void>> = {
      j: to(at + 1),
      ArrowDown: to(at + 1),
      k: to(at - 1),
      ArrowUp: to(at - 1),
      PageDown: to(at + page),
      PageUp: to(at - page),
      Home: to(0),
      End: () => this.toEnd(),
      ArrowLeft: fold(true),
      ArrowRight: fold(false),
      n: () => jump("error", 1),
      N: () => jump("error", -1),
      a: () => jump("approval", 1),
      A: () => jump("approval", -1),
      g: () => jump("egress", 1),
      G: () => jump("egress", -1),
      "/": focusSearch,
      Enter: () => {
        this.activate(at, { focus: true });
        if (entry !== undefined) open(entry);
      },
      Escape: escape,
    };
    const action = Object.hasOwn(keys, event.key) ? keys[event.key] : undefined;
    // A button inside of a row keeps its own Enter.
    if (action === undefined || (event.key === "Enter" && event.target instanceof HTMLButtonElement)) return;
    event.preventDefault();
    action();
  }

  #click(event: MouseEvent): void {
    const position = positionIn(event.target);
    if (position === undefined) return;
    const entry = this.#options.model.rows.at(position);
    this.activate(position, { focus: true });
    if (entry !== undefined) this.#options.open(entry);
  }

  /** Tab came to the row: from now on it is the chosen one. */
  #focused(event: FocusEvent): void {
    const position = positionIn(event.target);
    const entry = position === undefined ? undefined : this.#options.model.rows.at(position);
    if (entry !== undefined && this.#options.sight().active === undefined)
      this.#options.change({ active: placeOf(entry) });
  }

  #measure(): void {
    const pixels = Number.parseFloat(getComputedStyle(document.body).fontSize);
    if (Number.isFinite(pixels) && pixels > 0) this.#fontPixels = pixels;
    this.#options.change({});
  }

  #rowPixels(): number {
    const { density } = this.#options.sight();
    const pixels = Math.round(this.#fontPixels * ROW_LINES[density]);
    const { log } = this.#options.dom;
    if (log.dataset["density"] !== density || pixels !== this.#rowSize) {
      this.#rowSize = pixels;
      log.dataset["density"] = density;
      log.style.setProperty("--row-size", `${pixels}px`);
    }
    return pixels;
  }

  #rowAt(position: number): HTMLElement | undefined {
    const found = this.#options.dom.rows.querySelector(`[data-position="${position}"]`);
    return found instanceof HTMLElement ? found : undefined;
  }
}

/**
 * Which element shows which row. Elements are used again for other rows, so that a busy timeline makes no new ones; the row
 * that has the keyboard keeps its own, so that focus stays on it.
 */
function slotsOf(
  drawn: readonly { readonly position: number }[],
  active: number,
  shifted: number,
): ReadonlyMap<number, number> {
  const slotOf = (position: number): number =>
    (((position + shifted) % ROWS_DRAWN_MAX) + ROWS_DRAWN_MAX) % ROWS_DRAWN_MAX;
  const taken = slotOf(active);
  return new Map(
    drawn.map(({ position }) => {
      const slot = slotOf(position);
      // One row at most shares the slot of a kept row that is out of sight.
      return [position, slot === taken && position !== active ? ROWS_DRAWN_MAX : slot];
    }),
  );
}

function positionIn(target: EventTarget | null): number | undefined {
  const row = target instanceof Element ? target.closest("[data-position]") : null;
  const position = row instanceof HTMLElement ? Number(row.dataset["position"]) : Number.NaN;
  return Number.isInteger(position) ? position : undefined;
}
