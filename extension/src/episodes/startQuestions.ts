// The questions of Start Episode…: what, with which files, and where. They only collect; the Home judges and decides.
import * as vscode from "vscode";
import { amountsIn } from "#protocol/text/amounts.ts";
import type { NodeView, StartEpisodeParams } from "#protocol/wire/clientViews.ts";
import type { WorkspacePath } from "#protocol/workspacePath.ts";
import { modelsOf, nodesToOffer, type Requirement } from "../nodes/nodeFit.ts";
import { nodeName, nodeStateText, unfitText } from "../nodes/nodeWords.ts";
import { BACK, inputStep, pickManyStep, pickStep, runSteps, type Step } from "../steps/multiStep.ts";
import { type AskContext, promptOf } from "./askContext.ts";
import { splitCommandLine } from "./commandLine.ts";
import type { RecentCommand, ScriptHint } from "./workspaceHints.ts";

/** What the questions offer. */
export interface StartFacts {
  readonly nodes: readonly NodeView[];
  readonly scripts: readonly ScriptHint[];
  readonly recent: readonly RecentCommand[];
  /** Folders that are there and that git usually ignores. */
  readonly folders: readonly WorkspacePath[];
  readonly contexts: readonly AskContext[];
  /** Chosen beforehand: nobody is asked where. */
  readonly on?: NodeView;
}

export interface StartAnswers {
  readonly params: StartEpisodeParams;
  /** To be remembered as a hint. */
  readonly command?: RecentCommand;
}

interface Draft {
  readonly kind: "command" | "ask" | undefined;
  readonly line: string;
  readonly outputs: string;
  readonly folders: readonly WorkspacePath[];
  readonly question: string;
  readonly context: AskContext | undefined;
  readonly model: string | undefined;
  readonly on: string | undefined;
}

/** Throws Dismissed where the person ends the questions. */
export async function askWhatToRun(facts: StartFacts): Promise<StartAnswers> {
  const first: Draft = {
    kind: undefined,
    line: "",
    outputs: "",
    folders: [],
    question: "",
    context: undefined,
    model: undefined,
    on: facts.on?.nodeId,
  };
  const title = facts.on === undefined ? vscode.l10n.t("Start Episode") : startOn(facts.on);
  return answersOf(await runSteps(title, (draft) => stepsOf(facts, draft), first));
}

function startOn(node: NodeView): string {
  return vscode.l10n.t("Start Episode on {0}", nodeName(node));
}

function stepsOf(facts: StartFacts, { kind }: Draft): readonly Step<Draft>[] {
  const where = facts.on === undefined ? [askWhere(facts)] : [];
  switch (kind) {
    case "ask":
      return [
        askKind,
        askQuestion,
        ...(facts.contexts.length === 0 ? [] : [askContext(facts)]),
        askModel(facts),
        ...where,
      ];
    case undefined:
    case "command":
      return [
        askKind,
        askCommand(facts),
        askOutputs,
        ...(facts.folders.length === 0 ? [] : [askFolders(facts)]),
        ...where,
      ];
  }
}

const askKind: Step<Draft> = async (draft, frame) => {
  const items = [
    {
      kind: vscode.QuickPickItemKind.Default,
      iconPath: new vscode.ThemeIcon("terminal"),
      label: vscode.l10n.t("Run a Command"),
      detail: vscode.l10n.t("In a sandbox over a copy of this folder; files it changes come back as a proposal."),
      value: "command" as const,
    },
    {
      kind: vscode.QuickPickItemKind.Default,
      iconPath: new vscode.ThemeIcon("comment"),
      label: vscode.l10n.t("Ask a Model"),
      detail: vscode.l10n.t("One question; the answer streams into a terminal."),
      value: "ask" as const,
    },
  ];
  const active = items.find(({ value }) => value === draft.kind);
  const picked = await pickStep(frame, { placeholder: vscode.l10n.t("What should run?"), items, active });
  return picked === BACK ? BACK : { ...draft, kind: picked.value };
};

interface CommandItem extends vscode.QuickPickItem {
  readonly line: string;
  readonly outputs: string;
}

function askCommand({ recent, scripts }: StartFacts): Step<Draft> {
  const icon = (id: string): { iconPath: vscode.ThemeIcon } => ({ iconPath: new vscode.ThemeIcon(id) });
  const items: readonly CommandItem[] = [
    ...recent.map(({ line, outputs }) => {
      const kept = outputs === "" ? {} : { detail: vscode.l10n.t("keeps {0}", outputs) };
      return { label: line, description: vscode.l10n.t("recently"), line, outputs, ...kept, ...icon("history") };
    }),
    ...scripts
      .filter(({ line }) => !recent.some((each) => each.line === line))
      .map(({ line, script }) => ({ label: line, description: script, line, outputs: "", ...icon("package") })),
  ];
  const typed = (line: string): readonly CommandItem[] => {
    if (line.trim() === "" || items.some((item) => item.line === line)) return [];
    const detail = commandProblem(line) ?? commandHint(line);
    const said = detail === undefined ? {} : { detail };
    return [{ label: line, description: vscode.l10n.t("as typed"), alwaysShow: true, line, outputs: "", ...said }];
  };
  return async (draft, frame) => {
    const picked = await pickStep(frame, {
      placeholder: vscode.l10n.t("Type a command, or choose one. No shell runs it; quotes keep words together."),
      items,
      typed,
      value: items.some(({ line }) => line === draft.line) ? "" : draft.line,
      active: items.find(({ line }) => line === draft.line),
      problem: ({ line }) => commandProblem(line),
    });
    return picked === BACK ? BACK : { ...draft, line: picked.line, outputs: picked.outputs || draft.outputs };
  };
}

function commandProblem(line: string): string | undefined {
  const split = splitCommandLine(line);
  switch (split.kind) {
    case "words":
      return undefined;
    case "empty":
      return vscode.l10n.t("Type a command.");
    case "open-quote":
      return vscode.l10n.t("The quote {0} is not closed.", split.quote);
    case "open-backslash":
      return vscode.l10n.t("A backslash at the end keeps nothing; write two for one.");
  }
}

function commandHint(line: string): string | undefined {
  const split = splitCommandLine(line);
  if (split.kind !== "words" || split.unshelled.length === 0) return undefined;
  const signs = split.unshelled.join("  ");
  return vscode.l10n.t("No shell runs: {0} is handed over as it stands. For a shell: sh -c '…'", signs);
}

const askOutputs: Step<Draft> = async (draft, frame) => {
  const outputs = await inputStep(frame, {
    prompt: vscode.l10n.t("Which files to keep of what the command writes (globs). You see them as a diff first."),
    placeholder: vscode.l10n.t("for example: src/** coverage/lcov.info — empty keeps none"),
    value: draft.outputs,
    judge: (text) => {
      const message = outputsProblem(text);
      return message === undefined ? undefined : { message, severity: vscode.InputBoxValidationSeverity.Error };
    },
  });
  return outputs === BACK ? BACK : { ...draft, outputs };
};

const OUTPUT_GLOBS_MAX = 256;

function outputsProblem(text: string): string | undefined {
  const split = splitCommandLine(text);
  if (split.kind === "empty") return undefined;
  if (split.kind !== "words") return commandProblem(text);
  const outside = split.words.find((glob) => glob.startsWith("/") || glob.split("/").includes(".."));
  if (outside !== undefined) return vscode.l10n.t("{0} leaves the folder; write it relative to it.", outside);
  return split.words.length > OUTPUT_GLOBS_MAX
    ? vscode.l10n.t("These are more than {0} globs.", OUTPUT_GLOBS_MAX)
    : undefined;
}

function askFolders({ folders }: StartFacts): Step<Draft> {
  return async (draft, frame) => {
    const items = folders.map((folder) => ({
      label: folder,
      description: vscode.l10n.t("usually ignored by git, so not part of the copy unless picked"),
      folder,
    }));
    const picked = await pickManyStep(frame, {
      placeholder: vscode.l10n.t("Which of these does the command need? Enter without any goes on."),
      items,
      picked: items.filter(({ folder }) => draft.folders.includes(folder)),
    });
    return picked === BACK ? BACK : { ...draft, folders: picked.map(({ folder }) => folder) };
  };
}

const askQuestion: Step<Draft> = async (draft, frame) => {
  const question = await inputStep(frame, {
    prompt: vscode.l10n.t("What do you want to ask?"),
    value: draft.question,
    judge: (text) => {
      if (text.trim() !== "") return undefined;
      return { message: vscode.l10n.t("Type a question."), severity: vscode.InputBoxValidationSeverity.Error };
    },
  });
  return question === BACK ? BACK : { ...draft, question };
};

interface ContextItem extends vscode.QuickPickItem {
  readonly context?: AskContext;
}

function askContext({ contexts }: StartFacts): Step<Draft> {
  const none: ContextItem = { label: vscode.l10n.t("Nothing Else"), detail: vscode.l10n.t("The question alone.") };
  const items: readonly ContextItem[] = [
    none,
    ...contexts.map((context) => ({
      label:
        context.lines === undefined
          ? vscode.l10n.t("The File {0}", context.path)
          : vscode.l10n.t("The Selection: {0}, Lines {1}–{2}", context.path, context.lines.first, context.lines.last),
      description: amountsIn(vscode.env.language).bytes(Buffer.byteLength(context.text)),
      detail: vscode.l10n.t("Its text is added below the question and goes wherever the question goes."),
      context,
    })),
  ];
  return async (draft, frame) => {
    const picked = await pickStep(frame, {
      placeholder: vscode.l10n.t("What should the model read with it?"),
      items,
      active: items.find(({ context }) => context === draft.context),
      problem: ({ context }) => promptProblem(draft.question, context),
    });
    return picked === BACK ? BACK : { ...draft, context: picked.context };
  };
}

function promptProblem(question: string, context: AskContext | undefined): string | undefined {
  const prompt = promptOf(question, context);
  if (prompt.kind === "prompt") return undefined;
  return vscode.l10n.t("Together that is {0} characters, more than a prompt may have.", prompt.characters);
}

interface ModelItem extends vscode.QuickPickItem {
  readonly model?: string;
}

function askModel({ nodes }: StartFacts): Step<Draft> {
  const first: ModelItem = {
    label: vscode.l10n.t("Whichever Is There"),
    detail: vscode.l10n.t("The first model of the node that answers."),
  };
  const items: readonly ModelItem[] = [
    first,
    ...modelsOf(nodes).map(({ model, on }) => ({
      label: model.demo ? vscode.l10n.t("{0} (demo model)", model.name) : model.name,
      description: amountsIn(vscode.env.language).bytes(model.bytes),
      detail: vscode.l10n.t("on {0}", on.map(nodeName).join(", ")),
      model: model.digest,
    })),
  ];
  return async (draft, frame) => {
    const picked = await pickStep(frame, {
      placeholder: vscode.l10n.t("Which model should answer?"),
      items,
      active: items.find(({ model }) => model === draft.model),
    });
    return picked === BACK ? BACK : { ...draft, model: picked.model };
  };
}

interface WhereItem extends vscode.QuickPickItem {
  readonly on?: string;
  readonly problem?: string;
}

function askWhere({ nodes }: StartFacts): Step<Draft> {
  return async (draft, frame) => {
    const [here, ...others] = nodesToOffer(nodes, requirementOf(draft)).map(({ fit, node }): WhereItem => {
      const problem = unfitText(fit);
      const reason = problem ?? (node.local ? vscode.l10n.t("Nothing leaves this machine.") : previewed());
      return {
        label: nodeName(node),
        description: nodeStateText(node),
        detail: reason,
        iconPath: new vscode.ThemeIcon(node.local ? "home" : "server-environment"),
        on: node.nodeId,
        ...(problem === undefined ? {} : { problem }),
      };
    });
    const scheduler: WhereItem = {
      label: vscode.l10n.t("Let the Scheduler Choose"),
      description: vscode.l10n.t("this machine first"),
      detail: vscode.l10n.t("Elsewhere only where this machine cannot do it; then you see what would leave."),
      iconPath: new vscode.ThemeIcon("compass"),
    };
    const items = here === undefined ? [scheduler] : [here, scheduler, ...others];
    const picked = await pickStep(frame, {
      placeholder: vscode.l10n.t("Where should it run?"),
      items,
      active: items.find(({ on }) => on !== undefined && on === draft.on),
      problem: ({ problem }) => problem,
    });
    return picked === BACK ? BACK : { ...draft, on: picked.on };
  };
}

function previewed(): string {
  return vscode.l10n.t("You see what would leave this machine before anything does.");
}

function requirementOf({ kind, model }: Draft): Requirement {
  if (kind !== "ask") return { kind: "command" };
  return model === undefined ? { kind: "ask" } : { kind: "ask", model };
}

function answersOf(draft: Draft): StartAnswers {
  const on = draft.on === undefined ? {} : { on: draft.on };
  if (draft.kind === "ask") {
    const prompt = promptOf(draft.question, draft.context);
    if (prompt.kind === "too-long") throw new Error("a prompt that is too long passed its question");
    const model = draft.model === undefined ? {} : { model: draft.model };
    return { params: { request: { kind: "ask", prompt: prompt.text, ...model }, ...on } };
  }
  const argv = wordsOf(draft.line);
  const dependencies =
    draft.folders.length === 0 ? ({ kind: "nothing" } as const) : ({ kind: "folders", paths: draft.folders } as const);
  const outputs = wordsOf(draft.outputs);
  const command = { line: draft.line.trim(), outputs: draft.outputs.trim() };
  return { params: { request: { kind: "command", argv, folder: ".", outputs, dependencies }, ...on }, command };
}

function wordsOf(line: string): readonly string[] {
  const split = splitCommandLine(line);
  return split.kind === "words" ? split.words : [];
}
