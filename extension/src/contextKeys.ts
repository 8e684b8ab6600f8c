// Tells VS Code what menus, keys and empty states depend on. Keys only hide and show: the Home decides what is allowed.
import * as vscode from "vscode";
import type { Editor, Feature } from "./editor.ts";

export function openContextKeys({ home, mirror }: Editor): Feature {
  const known = new Map<string, unknown>();
  const set = (key: string, value: boolean | number): void => {
    if (known.get(key) === value) return;
    known.set(key, value);
    void vscode.commands.executeCommand("setContext", key, value);
  };
  const tell = (): void => {
    const { clustering, episodes, nodes, offloadsPaused, waiting } = mirror.facts;
    set("arw.connected", home.status.kind === "connected");
    set("arw.available", home.status.kind !== "unavailable");
    set("arw.waiting", waiting.length);
    set("arw.hasEpisodes", episodes.length > 0);
    set("arw.clusteringOn", clustering);
    set("arw.offloadsPaused", offloadsPaused !== undefined);
    set(
      "arw.hasWorkers",
      nodes.some(({ local, state }) => !local && state !== "pending" && state !== "revoked"),
    );
  };
  const subscriptions = [home.onDidChangeStatus(tell), mirror.onDidChange(tell)];
  tell();
  return { commands: {}, dispose: () => vscode.Disposable.from(...subscriptions).dispose() };
}
