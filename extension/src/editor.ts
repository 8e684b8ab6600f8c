// What every feature of the extension gets: the window's folder, the Home, what the Home says, and the log.
// A feature is one surface or one flow with its commands; `workbench.ts` opens all of them and closes them in reverse.
import type * as vscode from "vscode";
import type { Sight } from "./attention/sight.ts";
import type { Home } from "./home/home.ts";
import type { HomeMirror } from "./home/homeMirror.ts";
import type { OwnerSecret } from "./home/ownerSecret.ts";

export interface Editor {
  readonly context: vscode.ExtensionContext;
  readonly log: vscode.LogOutputChannel;
  /** The folder whose Home this is: the first of the window. Absent in an empty window. */
  readonly folder: vscode.WorkspaceFolder | undefined;
  readonly home: Home;
  readonly mirror: HomeMirror;
  readonly ownerSecret: OwnerSecret;
  readonly sight: Sight;
}

/** Gets what a menu or another command hands over: nothing, a tree item, a URI. It decodes what it uses. */
export type CommandHandler = (...given: readonly unknown[]) => Promise<void>;

export interface Feature extends vscode.Disposable {
  /** By command id. An ArwError that a handler throws is shown with its cause and advice; any other one as a bug. */
  readonly commands: Readonly<Record<string, CommandHandler>>;
}

export type OpenFeature = (editor: Editor) => Feature;
