// Tabs of our panels that VS Code brought back after a reload and has not looked into yet: they are tabs without a panel until
// they come to the front. It must never open a tab: it finds the one that is there, and lets VS Code wake it.
import * as vscode from "vscode";

/** The view type of a panel's tab as VS Code spells it: with a prefix of its own. */
const isOfType = (tab: vscode.Tab, viewType: string): boolean =>
  tab.input instanceof vscode.TabInputWebview && tab.input.viewType.endsWith(viewType);

/** Focuses one group after the other; a window with more than these is looked through as far as they go. */
const FOCUS_GROUP: readonly string[] = [
  "First",
  "Second",
  "Third",
  "Fourth",
  "Fifth",
  "Sixth",
  "Seventh",
  "Eighth",
].map((place) => `workbench.action.focus${place}EditorGroup`);

/** Brings a panel's tab with this title to the front, whereupon VS Code restores the panel. False where there is none. */
export async function wakeTab(viewType: string, title: string): Promise<boolean> {
  for (const { tabs, viewColumn } of vscode.window.tabGroups.all) {
    const index = tabs.findIndex((tab) => isOfType(tab, viewType) && tab.label === title);
    const focus = FOCUS_GROUP[viewColumn - 1];
    if (index < 0 || focus === undefined) continue;
    await vscode.commands.executeCommand(focus);
    await vscode.commands.executeCommand("workbench.action.openEditorAtIndex", index);
    return true;
  }
  return false;
}
