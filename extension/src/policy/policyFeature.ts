// The policy in the editor: opens the Home's and the workspace's document, adopts a text after the native question, starts from
// a posture, and shows which past offloads a text would have changed. The Home judges and adopts; nothing here decides.
import { mkdir, writeFile } from "node:fs/promises";
import * as vscode from "vscode";
import { ArwError } from "#protocol/errors.ts";
import type { PostureName } from "#protocol/policy.ts";
import { plainText } from "#protocol/text/plainText.ts";
import { METHODS } from "#protocol/wire/client.ts";
import type { CheckPolicyResult } from "#protocol/wire/policyViews.ts";
import { Dismissed } from "../commandRunner.ts";
import { confirm } from "../confirm.ts";
import type { Editor, Feature } from "../editor.ts";
import { PolicyChanges } from "./policyChanges.ts";
import { sayInformation } from "../notice.ts";

/** The language of policy documents; the manifest names it. */
export const POLICY_LANGUAGE = "arw-policy";

const NAME_CHARACTERS_MAX = 80;

export function openPolicyFeature(editor: Editor): Feature {
  const changes = new PolicyChanges();
  return {
    commands: {
      "arw.openPolicy": async () => openHomePolicy(editor),
      "arw.openWorkspacePolicy": async () => openWorkspacePolicy(editor),
      "arw.usePosture": async () => usePosture(editor),
      "arw.adoptPolicy": async (uri) => adopt(editor, await documentOf(editor, uri)),
      "arw.peekPolicyChanges": async (uri) => peek(editor, changes, await documentOf(editor, uri)),
    },
    dispose: () => changes.dispose(),
  };
}

async function openHomePolicy({ home }: Editor): Promise<void> {
  const { file } = await home.call(METHODS.showPolicy, {});
  await vscode.window.showTextDocument(vscode.Uri.file(file));
}

/** What a project says for everybody who opens it: begins as a text that changes nothing. */
async function openWorkspacePolicy({ folder, home }: Editor): Promise<void> {
  if (folder === undefined) throw new Dismissed();
  await home.connect();
  const uri = vscode.Uri.joinPath(folder.uri, ".arw", "policy.jsonc");
  await mkdir(vscode.Uri.joinPath(folder.uri, ".arw").fsPath, { recursive: true });
  // Only where there is none: what somebody wrote is never replaced.
  await writeFile(uri.fsPath, WORKSPACE_BEGINNING, { flag: "wx" }).catch((error: unknown) => {
    if (!(error instanceof Error && "code" in error && error.code === "EEXIST")) throw error;
  });
  await vscode.window.showTextDocument(uri);
}

async function usePosture({ home }: Editor): Promise<void> {
  const postures: readonly (vscode.QuickPickItem & { readonly posture: PostureName })[] = [
    {
      posture: "local-only",
      label: "local-only",
      detail: vscode.l10n.t("Nothing leaves this machine."),
    },
    {
      posture: "ask-always",
      label: "ask-always",
      detail: vscode.l10n.t(
        "You read and approve every offload, or grant a lease for more like it. A Home begins like this.",
      ),
    },
    {
      posture: "trusted-workers",
      label: "trusted-workers",
      detail: vscode.l10n.t("To workers that the policy states as trusted, work leaves without a question."),
    },
  ];
  const chosen = await vscode.window.showQuickPick(postures, {
    title: vscode.l10n.t("Start From a Posture"),
    placeHolder: vscode.l10n.t("It takes the place of the policy in force; the old one stays in the history"),
  });
  if (chosen === undefined) throw new Dismissed();
  await confirm({
    question: vscode.l10n.t("Use the posture {0}?", chosen.label),
    detail: [
      chosen.detail ?? "",
      vscode.l10n.t("It counts at once: what waits and may no longer leave is withdrawn."),
    ].join("\n"),
    button: vscode.l10n.t("Use It"),
  });
  const { name, withdrawn } = await home.call(METHODS.usePosture, { posture: chosen.posture });
  sayAdopted(name, withdrawn.length);
}

async function peek({ home }: Editor, changes: PolicyChanges, document: vscode.TextDocument): Promise<void> {
  const of = document.uri.path.endsWith("/.arw/policy.jsonc") ? "workspace" : "home";
  const checked = await home.call(METHODS.checkPolicy, { text: document.getText(), of });
  if (checked.name === undefined) throw broken(checked);
  await changes.peek(document, checked.changed);
}

async function adopt({ home }: Editor, document: vscode.TextDocument): Promise<void> {
  const text = document.getText();
  const checked = await home.call(METHODS.checkPolicy, { text, of: "home" });
  if (checked.name === undefined) throw broken(checked);
  await confirm({
    question: vscode.l10n.t("Adopt the policy {0}?", plainText(checked.name, NAME_CHARACTERS_MAX)),
    detail: [
      vscode.l10n.t("It would have changed {0} of the last {1} offloads.", checked.changed.length, checked.looked),
      ...(checked.findings.length === 0
        ? []
        : [vscode.l10n.t("{0} of its lines have no effect.", checked.findings.length)]),
      vscode.l10n.t("It counts at once: what waits and may no longer leave is withdrawn."),
    ].join("\n"),
    button: vscode.l10n.t("Adopt"),
  });
  const { name, withdrawn } = await home.call(METHODS.adoptPolicy, { text });
  // The Home has written what was adopted into its own file; the open document follows by itself once it is not dirty.
  if (document.isDirty) await document.save();
  sayAdopted(name, withdrawn.length);
}

function broken({ findings: [first] }: CheckPolicyResult): ArwError {
  const where =
    first === undefined ? "" : ` ${first.range.start.line + 1}:${first.range.start.character + 1} ${first.message}.`;
  return new ArwError(
    "policy-invalid",
    vscode.l10n.t("This text is no policy.{0}", where),
    vscode.l10n.t("Mend what is underlined, then adopt it."),
  );
}

function sayAdopted(name: string, withdrawn: number): void {
  const policy = plainText(name, NAME_CHARACTERS_MAX);
  void sayInformation(
    withdrawn === 0
      ? vscode.l10n.t("The policy {0} is in force.", policy)
      : vscode.l10n.t("The policy {0} is in force; withdrawn because of it: {1}.", policy, withdrawn),
  );
}

/** The document that a lens was pressed in; from the palette, the one in front. */
async function documentOf(editor: Editor, given: unknown): Promise<vscode.TextDocument> {
  if (typeof given === "string") return vscode.workspace.openTextDocument(vscode.Uri.parse(given, true));
  const active = vscode.window.activeTextEditor?.document;
  if (active?.languageId === POLICY_LANGUAGE) return active;
  const { file } = await editor.home.call(METHODS.showPolicy, {});
  return vscode.workspace.openTextDocument(vscode.Uri.file(file));
}

const WORKSPACE_BEGINNING = `// What this project asks of everybody's Home: it can only make things stricter than the owner's own policy.
// It is read before every send. docs: the README of ARW Home Node, "Policy".
{
  "version": 1,
  "name": "this project",
  // "gates": { "noEgress": true },
  "rules": []
}
`;
