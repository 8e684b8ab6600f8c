// The page's fixed parts, made once: each is drawn into on its own, so that a scroll draws rows and nothing else.
import * as l10n from "@vscode/l10n";

export interface Skeleton {
  readonly bar: HTMLElement;
  readonly notice: HTMLElement;
  /** The scrolled element of the rows. */
  readonly log: HTMLElement;
  /** As tall as all rows together; the drawn ones are in it. */
  readonly rows: HTMLElement;
  readonly empty: HTMLElement;
  readonly details: HTMLElement;
  readonly status: HTMLElement;
  /** The one polite region. */
  readonly heard: HTMLElement;
}

export function skeletonIn(root: HTMLElement): Skeleton {
  root.className = "ledger";
  const title = part(root, "heard-only", "h1");
  title.textContent = l10n.t("Egress Ledger");
  const bar = part(root, "bar-frame");
  const notice = part(root, "notice-frame");
  const body = part(root, "body");
  const main = part(body, "rows-frame");
  const log = part(main, "log");
  const rows = part(log, "rows");
  const empty = part(main, "empty-frame");
  const details = part(body, "details", "aside");
  const status = part(root, "status", "footer");
  const heard = part(root, "heard-only");
  log.role = "feed";
  log.ariaLabel = l10n.t("Records, the newest first");
  details.ariaLabel = l10n.t("Details");
  heard.role = "status";
  heard.ariaLive = "polite";
  return { bar, notice, log, rows, empty, details, status, heard };
}

function part(parent: HTMLElement, className: string, tag = "div"): HTMLElement {
  const element = document.createElement(tag);
  element.className = className;
  parent.append(element);
  return element;
}
