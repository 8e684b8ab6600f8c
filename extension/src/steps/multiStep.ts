// Questions one after the other in VS Code's own quick input: Back goes to the one before with its answer kept, Esc ends it.
// It decides no question and no answer; whoever asks gives the steps.
import * as vscode from "vscode";
import { Dismissed } from "../commandRunner.ts";

/** Where a step stands among the others. */
export interface StepFrame {
  readonly title: string;
  readonly step: number;
  readonly totalSteps: number;
}

/** Asks one question and gives the draft with its answer, or goes back. */
export type Step<Draft> = (draft: Draft, frame: StepFrame) => Promise<Draft | typeof BACK>;

export const BACK: unique symbol = Symbol("back");

/** `stepsOf` is asked again after each answer: which questions follow may depend on it. Throws Dismissed on Esc. */
export async function runSteps<Draft>(
  title: string,
  stepsOf: (draft: Draft) => readonly Step<Draft>[],
  first: Draft,
): Promise<Draft> {
  let draft = first;
  for (let index = 0; ; ) {
    const steps = stepsOf(draft);
    const ask = steps[index];
    if (ask === undefined) return draft;
    const answered = await ask(draft, { title, step: index + 1, totalSteps: steps.length });
    if (answered === BACK) index = Math.max(0, index - 1);
    else {
      draft = answered;
      index++;
    }
  }
}

export interface PickOptions<Item extends vscode.QuickPickItem> {
  readonly placeholder: string;
  readonly items: readonly Item[];
  readonly active?: Item | undefined;
  /** Why this item cannot be taken: it is shown, and the question stays. */
  readonly problem?: (item: Item) => string | undefined;
  /** Items for what was typed; without it typing only filters. */
  readonly typed?: (text: string) => readonly Item[];
  readonly value?: string;
}

/** One of several. Throws Dismissed on Esc. */
export function pickStep<Item extends vscode.QuickPickItem>(
  frame: StepFrame,
  options: PickOptions<Item>,
): Promise<Item | typeof BACK> {
  const pick = vscode.window.createQuickPick<Item>();
  pick.placeholder = options.placeholder;
  pick.matchOnDescription = true;
  pick.matchOnDetail = true;
  pick.value = options.value ?? "";
  const fill = (): void => {
    const typed = options.typed?.(pick.value) ?? [];
    pick.items = [...typed, ...options.items];
    const [active] = typed.length > 0 ? typed : options.active === undefined ? [] : [options.active];
    if (active !== undefined) pick.activeItems = [active];
  };
  fill();
  if (options.typed !== undefined) pick.onDidChangeValue(fill);
  return asked(pick, frame, (answer) => {
    // Enter may come before the item for what was typed is there.
    const item = pick.selectedItems[0] ?? options.typed?.(pick.value)[0];
    if (item === undefined) return;
    const problem = options.problem?.(item);
    if (problem === undefined) answer(item);
    else pick.placeholder = problem;
  });
}

/** Any number of several, none included. Throws Dismissed on Esc. */
export function pickManyStep<Item extends vscode.QuickPickItem>(
  frame: StepFrame,
  options: Pick<PickOptions<Item>, "placeholder" | "items"> & { readonly picked: readonly Item[] },
): Promise<readonly Item[] | typeof BACK> {
  const pick = vscode.window.createQuickPick<Item>();
  pick.placeholder = options.placeholder;
  pick.canSelectMany = true;
  pick.items = options.items;
  pick.selectedItems = options.picked;
  return asked(pick, frame, (answer) => answer([...pick.selectedItems]));
}

export interface InputOptions {
  readonly prompt: string;
  readonly placeholder?: string;
  readonly value?: string;
  /** What is wrong with a text: an error keeps the question, a warning is only said. */
  readonly judge: (text: string) => vscode.InputBoxValidationMessage | undefined;
}

/** A line of text. Throws Dismissed on Esc. */
export function inputStep(frame: StepFrame, options: InputOptions): Promise<string | typeof BACK> {
  const input = vscode.window.createInputBox();
  input.prompt = options.prompt;
  input.placeholder = options.placeholder;
  input.value = options.value ?? "";
  const judge = (): vscode.InputBoxValidationMessage | undefined => {
    const judged = options.judge(input.value);
    input.validationMessage = judged;
    return judged;
  };
  // What nobody has typed yet is not wrong yet.
  if (input.value !== "") judge();
  input.onDidChangeValue(judge);
  return asked(input, frame, (answer) => {
    if (judge()?.severity !== vscode.InputBoxValidationSeverity.Error) answer(input.value);
  });
}

/** Shows the input until it is answered, and disposes it. `accept` answers, or does nothing to keep the question. */
async function asked<Answer>(
  input: (vscode.QuickPick<vscode.QuickPickItem> | vscode.InputBox) & { readonly onDidAccept: vscode.Event<void> },
  frame: StepFrame,
  accept: (answer: (value: Answer) => void) => void,
): Promise<Answer | typeof BACK> {
  input.title = frame.title;
  input.step = frame.step;
  input.totalSteps = frame.totalSteps;
  input.ignoreFocusOut = true;
  input.buttons = frame.step > 1 ? [vscode.QuickInputButtons.Back] : [];
  try {
    return await new Promise<Answer | typeof BACK>((resolve, reject) => {
      input.onDidTriggerButton((button) => {
        if (button === vscode.QuickInputButtons.Back) resolve(BACK);
      });
      input.onDidAccept(() => accept(resolve));
      input.onDidHide(() => reject(new Dismissed()));
      input.show();
    });
  } finally {
    input.dispose();
  }
}
