// Where VS Code enters: registers every contributed command at once and loads the rest right after, so that opening a
// window never waits for us. It must never do work of its own: `workbench.ts` opens everything.
import * as vscode from "vscode";
import type { Workbench } from "./workbench.ts";

/** VS Code gives an extension five seconds to end. */
const CLOSE_MS_MAX = 4_000;

let opening: Promise<Workbench> | undefined;

export function activate(context: vscode.ExtensionContext): void {
  const log = vscode.window.createOutputChannel("ARW", { log: true });
  context.subscriptions.push(log);
  const workbench = loadSoon(context, log);
  opening = workbench;
  for (const id of contributedCommands(context.extension.packageJSON)) {
    const run = async (...given: readonly unknown[]): Promise<void> => (await workbench).run(id, given);
    context.subscriptions.push(vscode.commands.registerCommand(id, run));
  }
}

export async function deactivate(): Promise<void> {
  const workbench = await opening?.catch(() => undefined);
  if (workbench === undefined) return;
  let late: NodeJS.Timeout | undefined;
  const patience = new Promise<void>((resolve) => {
    late = setTimeout(resolve, CLOSE_MS_MAX);
  });
  await Promise.race([workbench.close(), patience]);
  clearTimeout(late);
}

/** After this turn of the event loop: the modules of the workbench are read and evaluated only then. */
async function loadSoon(context: vscode.ExtensionContext, log: vscode.LogOutputChannel): Promise<Workbench> {
  await new Promise((resolve) => setImmediate(resolve));
  try {
    const { openWorkbench } = await import("./workbench.ts");
    return openWorkbench(context, log);
  } catch (error) {
    log.error("The extension did not open", error instanceof Error ? error : String(error));
    throw error;
  }
}

/** VS Code types a manifest as `any`; this reads the ids of its commands and nothing else. */
function contributedCommands(manifest: unknown): readonly string[] {
  const commands = member(member(manifest, "contributes"), "commands");
  if (!Array.isArray(commands)) return [];
  return commands.map((command) => member(command, "command")).filter((id) => typeof id === "string");
}

function member(value: unknown, key: string): unknown {
  return typeof value === "object" && value !== null ? Object.getOwnPropertyDescriptor(value, key)?.value : undefined;
}
