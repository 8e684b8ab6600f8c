// Opens everything the extension is, in order, and closes it in reverse: the connection to the Home first, then each feature.
// It is the extension's composition root: no rule lives here, and no feature knows another.
import * as vscode from "vscode";
import { messageOf } from "#protocol/errors.ts";
import { openAttentionFeature } from "./attention/waitingNotice.ts";
import { openClusterFeature } from "./cluster/openClusterFeature.ts";
import { runCommand } from "./commandRunner.ts";
import { openContextKeys } from "./contextKeys.ts";
import type { CommandHandler, Editor, Feature, OpenFeature } from "./editor.ts";
import { openEpisodesFeature } from "./episodes/openEpisodesFeature.ts";
import type { HomeStatus } from "./home/home.ts";
import { HomeConnection } from "./home/homeConnection.ts";
import { type HomePlace, hasHome, homePlaceOf } from "./home/homePlace.ts";
import { LiveMirror } from "./home/liveMirror.ts";
import { ownerSecretDialogs } from "./home/ownerSecretDialogs.ts";
import { StoredOwnerSecret } from "./home/storedOwnerSecret.ts";
import { openHomeCommands } from "./homeCommands.ts";
import { openClassFeature } from "./classes/classFeature.ts";
import { openLedgerFeature } from "./ledger/ledgerFeature.ts";
import { openPolicyFeature } from "./policy/policyFeature.ts";
import { openResultsFeature } from "./results/resultsFeature.ts";
import { openReviewFeature } from "./review/reviewFeature.ts";
import { openStagedFeature } from "./staged/stagedFeature.ts";
import { openStatusBar } from "./statusBar.ts";
import { openTimelineFeature } from "./timeline/timelineFeature.ts";
import { openViews } from "./views/openViews.ts";

/** Every surface and flow. A new one is a line here. */
const FEATURES: readonly OpenFeature[] = [
  openContextKeys,
  openStatusBar,
  openViews,
  openEpisodesFeature,
  openClusterFeature,
  openReviewFeature,
  openClassFeature,
  openAttentionFeature,
  openStagedFeature,
  openResultsFeature,
  openPolicyFeature,
  openTimelineFeature,
  openLedgerFeature,
];

export interface Workbench {
  /** What the features handle; the manifest contributes exactly these. */
  readonly commandIds: readonly string[];
  /** Never rejects: what goes wrong is shown. */
  run(id: string, given: readonly unknown[]): Promise<void>;
  /** Says goodbye to the Home and closes every feature. */
  close(): Promise<void>;
}

export function openWorkbench(context: vscode.ExtensionContext, log: vscode.LogOutputChannel): Workbench {
  const folder = vscode.workspace.workspaceFolders?.[0];
  const place = (): Promise<HomePlace> => homePlaceOf(folder?.uri.fsPath ?? "", context.extensionPath);
  const ownerSecret = new StoredOwnerSecret(
    context.secrets,
    async () => `arw.ownerSecret.${(await place()).workspaceId}`,
    ownerSecretDialogs,
  );
  const home = new HomeConnection(place, firstStatus(folder), ownerSecret, log);
  const mirror = new LiveMirror(home, log);
  const editor: Editor = { context, log, folder, home, mirror, ownerSecret, sight: { needsYou: false, reading: [] } };
  const features: readonly Feature[] = [
    openHomeCommands(editor, home, ownerSecret),
    ...FEATURES.map((open) => open(editor)),
  ];
  const handlers = new Map<string, CommandHandler>(features.flatMap(({ commands }) => Object.entries(commands)));
  const attach = async (): Promise<void> => {
    if (!vscode.workspace.getConfiguration("arw").get("home.connectOnStartup", true)) return;
    // A folder that had a Home before has things to show; any other starts one when it is first used.
    if (home.status.kind === "idle" && (await hasHome(await place()))) await home.connect();
  };
  const trusted = vscode.workspace.onDidGrantWorkspaceTrust(() => {
    home.becomeAvailable();
    attachQuietly(attach, log);
  });
  attachQuietly(attach, log);
  return {
    commandIds: [...handlers.keys()],
    run: (id, given) => runCommand(id, handlers.get(id), given, log),
    close: async () => {
      trusted.dispose();
      for (const feature of features.toReversed()) feature.dispose();
      mirror.dispose();
      await home.close();
      home.dispose();
    },
  };
}

/** Nobody asked for it, so nobody is interrupted: status bar and log say what went wrong. */
function attachQuietly(attach: () => Promise<void>, log: vscode.LogOutputChannel): void {
  attach().catch((error: unknown) => log.warn(messageOf(error)));
}

function firstStatus(folder: vscode.WorkspaceFolder | undefined): HomeStatus {
  if (folder === undefined) return { kind: "unavailable", why: "no-folder" };
  if (folder.uri.scheme !== "file") return { kind: "unavailable", why: "not-on-disk" };
  return vscode.workspace.isTrusted ? { kind: "idle" } : { kind: "unavailable", why: "untrusted" };
}
