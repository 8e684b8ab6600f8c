// What must hold for our packaged extension inside VS Code's extension host, whichever VS Code that is.
// It uses VS Code's API alone. What a person sees and does is for the tests of windows.
import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import * as vscode from "vscode";
import { until } from "../../acceptance/processes.ts";
import { claim, proveAll } from "./claims.ts";

export const run: () => Promise<void> = proveAll;

function ours(): vscode.Extension<unknown> {
  const found = vscode.extensions.getExtension("arw.arw-home");
  assert.ok(found !== undefined, "the packaged extension is not installed");
  return found;
}

function member(value: unknown, ...path: readonly string[]): unknown {
  return path.reduce(
    (at, key) => (typeof at === "object" && at !== null ? Object.getOwnPropertyDescriptor(at, key)?.value : undefined),
    value,
  );
}

function listOf(value: unknown, key: string): readonly string[] {
  assert.ok(Array.isArray(value), `no list of ${key}`);
  return value.map((each) => String(member(each, key)));
}

claim("the packaged extension is installed, not a folder of its sources, and activates", async () => {
  const extension = ours();
  await extension.activate();
  assert.equal(extension.isActive, true);
  assert.ok(!readdirSync(extension.extensionPath).includes("node_modules"));
  assert.equal(member(extension.packageJSON, "scripts"), undefined);
});

claim("every contributed command is registered, and no other one of ours", async () => {
  const contributed = listOf(member(ours().packageJSON, "contributes", "commands"), "command").toSorted();
  assert.ok(contributed.length > 20);
  const views = Object.values(member(ours().packageJSON, "contributes", "views") ?? {}).flatMap((list) =>
    listOf(list, "id"),
  );
  // VS Code makes commands for each view, such as the one that focuses it.
  const registered = (await vscode.commands.getCommands(true))
    .filter((id) => id.startsWith("arw."))
    .filter((id) => !views.some((view) => id.startsWith(`${view}.`)));
  assert.deepEqual(registered.toSorted(), contributed);
});

claim("every view can be opened", async () => {
  const views = Object.values(member(ours().packageJSON, "contributes", "views") ?? {}).flatMap((list) =>
    listOf(list, "id"),
  );
  assert.ok(views.length > 4);
  for (const view of views) await vscode.commands.executeCommand(`${view}.focus`);
});

claim("no setting of ours can be made by a file of the workspace against its restrictions", () => {
  const restricted = member(ours().packageJSON, "capabilities", "untrustedWorkspaces", "restrictedConfigurations");
  assert.ok(Array.isArray(restricted) && restricted.length > 0);
  for (const name of restricted) {
    const known = vscode.workspace.getConfiguration().inspect(String(name));
    assert.ok(known?.defaultValue !== undefined, `${name} is no setting`);
    assert.equal(known.workspaceValue, undefined, String(name));
  }
});

claim("the workspace's Home is started, and keeps its state where this editor says", async () => {
  const state = process.env["ARW_STATE_HOME"];
  assert.ok(state !== undefined);
  await until("a Home's state", () => (readdirSync(state).length > 0 ? true : undefined), 50_000);
});
