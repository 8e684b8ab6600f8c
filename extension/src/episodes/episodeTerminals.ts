// One terminal an episode: what it prints, from the first byte, with colours and links; how it ended; and Ctrl-C to stop it.
// An ask streams here as well: the answer appears as it comes, and an old one is replayed by the same means.
// Closing a terminal must never end an episode: it only stops looking.
import * as vscode from "vscode";
import { ArwError, messageOf, messageWithAdvice } from "#protocol/errors.ts";
import type { EpisodeId } from "#protocol/ids.ts";
import { type Sequence, sequence } from "#protocol/quantities.ts";
import { oneLine } from "#protocol/text/plainText.ts";
import { METHODS } from "#protocol/wire/client.ts";
import type { EpisodeView } from "#protocol/wire/clientViews.ts";
import type { Editor } from "../editor.ts";
import { errorLine, noteLine } from "../terminal/terminalText.ts";
import { type OutputSource, playOutput } from "./episodeOutput.ts";
import { endText, placeText } from "./episodeWords.ts";
import { sayInformation } from "../notice.ts";

/** What a terminal needs to know of its episode. */
export type ShownEpisode = Pick<EpisodeView, "episodeId" | "title" | "target"> & {
  /** Nothing of it is older in the timeline. */
  readonly fromSequence?: Sequence;
};

const CTRL_C = "\u0003";
const TITLE_CHARACTERS_MAX = 40;
const CLOSING_SAID = "arw.saidClosingKeepsRunning";

export class EpisodeTerminals implements vscode.Disposable {
  readonly #editor: Editor;
  readonly #open = new Map<EpisodeId, { readonly terminal: vscode.Terminal; readonly pty: EpisodeTerminal }>();
  readonly #closing: vscode.Disposable;

  constructor(editor: Editor) {
    this.#editor = editor;
    this.#closing = vscode.window.onDidCloseTerminal((closed) => {
      for (const [id, { pty, terminal }] of this.#open) {
        if (terminal !== closed) continue;
        this.#open.delete(id);
        if (closed.exitStatus?.reason === vscode.TerminalExitReason.User && !pty.hasEnded) void pty.sayItGoesOn();
      }
    });
  }

  /** Shows the terminal of this episode, which plays its output from the start where it is new. */
  show(episode: ShownEpisode): void {
    const known = this.#open.get(episode.episodeId);
    if (known !== undefined) return known.terminal.show();
    const pty = new EpisodeTerminal(this.#editor, episode);
    const terminal = vscode.window.createTerminal({
      name: nameOf(episode),
      iconPath: new vscode.ThemeIcon(episode.target.local ? "home" : "server-environment"),
      pty,
      // It would come back empty: `arw.showOutput` replays it instead.
      isTransient: true,
    });
    this.#open.set(episode.episodeId, { terminal, pty });
    terminal.show(true);
  }

  dispose(): void {
    this.#closing.dispose();
    for (const { terminal } of this.#open.values()) terminal.dispose();
    this.#open.clear();
  }
}

class EpisodeTerminal implements vscode.Pseudoterminal {
  readonly #editor: Editor;
  readonly #episode: ShownEpisode;
  readonly #writes = new vscode.EventEmitter<string>();
  readonly #closed = new AbortController();
  readonly onDidWrite: vscode.Event<string> = this.#writes.event;
  #ended = false;
  #interrupts = 0;

  constructor(editor: Editor, episode: ShownEpisode) {
    this.#editor = editor;
    this.#episode = episode;
  }

  open(): void {
    const { target, title } = this.#episode;
    this.#writes.fire(noteLine(vscode.l10n.t("{0} · on {1}", title, placeText(target))));
    void this.#play();
  }

  close(): void {
    this.#closed.abort();
    this.#writes.dispose();
  }

  /** Whether there is nothing more to come. */
  get hasEnded(): boolean {
    return this.#ended;
  }

  /** The first Ctrl-C says what the second will do. */
  handleInput(data: string): void {
    if (this.#ended) return;
    if (data !== CTRL_C) this.#interrupts = 0;
    else if (++this.#interrupts === 1) {
      this.#writes.fire(noteLine(vscode.l10n.t("^C Press Ctrl+C again to stop this episode; any other key goes on.")));
    } else {
      this.#interrupts = 0;
      void this.#cancel();
    }
  }

  async #play(): Promise<void> {
    const { episodeId, fromSequence = sequence(1) } = this.#episode;
    const write = (text: string): void => {
      if (!this.#closed.signal.aborted) this.#writes.fire(text);
    };
    const words = {
      end: endText,
      dropped: vscode.l10n.t("Older output of this episode was removed from this machine's storage."),
      homeGone: vscode.l10n.t("The Home cannot be reached; the output goes on when it is back."),
    };
    try {
      const from = { episodeId, fromSequence };
      await playOutput(sourceOf(this.#editor), from, write, words, this.#closed.signal);
    } catch (error) {
      if (!(error instanceof ArwError)) this.#editor.log.error("Output could not be shown", messageOf(error));
      write(errorLine(messageWithAdvice(error)));
    }
    this.#ended = true;
  }

  async #cancel(): Promise<void> {
    this.#writes.fire(noteLine(vscode.l10n.t("Stopping…")));
    try {
      await this.#editor.home.call(METHODS.cancelEpisode, { episodeId: this.#episode.episodeId });
    } catch (error) {
      if (!this.#closed.signal.aborted) this.#writes.fire(errorLine(messageOf(error)));
    }
  }

  /** Once: afterwards it is known. */
  async sayItGoesOn(): Promise<void> {
    const { globalState } = this.#editor.context;
    if (globalState.get<boolean>(CLOSING_SAID) === true) return;
    await globalState.update(CLOSING_SAID, true);
    const stop = vscode.l10n.t("Stop It…");
    const text = vscode.l10n.t(
      "“{0}” goes on: closing its terminal stops nothing. The Episodes view shows its output again.",
      this.#episode.title,
    );
    const answer = await sayInformation(text, stop);
    if (answer === stop)
      await vscode.commands.executeCommand("arw.stopEpisode", { episodeId: this.#episode.episodeId });
  }
}

function sourceOf({ home }: Editor): OutputSource {
  return {
    call: (method, params) => home.call(method, params),
    onMoved: (listener) =>
      vscode.Disposable.from(
        home.onDidReceivePage(listener),
        home.onDidChangeStatus(({ kind }) => {
          if (kind === "connected") listener();
        }),
      ),
  };
}

function nameOf({ target, title }: ShownEpisode): string {
  const line = oneLine(title);
  const cut = line.length > TITLE_CHARACTERS_MAX ? `${line.slice(0, TITLE_CHARACTERS_MAX - 1).toWellFormed()}…` : line;
  return vscode.l10n.t("{0} — {1}", cut, placeText(target));
}
