// The Ledger's fixed parts, from its bar to its status line.
import * as l10n from "@vscode/l10n";
import { heardPart, part, type RowsSkeleton, rowsFrame } from "../page/rowsSkeleton.ts";

export interface Skeleton extends RowsSkeleton {
  readonly bar: HTMLElement;
  readonly notice: HTMLElement;
  readonly details: HTMLElement;
  readonly status: HTMLElement;
  /** The one polite region. */
  readonly heard: HTMLElement;
}

export function skeletonIn(root: HTMLElement): Skeleton {
  root.className = "rows-page ledger";
  const title = part(root, "heard-only", "h1");
  title.textContent = l10n.t("Egress Ledger");
  const bar = part(root, "bar-frame");
  const notice = part(root, "notice-frame");
  const body = part(root, "body");
  const frame = rowsFrame(body, "feed", l10n.t("Records, the newest first"));
  const details = part(body, "details", "aside");
  const status = part(root, "status", "footer");
  details.ariaLabel = l10n.t("Details");
  return { ...frame, bar, notice, details, status, heard: heardPart(root) };
}
