// The page's fixed parts, made once: each is drawn into on its own, so that a scroll draws rows and nothing else.
import * as l10n from "@vscode/l10n";

export interface Skeleton {
  readonly bar: HTMLElement;
  readonly filters: HTMLElement;
  readonly head: HTMLElement;
  readonly waterfall: HTMLElement;
  /** The scrolled element of the rows. */
  readonly log: HTMLElement;
  /** As tall as all rows together; the drawn ones are in it. */
  readonly rows: HTMLElement;
  readonly empty: HTMLElement;
  readonly details: HTMLElement;
  readonly status: HTMLElement;
  /** What a key has just done, for a moment, in sight. */
  readonly said: HTMLElement;
  /** The one polite region. */
  readonly heard: HTMLElement;
}

export function skeletonIn(root: HTMLElement): Skeleton {
  root.className = "timeline";
  const bar = part(root, "bar-frame");
  const filters = part(root, "filters-frame");
  const head = part(root, "head-frame");
  const waterfall = part(root, "waterfall-frame");
  const body = part(root, "body");
  const main = part(body, "rows-frame");
  const log = part(main, "log");
  const empty = part(main, "empty-frame");
  const details = part(body, "details", "aside");
  const foot = part(root, "status-frame", "footer");
  const status = part(foot, "status");
  const said = part(foot, "said");
  const heard = part(root, "heard-only");
  // A log that does not speak by itself: what is worth it is said by the one polite region.
  log.role = "log";
  log.ariaLive = "off";
  log.ariaLabel = l10n.t("Events");
  said.ariaHidden = "true";
  details.ariaLabel = l10n.t("Details");
  heard.role = "status";
  heard.ariaLive = "polite";
  return { bar, filters, head, waterfall, log, rows: part(log, "rows"), empty, details, status, said, heard };
}

/** A new element at the end of another one. */
export function part(parent: HTMLElement, className: string, tag = "div"): HTMLElement {
  const element = document.createElement(tag);
  element.className = className;
  parent.append(element);
  return element;
}
