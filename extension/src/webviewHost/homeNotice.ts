// What a page says about the Home while it cannot be reached: the cause, and what to do.
import * as vscode from "vscode";
import type { HomeNotice } from "#protocol/webview/feed.ts";
import type { HomeStatus } from "../home/home.ts";

export function homeNotice(status: HomeStatus): HomeNotice {
  const urgent = status.kind === "failed" || status.kind === "unavailable";
  return { kind: "home", reachable: status.kind === "connected", text: noticeText(status), urgent };
}

function noticeText(status: HomeStatus): string {
  switch (status.kind) {
    case "connected":
      return "";
    case "idle":
      return vscode.l10n.t("The Home starts with the first episode.");
    case "connecting":
      return status.lost === undefined
        ? vscode.l10n.t("Reaching the Home…")
        : vscode.l10n.t("The Home was lost ({0}). Reaching it again…", status.lost);
    case "failed":
      return `${status.error.message} ${status.error.advice}`;
    case "unavailable":
      switch (status.why) {
        case "no-folder":
          return vscode.l10n.t("Open a folder: each folder has a Home of its own.");
        case "not-on-disk":
          return vscode.l10n.t("This folder is not on a disk that a Home can work with.");
        case "untrusted":
          return vscode.l10n.t("Clustering stays off until you trust this folder.");
      }
  }
}
