// Rows of one height in a scrolled element, of which only those in sight are drawn. Whatever is scrolled, the row that has
// the keyboard stays drawn, so that focus is not lost. It must never ask the document for a place that it knows already:
// each such question between two drawings makes the browser lay all of it out.
import { elementScroll, observeElementOffset, observeElementRect, Virtualizer } from "@tanstack/virtual-core";
import { drawnPositions } from "./drawnPositions.ts";

/** Rows drawn beyond each edge, where there is room for them. */
const OVERSCAN = 6;
/** The virtualizer measures blocks of rows: it makes an array of all it measures whenever their number changes. */
const BLOCK_ROWS = 64;

export interface DrawnRow {
  readonly position: number;
  readonly topPixels: number;
}

export interface VirtualRowsOptions {
  readonly scroller: HTMLElement;
  /** Which rows are in sight has changed. */
  readonly changed: () => void;
  /** A person scrolled, and not this page itself. */
  readonly scrolledByPerson: () => void;
}

export class VirtualRows {
  readonly #scroller: HTMLElement;
  readonly #virtualizer: Virtualizer<HTMLElement, HTMLElement>;
  readonly #unmount: () => void;
  #count = 0;
  #rowPixels = 22;
  #kept: number | undefined;
  #topPixels = 0;

  constructor({ scroller, changed, scrolledByPerson }: VirtualRowsOptions) {
    this.#scroller = scroller;
    this.#virtualizer = new Virtualizer({
      ...this.#blocks(),
      onChange: changed,
      overscan: 0,
      getScrollElement: () => scroller,
      scrollToFn: elementScroll,
      observeElementRect,
      observeElementOffset,
    });
    // Before the virtualizer hears of it, and for scrolls within a block as well.
    scroller.addEventListener(
      "scroll",
      () => {
        const top = scroller.scrollTop;
        // The event of a scroll of ours comes when more rows may be there already: it says nothing about the person.
        const isOurs = Math.abs(top - this.#topPixels) <= 1;
        this.#topPixels = top;
        changed();
        if (!isOurs) scrolledByPerson();
      },
      { passive: true },
    );
    this.#unmount = this.#virtualizer._didMount();
    this.#virtualizer._willUpdate();
  }

  /** `kept`: the position of the row that must stay drawn. */
  set(count: number, rowPixels: number, kept: number | undefined): void {
    const isMeasured =
      Math.ceil(count / BLOCK_ROWS) === this.#virtualizer.options.count && rowPixels === this.#rowPixels;
    this.#count = count;
    this.#rowPixels = rowPixels;
    this.#kept = kept;
    // The browser scrolls a list that became shorter.
    this.#topPixels = Math.max(0, Math.min(this.#topPixels, this.totalPixels - this.heightPixels));
    if (isMeasured) return;
    this.#virtualizer.setOptions({ ...this.#virtualizer.options, ...this.#blocks() });
    this.#virtualizer.measure();
    this.#virtualizer._willUpdate();
  }

  get totalPixels(): number {
    return this.#count * this.#rowPixels;
  }

  /** The height of what is in sight, as the virtualizer was last told. */
  get heightPixels(): number {
    return this.#virtualizer.scrollRect?.height ?? 0;
  }

  drawn(): readonly DrawnRow[] {
    const startIndex = Math.min(this.firstInSight, Math.max(0, this.#count - 1));
    const inSight = Math.ceil(this.heightPixels / this.#rowPixels) + 1;
    const endIndex = Math.min(this.#count - 1, startIndex + inSight - 1);
    const range = { startIndex, endIndex, overscan: OVERSCAN, count: this.#count };
    return drawnPositions(range, this.#kept).map((position) => ({ position, topPixels: position * this.#rowPixels }));
  }

  get rowsInSight(): number {
    return Math.max(1, Math.floor(this.heightPixels / this.#rowPixels) - 1);
  }

  get isAtEnd(): boolean {
    return this.#topPixels + this.heightPixels >= this.totalPixels - this.#rowPixels;
  }

  get firstInSight(): number {
    return Math.floor(this.#topPixels / this.#rowPixels);
  }

  toEnd(): void {
    this.#scrollTo(this.totalPixels);
  }

  /** Scrolls only as far as needed to have the row in sight. */
  show(position: number): void {
    const top = position * this.#rowPixels;
    if (top < this.#topPixels) this.#scrollTo(top);
    else if (top + this.#rowPixels > this.#topPixels + this.heightPixels) {
      this.#scrollTo(top + this.#rowPixels - this.heightPixels);
    }
  }

  showCentered(position: number): void {
    this.#scrollTo(position * this.#rowPixels - this.heightPixels / 2);
  }

  /** Rows came or went on top: what is in sight stays where it is. */
  shift(rows: number): void {
    if (rows !== 0) this.#scrollTo(this.#topPixels + rows * this.#rowPixels);
  }

  dispose(): void {
    this.#unmount();
  }

  #scrollTo(pixels: number): void {
    const top = Math.max(0, Math.min(pixels, this.totalPixels - this.heightPixels));
    if (top === this.#topPixels) return;
    this.#topPixels = top;
    this.#scroller.scrollTop = top;
  }

  #blocks(): Pick<Virtualizer<HTMLElement, HTMLElement>["options"], "count" | "estimateSize"> {
    const pixels = BLOCK_ROWS * this.#rowPixels;
    return { count: Math.ceil(this.#count / BLOCK_ROWS), estimateSize: () => pixels };
  }
}
