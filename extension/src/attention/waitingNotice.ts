// Tells the owner that something waits, once for a burst and merged, where they do not see it by themselves; and says on their
// return what came meanwhile. One verb leads to it; nothing opens by itself, and a notice that is closed decides nothing.
// VS Code holds these notices back itself while Do Not Disturb is on; badge and status bar count on.
import * as vscode from "vscode";
import { plainText } from "#protocol/text/plainText.ts";
import type { Editor, Feature } from "../editor.ts";
import type { HomeFacts, WaitingItem } from "../home/homeMirror.ts";
import { awayDigest, digestText, type Left, leftWith } from "./awayDigest.ts";
import { allTold, type NoticeState, noticeStep } from "./noticeClock.ts";
import { NotifyCommand } from "./notifyCommand.ts";
import { noticeFate, type ShownNotice, shownNotice } from "./shownNotice.ts";
import { kindOfAll, waitingKey } from "./waitingKeys.ts";
import { sayInformation } from "../notice.ts";

const MINUTE_MS = 60_000;
const NAME_CHARACTERS_MAX = 60;

export function openAttentionFeature(editor: Editor): Feature {
  const notices = new WaitingNotices(editor);
  return { commands: {}, dispose: () => notices.dispose() };
}

class WaitingNotices implements vscode.Disposable {
  readonly #editor: Editor;
  readonly #command: NotifyCommand;
  readonly #subscriptions: readonly vscode.Disposable[];
  #state: NoticeState = { told: new Map() };
  #again: NodeJS.Timeout | undefined;
  /** The last notice, while nobody has answered it. */
  #shown: ShownNotice | undefined;
  /** Since when the window is not looked at, and how things stood then. */
  #left: (Left & { readonly at: number }) | undefined;

  constructor(editor: Editor) {
    this.#editor = editor;
    this.#command = new NotifyCommand(editor.log);
    const seen = editor.sight.onDidChange(() => this.#look());
    this.#subscriptions = [
      editor.mirror.onDidChange(() => this.#look()),
      vscode.Disposable.from({ dispose: () => seen[Symbol.dispose]() }),
      vscode.window.onDidChangeWindowState(({ focused }) => {
        if (focused) this.#comeBack().catch((error: unknown) => this.#warn(error));
        if (this.#shown !== undefined) this.#shown = shownNotice(this.#shown.keys, focused, performance.now());
        if (!focused) this.#left ??= { ...leftWith(editor.mirror.facts), at: performance.now() };
        this.#look();
      }),
    ];
    this.#look();
  }

  dispose(): void {
    clearTimeout(this.#again);
    this.#command[Symbol.dispose]();
    vscode.Disposable.from(...this.#subscriptions).dispose();
  }

  #look(): void {
    clearTimeout(this.#again);
    const { mirror, sight } = this.#editor;
    const { waiting } = mirror.facts;
    const { focused } = vscode.window.state;
    const when = noticesWhen();
    const listed = when === "never" || (when !== "always" && sight.needsYou && focused);
    const keys = waiting.map(waitingKey);
    const inSight = (key: string): boolean => listed || (focused && sight.isRead(key));
    this.#takeBack((key) => !keys.includes(key) || (focused && sight.isRead(key)));
    const step = noticeStep(this.#state, {
      waiting: keys,
      inSight,
      focused,
      // Counts since this window opened: nobody can set it back.
      now: performance.now(),
    });
    this.#state = step.state;
    if (step.againInMs !== undefined) this.#again = setTimeout(() => this.#look(), step.againInMs);
    if (!step.notify) return;
    this.#tell(waiting).catch((error: unknown) => this.#warn(error));
    if (!focused) void this.#command.run(notifyArgv(), waiting.length, kindOfAll(waiting), process.env);
  }

  async #tell(waiting: readonly WaitingItem[]): Promise<void> {
    const keys = new Set(waiting.map(waitingKey));
    this.#shown = shownNotice(keys, vscode.window.state.focused, performance.now());
    try {
      await tell(waiting);
    } finally {
      if (this.#shown?.keys === keys) this.#shown = undefined;
    }
  }

  /** Once a person reads all that a notice tells of, or it was decided elsewhere, the notice leaves the screen. */
  #takeBack(isOver: (key: string) => boolean): void {
    const fate = this.#shown === undefined ? "stays" : noticeFate(this.#shown, isOver, performance.now());
    if (fate === "stays") return;
    this.#shown = undefined;
    if (fate === "put-away") void vscode.commands.executeCommand("notifications.hideToasts");
  }

  async #comeBack(): Promise<void> {
    const left = this.#left;
    this.#left = undefined;
    const { home, mirror } = this.#editor;
    if (left === undefined || performance.now() - left.at < awayMs() || noticesWhen() === "never") return;
    const facts = home.status.kind === "connected" ? await mirror.refresh() : mirror.facts;
    const digest = awayDigest(left, facts);
    if (digest === undefined) return;
    this.#state = allTold(this.#state, facts.waiting.map(waitingKey));
    await tellDigest(digestText(digest, Date.now()), facts);
  }

  #warn(error: unknown): void {
    this.#editor.log.warn(`A notice was not shown: ${String(error)}`);
  }
}

function noticesWhen(): string | undefined {
  return vscode.workspace.getConfiguration("arw").get<string>("notifications.when");
}

/** A shorter absence is none. */
function awayMs(): number {
  return MINUTE_MS * vscode.workspace.getConfiguration("arw").get("notifications.awayMinutes", 5);
}

/** Only what the person set for this machine: a workspace's settings never name a program to run. */
function notifyArgv(): readonly string[] {
  const set: unknown = vscode.workspace.getConfiguration("arw").inspect("notifications.command")?.globalValue;
  return Array.isArray(set) && set.every((word) => typeof word === "string") ? set : [];
}

async function tellDigest(text: string, { waiting }: HomeFacts): Promise<void> {
  const review = vscode.l10n.t("Review");
  const timeline = vscode.l10n.t("Open Timeline");
  const answer = await sayInformation(text, ...(waiting.length > 0 ? [review] : []), timeline);
  if (answer === review) await vscode.commands.executeCommand("arw.reviewNext");
  if (answer === timeline) await vscode.commands.executeCommand("arw.openTimeline");
}

async function tell(waiting: readonly WaitingItem[]): Promise<void> {
  const review = vscode.l10n.t("Review");
  const answer = await sayInformation(noticeText(waiting), review);
  if (answer === review) await vscode.commands.executeCommand("arw.reviewNext");
}

function noticeText(waiting: readonly WaitingItem[]): string {
  const [only] = waiting;
  if (only === undefined || waiting.length > 1) {
    return vscode.l10n.t("{0} things wait for you. Nothing of them happens until you answer.", waiting.length);
  }
  if (only.kind === "join") return vscode.l10n.t("{0} wants to join.", plainText(only.node.name, NAME_CHARACTERS_MAX));
  if (only.kind === "staged") {
    return vscode.l10n.t("{0}: this waits for your approval.", plainText(only.staged.title, NAME_CHARACTERS_MAX));
  }
  if (only.kind === "result") {
    const name = plainText(only.episode.target.name, NAME_CHARACTERS_MAX);
    return vscode.l10n.t("What came back from {0} waits for your look.", name);
  }
  const { destination, title } = only.shown.preview;
  return vscode.l10n.t(
    "{0} waits for your approval to leave for {1}.",
    plainText(title, NAME_CHARACTERS_MAX),
    plainText(destination.name, NAME_CHARACTERS_MAX),
  );
}
