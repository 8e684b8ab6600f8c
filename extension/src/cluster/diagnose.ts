// Diagnose…: what was checked, how it stands, its cause and its fix, as a document that can go into an issue as it is.
// It must hold no secret and must work where the Home does not: then that is the first thing it says.
import * as vscode from "vscode";
import * as z from "zod";
import { decode } from "#protocol/decode.ts";
import { ArwError } from "#protocol/errors.ts";
import { METHODS } from "#protocol/wire/client.ts";
import type { NodeView } from "#protocol/wire/clientViews.ts";
import type { DiagnosisCheck } from "#protocol/wire/diagnosis.ts";
import { PROTOCOL_VERSION } from "#protocol/wire/version.ts";
import type { Editor } from "../editor.ts";
import { nodeName, nodeStateText } from "../nodes/nodeWords.ts";
import { markdownBlocks, markdownItem } from "./markdown.ts";
import type { Reports } from "./reports.ts";
import { sayInformation, sayProgress } from "../notice.ts";

type Check = Omit<DiagnosisCheck, "id">;

const manifestSchema: z.ZodType<{ readonly version: string }> = z.looseObject({ version: z.string() });

export async function diagnose(editor: Editor, reports: Reports): Promise<void> {
  const progress = { location: vscode.ProgressLocation.Window, title: vscode.l10n.t("Diagnosing…") };
  const checks = await sayProgress(progress, () => allChecks(editor));
  const text = reportOf(checks, factsOf(editor));
  await reports.show(vscode.l10n.t("ARW Diagnosis"), text);
  const copy = vscode.l10n.t("Copy Report");
  const log = vscode.l10n.t("Show Log");
  const failed = checks.filter(({ state }) => state === "failed").length;
  const said =
    failed === 0
      ? vscode.l10n.t("Nothing is broken.")
      : vscode.l10n.t("Broken: {0}. The report says why and what to do.", failed);
  void sayInformation(said, copy, log).then(async (answer) => {
    if (answer === copy) await vscode.env.clipboard.writeText(text);
    if (answer === log) editor.log.show();
  });
}

/** The Home's own diagnosis, then what its workers say of themselves. */
async function allChecks({ home }: Editor): Promise<readonly Check[]> {
  try {
    const { processId } = await home.connect();
    const { checks } = await home.call(METHODS.diagnose, {});
    const { nodes } = await home.call(METHODS.listNodes, {});
    const cause = vscode.l10n.t("It runs as process {0}.", processId);
    return [{ title: homeTitle(), state: "ok", cause }, ...checks, ...nodes.flatMap(nodeChecks)];
  } catch (error) {
    if (!(error instanceof ArwError)) throw error;
    return [{ title: homeTitle(), state: "failed", cause: error.message, fix: error.advice }];
  }
}

function homeTitle(): string {
  return vscode.l10n.t("The Home of this folder");
}

function nodeChecks(node: NodeView): readonly Check[] {
  // This machine is part of the Home's own diagnosis.
  if (node.local || node.state === "revoked") return [];
  const title = nodeName(node);
  const state = node.state === "ready" ? "ok" : "attention";
  const itself: Check = { title, state, cause: vscode.l10n.t("{0}: {1}", nodeStateText(node), node.reason) };
  const engines = (node.capabilities?.engines ?? []).map((engine): Check => {
    const named = vscode.l10n.t("{0}: the {1} engine", title, engine.kind);
    if (engine.state === "ready") return { title: named, state: "ok", cause: vscode.l10n.t("It is ready.") };
    return { title: named, state: "attention", cause: engine.reason, fix: engine.advice };
  });
  return [itself, ...engines];
}

function factsOf({ context, folder, home }: Editor): readonly (readonly [string, string])[] {
  const manifest = decode(manifestSchema, context.extension.packageJSON);
  const own = manifest.ok ? manifest.value.version : "?";
  return [
    [vscode.l10n.t("Extension"), own],
    [vscode.l10n.t("Protocol"), String(PROTOCOL_VERSION)],
    [vscode.l10n.t("Editor"), `${vscode.env.appName} ${vscode.version}`],
    [vscode.l10n.t("Runtime"), `Node ${process.versions.node}`],
    [vscode.l10n.t("System"), `${process.platform} ${process.arch}`],
    [vscode.l10n.t("Remote"), vscode.env.remoteName ?? vscode.l10n.t("none")],
    [vscode.l10n.t("Folder"), folder?.uri.scheme ?? vscode.l10n.t("none")],
    [vscode.l10n.t("Connection"), home.status.kind],
  ];
}

function reportOf(checks: readonly Check[], facts: readonly (readonly [string, string])[]): string {
  const items = checks.map(({ cause, fix, state, title }) => {
    const mend = fix === undefined ? undefined : vscode.l10n.t("What to do: {0}", fix);
    return markdownItem(vscode.l10n.t("{0} — {1}", stateText(state), title), [cause, mend]);
  });
  return markdownBlocks([
    `# ${vscode.l10n.t("ARW Diagnosis")}`,
    items.join("\n"),
    `## ${vscode.l10n.t("Versions")}`,
    facts.map(([name, value]) => markdownItem(vscode.l10n.t("{0}: {1}", name, value), [])).join("\n"),
    vscode.l10n.t("The log: the command ARW: Show Log. This report holds no secret and no content of a file."),
  ]);
}

function stateText(state: Check["state"]): string {
  switch (state) {
    case "ok":
      return vscode.l10n.t("✓ good");
    case "attention":
      return vscode.l10n.t("! look at it");
    case "failed":
      return vscode.l10n.t("✗ broken");
  }
}
