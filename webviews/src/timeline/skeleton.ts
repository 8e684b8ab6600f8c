// The Timeline's fixed parts, from its bar to its status line.
import * as l10n from "@vscode/l10n";
import { heardPart, part, type RowsSkeleton, rowsFrame } from "../page/rowsSkeleton.ts";

export interface Skeleton extends RowsSkeleton {
  readonly bar: HTMLElement;
  readonly filters: HTMLElement;
  readonly head: HTMLElement;
  readonly waterfall: HTMLElement;
  readonly details: HTMLElement;
  readonly status: HTMLElement;
  /** What a key has just done, for a moment, in sight. */
  readonly said: HTMLElement;
  /** The one polite region. */
  readonly heard: HTMLElement;
}

export function skeletonIn(root: HTMLElement): Skeleton {
  root.className = "rows-page timeline";
  const bar = part(root, "bar-frame");
  const filters = part(root, "filters-frame");
  const head = part(root, "head-frame");
  const waterfall = part(root, "waterfall-frame");
  const body = part(root, "body");
  const frame = rowsFrame(body, "log", l10n.t("Events"));
  const details = part(body, "details", "aside");
  const foot = part(root, "status-frame", "footer");
  const status = part(foot, "status");
  const said = part(foot, "said");
  said.ariaHidden = "true";
  details.ariaLabel = l10n.t("Details");
  return { ...frame, bar, filters, head, waterfall, details, status, said, heard: heardPart(root) };
}
