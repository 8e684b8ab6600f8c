// Runs a command of the palette and shows how it failed: an error of ours with its cause and advice, anything else as a bug.
// It must never swallow an error, nor show a bug's inside to anybody but the log.
import * as vscode from "vscode";
import { ArwError } from "#protocol/errors.ts";
import type { CommandHandler } from "./editor.ts";
import { sayError } from "./notice.ts";

/** The person backed out of a dialog: no error, nothing to show. */
export class Dismissed extends Error {}

export async function runCommand(
  id: string,
  handler: CommandHandler | undefined,
  given: readonly unknown[],
  log: vscode.LogOutputChannel,
): Promise<void> {
  try {
    if (handler === undefined) throw new Error(`no feature handles ${id}`);
    await handler(...given);
  } catch (error) {
    await showFailure(id, error, log);
  }
}

/** For what was asked of a page and not by a command, too. `what` names it in the log. */
export async function showFailure(what: string, error: unknown, log: vscode.LogOutputChannel): Promise<void> {
  if (error instanceof Dismissed || error instanceof vscode.CancellationError) return;
  const showLog = vscode.l10n.t("Show Log");
  if (error instanceof ArwError) log.warn(`${what}: ${error.code}: ${error.message} ${error.advice}`);
  else log.error(`${what} failed`, error instanceof Error ? error : String(error));
  const text =
    error instanceof ArwError
      ? `${error.message} ${error.advice}`
      : vscode.l10n.t("ARW failed at this for a reason of its own. The log has the details.");
  if ((await sayError(text, showLog)) === showLog) log.show();
}
