// The one way to a notification or a progress text of VS Code. VS Code makes a link, also one that runs a command, of
// `[text](command:…)` in any of them: here a foreign name in them stays text, and can neither fake a line nor turn it around.
import * as vscode from "vscode";
import { noticeText } from "./noticeText.ts";

type Said<Item> = Thenable<Item | undefined>;

/** As `showInformationMessage`. A modal one has its details in `options`. */
export function sayInformation<Item extends string>(text: string, ...items: readonly Item[]): Said<Item>;
export function sayInformation<Item extends string>(
  text: string,
  options: vscode.MessageOptions,
  ...items: readonly Item[]
): Said<Item>;
export function sayInformation(
  text: string,
  first?: vscode.MessageOptions | string,
  ...items: readonly string[]
): Said<string> {
  const { given, options } = parts(first, items);
  return vscode.window.showInformationMessage(noticeText(text), options, ...given);
}

/** As `showWarningMessage`. */
export function sayWarning<Item extends string>(text: string, ...items: readonly Item[]): Said<Item>;
export function sayWarning<Item extends string>(
  text: string,
  options: vscode.MessageOptions,
  ...items: readonly Item[]
): Said<Item>;
export function sayWarning(
  text: string,
  first?: vscode.MessageOptions | string,
  ...items: readonly string[]
): Said<string> {
  const { given, options } = parts(first, items);
  return vscode.window.showWarningMessage(noticeText(text), options, ...given);
}

/** As `showErrorMessage`. */
export function sayError<Item extends string>(text: string, ...items: readonly Item[]): Said<Item>;
export function sayError<Item extends string>(
  text: string,
  options: vscode.MessageOptions,
  ...items: readonly Item[]
): Said<Item>;
export function sayError(
  text: string,
  first?: vscode.MessageOptions | string,
  ...items: readonly string[]
): Said<string> {
  const { given, options } = parts(first, items);
  return vscode.window.showErrorMessage(noticeText(text), options, ...given);
}

type ProgressTask<Result> = Parameters<typeof vscode.window.withProgress<Result>>[1];

/** As `withProgress`; what the task reports goes the same way. */
export function sayProgress<Result>(options: vscode.ProgressOptions, task: ProgressTask<Result>): Thenable<Result> {
  const titled = options.title === undefined ? options : { ...options, title: noticeText(options.title) };
  return vscode.window.withProgress(titled, (progress, cancel) =>
    task(
      {
        report: ({ message, ...step }) =>
          progress.report(message === undefined ? step : { ...step, message: noticeText(message) }),
      },
      cancel,
    ),
  );
}

interface Parts {
  readonly options: vscode.MessageOptions;
  readonly given: readonly string[];
}

function parts(first: vscode.MessageOptions | string | undefined, items: readonly string[]): Parts {
  if (typeof first === "string") return { options: {}, given: [first, ...items] };
  return { options: first ?? {}, given: items };
}
