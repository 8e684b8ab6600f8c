// The worker as one file to carry to another machine, and the line that runs it there. It is built into the extension, so
// that nothing has to be downloaded, and both sides are of one version.
import { access } from "node:fs/promises";
import { basename } from "node:path";
import * as vscode from "vscode";
import { ArwError } from "#protocol/errors.ts";
import { Dismissed } from "../commandRunner.ts";

/** The file in the extension. */
export function workerFile(context: vscode.ExtensionContext): vscode.Uri {
  return vscode.Uri.joinPath(context.extensionUri, "dist", "arw-worker.tgz");
}

/** The one line for a terminal of the other machine, in the folder that has the file. */
export function joinLine(file: vscode.Uri, invite: string): string {
  return `npx --yes ./${basename(file.fsPath)} join ${invite}`;
}

/** Saves the file where the person says. Throws Dismissed where they say nowhere. */
export async function saveWorkerFile(file: vscode.Uri): Promise<vscode.Uri> {
  await presentWorkerFile(file);
  const target = await vscode.window.showSaveDialog({
    title: vscode.l10n.t("Save the Worker to Carry It to the Other Machine"),
    defaultUri: vscode.Uri.joinPath(vscode.workspace.workspaceFolders?.[0]?.uri ?? file, "..", basename(file.fsPath)),
  });
  if (target === undefined) throw new Dismissed();
  await vscode.workspace.fs.copy(file, target, { overwrite: true });
  return target;
}

/** Throws ArwError `worker-file-missing` where this build of the extension has none. */
export async function presentWorkerFile(file: vscode.Uri): Promise<void> {
  try {
    await access(file.fsPath);
  } catch (cause) {
    throw new ArwError(
      "worker-file-missing",
      vscode.l10n.t("The worker's file {0} is missing from this extension.", file.fsPath),
      vscode.l10n.t("Build it with npm run package, or install the extension from its .vsix."),
      { cause },
    );
  }
}
