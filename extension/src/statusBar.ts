// The one item in the status bar: what waits for you, else how many machines there are, else that it is only this one.
// It shows and decides nothing; a click goes to what waits.
import * as vscode from "vscode";
import type { HomeStatus } from "./home/home.ts";
import type { HomeFacts } from "./home/homeMirror.ts";
import type { Editor, Feature } from "./editor.ts";

const PRIORITY = 50;

export function openStatusBar({ home, mirror }: Editor): Feature {
  const item = vscode.window.createStatusBarItem("arw.status", vscode.StatusBarAlignment.Left, PRIORITY);
  item.name = "ARW";
  const draw = (): void => {
    const { background, command, label, text, tooltip } = statusLook(home.status, mirror.facts);
    item.text = text;
    item.tooltip = tooltip;
    item.command = command;
    item.backgroundColor = background;
    item.accessibilityInformation = { label };
    item.show();
  };
  const subscriptions = [home.onDidChangeStatus(draw), mirror.onDidChange(draw), item];
  draw();
  return { commands: {}, dispose: () => vscode.Disposable.from(...subscriptions).dispose() };
}

interface StatusLook {
  readonly text: string;
  readonly label: string;
  readonly tooltip: string;
  readonly command: string;
  readonly background?: vscode.ThemeColor | undefined;
}

function statusLook(status: HomeStatus, facts: HomeFacts): StatusLook {
  const look: Look = (icon, words, tooltip, command) => ({
    text: `$(${icon}) ${words}`,
    label: `ARW: ${words}`,
    tooltip,
    command,
  });
  switch (status.kind) {
    case "unavailable":
      return look("home", vscode.l10n.t("ARW off"), unavailableText(status.why), "arw.openWalkthrough");
    case "connecting":
      return look(
        "sync~spin",
        vscode.l10n.t("ARW"),
        status.lost === undefined
          ? vscode.l10n.t("Connecting to the Home of this folder.")
          : vscode.l10n.t("Connecting again: {0}.", status.lost),
        "arw.showLog",
      );
    case "failed":
      return {
        ...look("error", vscode.l10n.t("ARW stopped"), `${status.error.message} ${status.error.advice}`, "arw.showLog"),
        background: new vscode.ThemeColor("statusBarItem.errorBackground"),
      };
    case "idle":
      return look(
        "home",
        vscode.l10n.t("Local only"),
        vscode.l10n.t("The Home starts when you use it."),
        "arw.startEpisode",
      );
    case "connected":
      return connectedLook(facts, look);
  }
}

type Look = (icon: string, words: string, tooltip: string, command: string) => StatusLook;

/** The most pressing first: a Home that takes nothing, what waits, what is switched off, and else where work can run. */
function connectedLook({ offloadsPaused, readOnly, waiting, ...facts }: HomeFacts, look: Look): StatusLook {
  if (readOnly !== undefined) {
    return {
      ...look(
        "error",
        vscode.l10n.t("Read-only"),
        vscode.l10n.t("The Home's journal cannot be written: {0}", readOnly.reason),
        "arw.diagnose",
      ),
      background: new vscode.ThemeColor("statusBarItem.errorBackground"),
    };
  }
  if (waiting.length > 0) {
    return {
      ...look(
        "bell-dot",
        vscode.l10n.t("{0} waiting", waiting.length),
        vscode.l10n.t("Something waits for you. Nothing runs until you answer."),
        "arw.reviewNext",
      ),
      background: new vscode.ThemeColor("statusBarItem.warningBackground"),
    };
  }
  if (offloadsPaused !== undefined) {
    return look(
      "debug-pause",
      vscode.l10n.t("Offloads paused"),
      vscode.l10n.t("Nothing new leaves this machine. Local work goes on."),
      "arw.resumeOffloads",
    );
  }
  return placesLook(facts, look);
}

function placesLook({ clustering, clusteringProblem, nodes }: Omit<HomeFacts, "waiting">, look: Look): StatusLook {
  const usable = nodes.filter((node) => node.state !== "revoked" && node.state !== "pending");
  const ready = usable.filter((node) => node.state === "ready").length;
  if (clusteringProblem !== undefined) {
    return look("warning", vscode.l10n.t("Local only"), clusteringProblem, "arw.diagnose");
  }
  if (!clustering || usable.length < 2) {
    const tooltip = clustering
      ? vscode.l10n.t("Everything runs on this machine until you add a worker.")
      : vscode.l10n.t("Clustering is off. Everything runs on this machine.");
    return look("home", vscode.l10n.t("Local only"), tooltip, "arw.nodes.focus");
  }
  return look(
    "server-environment",
    vscode.l10n.t("{0} nodes", usable.length),
    vscode.l10n.t("{0} of {1} nodes are ready.", ready, usable.length),
    "arw.nodes.focus",
  );
}

function unavailableText(why: Extract<HomeStatus, { kind: "unavailable" }>["why"]): string {
  switch (why) {
    case "no-folder":
      return vscode.l10n.t("Open a folder: a Home belongs to a folder.");
    case "not-on-disk":
      return vscode.l10n.t("This folder is not on a disk of this machine.");
    case "untrusted":
      return vscode.l10n.t("Clustering stays off until you trust this folder.");
  }
}
