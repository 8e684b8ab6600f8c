// The fixed parts of every page of rows, made once: each is drawn into on its own, so that a scroll draws rows and nothing else.

export interface RowsSkeleton {
  /** The scrolled element of the rows. */
  readonly log: HTMLElement;
  /** As tall as all rows together; the drawn ones are in it. */
  readonly rows: HTMLElement;
  readonly empty: HTMLElement;
}

/** The scrolled frame of the rows, and the place for why there are none. */
export function rowsFrame(body: HTMLElement, role: "feed" | "log", label: string): RowsSkeleton {
  const main = part(body, "rows-frame");
  const log = part(main, "log");
  const rows = part(log, "rows");
  log.role = role;
  // What is worth it is said by the page's one polite region.
  if (role === "log") log.ariaLive = "off";
  log.ariaLabel = label;
  return { log, rows, empty: part(main, "empty-frame") };
}

/** The one polite region. */
export function heardPart(root: HTMLElement): HTMLElement {
  const heard = part(root, "heard-only");
  heard.role = "status";
  heard.ariaLive = "polite";
  return heard;
}

/** A new element at the end of another one. */
export function part(parent: HTMLElement, className: string, tag = "div"): HTMLElement {
  const element = document.createElement(tag);
  element.className = className;
  parent.append(element);
  return element;
}
