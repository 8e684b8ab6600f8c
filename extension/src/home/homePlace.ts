// Where the Home of a folder lives, and the words that start one: VS Code's own runtime and the program in the extension.
// It decides paths only. It must never use an extension's storage: terminal and editor share one Home.
import { stat } from "node:fs/promises";
import { join } from "node:path";
import { realWorkspaceFolder } from "#platform/state/privateFolder.ts";
import { stateFolders, workspaceIdOf } from "#platform/state/stateFolders.ts";
import type { WorkspaceId } from "#protocol/ids.ts";

export interface HomePlace {
  readonly workspaceId: WorkspaceId;
  /** The real path. */
  readonly workspaceFolder: string;
  readonly homeFolder: string;
  readonly socketPath: string;
  readonly program: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** Throws ArwError `workspace-missing`. */
export async function homePlaceOf(folderPath: string, extensionPath: string): Promise<HomePlace> {
  const workspaceFolder = await realWorkspaceFolder(folderPath);
  const workspaceId = workspaceIdOf(workspaceFolder);
  const folders = stateFolders();
  return {
    workspaceId,
    workspaceFolder,
    homeFolder: folders.homeFolder(workspaceId),
    socketPath: folders.socketPath(workspaceId),
    program: [process.execPath, join(extensionPath, "dist", "arw-home.js")],
    env: environmentOfPrograms(process.env),
  };
}

/** Whether this folder had a Home before: then a window may attach without being asked. */
export async function hasHome(place: HomePlace): Promise<boolean> {
  try {
    return (await stat(place.homeFolder)).isDirectory();
  } catch {
    return false;
  }
}

/**
 * The environment for our programs: without what VS Code set for its own processes, and on a desktop with the switch that
 * makes its runtime plain Node.
 */
export function environmentOfPrograms(
  own: Readonly<Record<string, string | undefined>>,
): Readonly<Record<string, string | undefined>> {
  const kept = Object.entries(own).filter(([name]) => !/^(?:VSCODE_|ELECTRON_|NODE_OPTIONS$)/u.test(name));
  return { ...Object.fromEntries(kept), ELECTRON_RUN_AS_NODE: "1" };
}
