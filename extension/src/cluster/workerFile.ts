// The worker as one file to carry to another machine, and the line that runs it there. It is made of the files in this
// extension, so that nothing has to be downloaded, and both sides are of one version.
import { basename } from "node:path";
import * as vscode from "vscode";
import * as z from "zod";
import { ArwError } from "#protocol/errors.ts";
import { Dismissed } from "../commandRunner.ts";
import { workerArchive, workerArchiveName } from "./workerArchive.ts";

const manifestSchema: z.ZodType<{ readonly version: string }> = z.looseObject({ version: z.string().min(1).max(64) });

/** Where the file lies once `makeWorkerFile` has made it: among what VS Code keeps for this extension. */
export function workerFile(context: vscode.ExtensionContext): vscode.Uri {
  return vscode.Uri.joinPath(context.globalStorageUri, workerArchiveName(versionOf(context)));
}

/** The one line for a terminal of the other machine, in the folder that has the file. */
export function joinLine(file: vscode.Uri, invite: string): string {
  return `npx --yes ./${basename(file.fsPath)} join ${invite}`;
}

/** Makes the file anew: whatever lay there may be of another version. Throws ArwError `worker-file-missing`. */
export async function makeWorkerFile(context: vscode.ExtensionContext): Promise<vscode.Uri> {
  const file = workerFile(context);
  try {
    const archive = await workerArchive(context.extensionPath, versionOf(context));
    await vscode.workspace.fs.createDirectory(context.globalStorageUri);
    await vscode.workspace.fs.writeFile(file, archive);
    return file;
  } catch (cause) {
    throw new ArwError(
      "worker-file-missing",
      vscode.l10n.t("The worker's file {0} cannot be made from this extension.", file.fsPath),
      vscode.l10n.t("Build it with npm run package, or install the extension from its .vsix."),
      { cause },
    );
  }
}

/** Saves the file where the person says. Throws Dismissed where they say nowhere. */
export async function saveWorkerFile(context: vscode.ExtensionContext): Promise<vscode.Uri> {
  const file = await makeWorkerFile(context);
  const target = await vscode.window.showSaveDialog({
    title: vscode.l10n.t("Save the Worker to Carry It to the Other Machine"),
    defaultUri: vscode.Uri.joinPath(vscode.workspace.workspaceFolders?.[0]?.uri ?? file, "..", basename(file.fsPath)),
  });
  if (target === undefined) throw new Dismissed();
  await vscode.workspace.fs.copy(file, target, { overwrite: true });
  return target;
}

function versionOf({ extension }: vscode.ExtensionContext): string {
  return manifestSchema.parse(extension.packageJSON).version;
}
