// Rows of one height in a scrolled element, of which only those in sight are drawn. Whatever is scrolled, the row that has
// the keyboard stays drawn, so that focus is not lost. It must never draw more than ROWS_DRAWN_MAX.
import { elementScroll, observeElementOffset, observeElementRect, Virtualizer } from "@tanstack/virtual-core";
import { drawnPositions } from "./drawnPositions.ts";

/** Rows drawn beyond each edge, where there is room for them. */
const OVERSCAN = 6;

export interface DrawnRow {
  readonly position: number;
  readonly topPixels: number;
}

export interface VirtualRowsOptions {
  readonly scroller: HTMLElement;
  /** Which rows are in sight has changed. */
  readonly changed: () => void;
}

export class VirtualRows {
  readonly #scroller: HTMLElement;
  readonly #virtualizer: Virtualizer<HTMLElement, HTMLElement>;
  readonly #unmount: () => void;
  #count = 0;
  #rowPixels = 22;
  #kept: number | undefined;

  constructor({ scroller, changed }: VirtualRowsOptions) {
    this.#scroller = scroller;
    this.#virtualizer = new Virtualizer({
      ...this.#options(),
      onChange: changed,
      getScrollElement: () => scroller,
      scrollToFn: elementScroll,
      observeElementRect,
      observeElementOffset,
    });
    this.#unmount = this.#virtualizer._didMount();
    this.#virtualizer._willUpdate();
  }

  /** `kept`: the position of the row that must stay drawn. */
  set(count: number, rowPixels: number, kept: number | undefined): void {
    const measured = rowPixels !== this.#rowPixels;
    this.#count = count;
    this.#rowPixels = rowPixels;
    this.#kept = kept;
    this.#virtualizer.setOptions({ ...this.#virtualizer.options, ...this.#options() });
    if (measured) this.#virtualizer.measure();
    this.#virtualizer._willUpdate();
  }

  get totalPixels(): number {
    return this.#count * this.#rowPixels;
  }

  drawn(): readonly DrawnRow[] {
    // The event that tells the virtualizer of a scroll comes after the next frame: rows would be blank until then.
    this.#virtualizer.scrollOffset = this.#scroller.scrollTop;
    return this.#virtualizer
      .getVirtualItems()
      .map(({ index }) => ({ position: index, topPixels: index * this.#rowPixels }));
  }

  get rowsInSight(): number {
    return Math.max(1, Math.floor(this.#scroller.clientHeight / this.#rowPixels) - 1);
  }

  get isAtEnd(): boolean {
    const { scrollTop, clientHeight, scrollHeight } = this.#scroller;
    return scrollTop + clientHeight >= scrollHeight - this.#rowPixels;
  }

  get firstInSight(): number {
    return Math.floor(this.#scroller.scrollTop / this.#rowPixels);
  }

  toEnd(): void {
    this.#scroller.scrollTop = this.totalPixels;
  }

  /** Scrolls only as far as needed to have the row in sight. */
  show(position: number): void {
    const top = position * this.#rowPixels;
    const { scrollTop, clientHeight } = this.#scroller;
    if (top < scrollTop) this.#scroller.scrollTop = top;
    else if (top + this.#rowPixels > scrollTop + clientHeight) {
      this.#scroller.scrollTop = top + this.#rowPixels - clientHeight;
    }
  }

  showCentered(position: number): void {
    this.#scroller.scrollTop = position * this.#rowPixels - this.#scroller.clientHeight / 2;
  }

  /** Rows came or went on top: what is in sight stays where it is. */
  shift(rows: number): void {
    if (rows !== 0) this.#scroller.scrollTop += rows * this.#rowPixels;
  }

  dispose(): void {
    this.#unmount();
  }

  #options(): Pick<
    Virtualizer<HTMLElement, HTMLElement>["options"],
    "count" | "estimateSize" | "overscan" | "rangeExtractor"
  > {
    return {
      count: this.#count,
      estimateSize: () => this.#rowPixels,
      overscan: OVERSCAN,
      rangeExtractor: (range) => drawnPositions(range, this.#kept),
    };
  }
}
