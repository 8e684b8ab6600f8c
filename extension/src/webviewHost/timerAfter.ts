// Runs something later unless it is disposed of before.
import type * as vscode from "vscode";

export function timerAfter(ms: number, run: () => void): vscode.Disposable {
  const timer = setTimeout(run, ms);
  return { dispose: () => clearTimeout(timer) };
}
