// Diagnose…: what was checked, how it stands, its cause and its fix, as a document that can go into an issue as it is.
// It must hold no secret and must work where the Home does not: then that is the first thing it says.
import * as vscode from "vscode";
import * as z from "zod";
import { decode } from "#protocol/decode.ts";
import { ArwError } from "#protocol/errors.ts";
import { METHODS } from "#protocol/wire/client.ts";
import type { HelloResult, NodeView } from "#protocol/wire/clientViews.ts";
import { PROTOCOL_VERSION } from "#protocol/wire/version.ts";
import type { Editor } from "../editor.ts";
import { nodeName, nodeStateText } from "../nodes/nodeWords.ts";
import { plainLine } from "../terminal/terminalText.ts";
import { markdownBlocks, markdownTable, markdownText } from "./markdown.ts";
import type { Reports } from "./reports.ts";

interface Check {
  readonly title: string;
  readonly state: "good" | "attention" | "bad";
  /** Why it is so; absent where there is nothing to say. */
  readonly cause?: string;
  readonly fix?: string;
}

const manifestSchema: z.ZodType<{ readonly version: string }> = z.looseObject({ version: z.string() });

export async function diagnose(editor: Editor, reports: Reports): Promise<void> {
  const progress = { location: vscode.ProgressLocation.Window, title: vscode.l10n.t("Diagnosing…") };
  const checks = await vscode.window.withProgress(progress, () => allChecks(editor));
  const text = reportOf(checks, factsOf(editor));
  await reports.show(vscode.l10n.t("ARW Diagnosis"), text);
  const copy = vscode.l10n.t("Copy Report");
  const log = vscode.l10n.t("Show Log");
  const bad = checks.filter(({ state }) => state === "bad").length;
  const said =
    bad === 0
      ? vscode.l10n.t("Nothing is broken.")
      : vscode.l10n.t("Broken: {0}. The report says why and what to do.", bad);
  void vscode.window.showInformationMessage(said, copy, log).then(async (answer) => {
    if (answer === copy) await vscode.env.clipboard.writeText(text);
    if (answer === log) editor.log.show();
  });
}

async function allChecks({ home }: Editor): Promise<readonly Check[]> {
  const title = vscode.l10n.t("The Home of this folder");
  try {
    const hello = await home.call(METHODS.hello, { v: PROTOCOL_VERSION, client: "editor" });
    const { nodes } = await home.call(METHODS.listNodes, {});
    const cause = vscode.l10n.t("It runs as process {0}.", hello.processId);
    return [{ title, state: "good", cause }, journalCheck(hello), clusteringCheck(hello), ...nodes.flatMap(nodeChecks)];
  } catch (error) {
    if (!(error instanceof ArwError)) throw error;
    return [{ title, state: "bad", cause: error.message, fix: error.advice }];
  }
}

function journalCheck({ readOnly }: HelloResult): Check {
  const title = vscode.l10n.t("The journal");
  if (readOnly === undefined) return { title, state: "good", cause: vscode.l10n.t("It takes what happens.") };
  const fix = vscode.l10n.t("Free space, or mend the disk; the Home tries again by itself.");
  return { title, state: "bad", cause: readOnly.reason, fix };
}

function clusteringCheck({ clustering, offloadsPaused }: HelloResult): Check {
  const title = vscode.l10n.t("Clustering");
  if (!clustering.on && clustering.reason !== undefined) {
    const fix = vscode.l10n.t("Mend that, then use ARW: Turn On Clustering.");
    return { title, state: "bad", cause: clustering.reason, fix };
  }
  if (!clustering.on) return { title, state: "good", cause: vscode.l10n.t("It is off: nothing listens.") };
  const cause = vscode.l10n.t("This Home listens on {0}, port {1}.", clustering.host, clustering.port);
  if (offloadsPaused === undefined) return { title, state: "good", cause };
  const fix = vscode.l10n.t("ARW: Resume Offloads lets them leave again.");
  return { title, state: "attention", cause: vscode.l10n.t("{0} All offloads are paused.", cause), fix };
}

function nodeChecks(node: NodeView): readonly Check[] {
  if (node.state === "revoked") return [];
  const title = nodeName(node);
  const state = node.state === "ready" ? "good" : "attention";
  const itself: Check = { title, state, cause: vscode.l10n.t("{0}: {1}", nodeStateText(node), node.reason) };
  const engines = (node.capabilities?.engines ?? []).map((engine): Check => {
    const named = vscode.l10n.t("{0}: the {1} engine", title, engine.kind);
    if (engine.state === "ready") return { title: named, state: "good" };
    // A machine without a model server is whole; one that cannot run commands in a sandbox lacks something.
    const missing = engine.kind === "command" ? ("bad" as const) : ("attention" as const);
    return { title: named, state: missing, cause: engine.reason, fix: engine.advice };
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
  const rows = checks.map(({ cause, fix, state, title }) => [stateText(state), title, cause ?? "", fix ?? ""]);
  const head = [vscode.l10n.t("State"), vscode.l10n.t("What"), vscode.l10n.t("Cause"), vscode.l10n.t("Fix")];
  return markdownBlocks([
    `# ${vscode.l10n.t("ARW Diagnosis")}`,
    markdownTable(
      head,
      rows.map((row) => row.map(plainLine)),
    ),
    `## ${vscode.l10n.t("Versions")}`,
    facts.map(([name, value]) => `- ${markdownText(name)}: ${markdownText(value)}`).join("\n"),
    vscode.l10n.t("The log: the command ARW: Show Log. This report holds no secret and no content of a file."),
  ]);
}

function stateText(state: Check["state"]): string {
  switch (state) {
    case "good":
      return vscode.l10n.t("✓ good");
    case "attention":
      return vscode.l10n.t("! look at it");
    case "bad":
      return vscode.l10n.t("✗ broken");
  }
}
