// Which files of the workspace a command means: what a menu hands over, else the file in the active editor.
// Only files of the folder whose Home this is count; anything else is said, not skipped.
import * as vscode from "vscode";
import { ArwError } from "#protocol/errors.ts";
import { isWorkspacePath, type WorkspacePath } from "#protocol/workspacePath.ts";

export interface WorkspaceFile {
  readonly uri: vscode.Uri;
  readonly path: WorkspacePath;
  readonly isFolder: boolean;
}

/** The files that are meant. Throws ArwError where there is none, or one is not in the folder. */
export async function meantFiles(
  folder: vscode.WorkspaceFolder | undefined,
  given: readonly unknown[],
): Promise<readonly WorkspaceFile[]> {
  const [one, several] = given;
  const many: readonly unknown[] = Array.isArray(several) ? several : [];
  const handed = many.length > 0 ? many : [one];
  const uris = handed.filter((each) => each instanceof vscode.Uri);
  const active = vscode.window.activeTextEditor?.document.uri;
  const meant = uris.length > 0 || active === undefined ? uris : [active];
  if (meant.length === 0) {
    throw new ArwError(
      "no-file",
      vscode.l10n.t("No file is open."),
      vscode.l10n.t("Open a file, or choose one in the explorer."),
    );
  }
  return Promise.all(meant.map((uri) => workspaceFile(folder, uri)));
}

async function workspaceFile(folder: vscode.WorkspaceFolder | undefined, uri: vscode.Uri): Promise<WorkspaceFile> {
  const root = folder?.uri.path.replace(/\/$/u, "");
  const path = root !== undefined && uri.path.startsWith(`${root}/`) ? uri.path.slice(root.length + 1) : "";
  if (uri.scheme !== "file" || !isWorkspacePath(path)) {
    throw new ArwError(
      "not-in-folder",
      vscode.l10n.t("{0} is not in the folder of this Home.", uri.path),
      vscode.l10n.t("Only files of the first folder of this window can ever be sent."),
    );
  }
  return { uri, path, isFolder: await isFolder(uri) };
}

async function isFolder(uri: vscode.Uri): Promise<boolean> {
  try {
    return ((await vscode.workspace.fs.stat(uri)).type & vscode.FileType.Directory) !== 0;
  } catch {
    return false;
  }
}
