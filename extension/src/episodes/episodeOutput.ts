// Plays an episode's output from its first byte, in the order in which it became durable, and goes on as more comes.
// The timeline only says that there is more; `OrderedOutput` has the order, and no byte comes twice or is skipped. Secrets have been
// taken out by the Home.
import type { Disposable } from "vscode";
import { ArwError } from "#protocol/errors.ts";
import type { AttemptId, EpisodeId } from "#protocol/ids.ts";
import { OrderedOutput, type OutputPart } from "#protocol/orderedOutput.ts";
import type { Sequence } from "#protocol/quantities.ts";
import type { TimelineEntry } from "#protocol/timeline.ts";
import { METHODS } from "#protocol/wire/client.ts";
import type { EpisodeView } from "#protocol/wire/clientViews.ts";
import type { Home } from "../home/home.ts";
import { errorLine, noteLine, TerminalText } from "../terminal/terminalText.ts";

export interface OutputSource {
  readonly call: Home["call"];
  /** Tells that the timeline moved, or that the Home can be reached again. */
  onMoved(listener: () => void): Disposable;
}

/** The sentences of the terminal; the shell has them in the editor's language. */
export interface OutputWords {
  readonly end: (episode: EpisodeView) => string;
  readonly dropped: string;
  readonly homeGone: string;
}

/** Resolves with the finished episode, or undefined where the signal ended it first. Throws ArwError where the Home refuses. */
export async function playOutput(
  source: OutputSource,
  episode: { readonly episodeId: EpisodeId; readonly fromSequence: Sequence },
  write: (text: string) => void,
  words: OutputWords,
  signal: AbortSignal,
): Promise<EpisodeView | undefined> {
  const player = new OutputPlayer(source.call, write, words);
  using wake = new Wake(source, signal);
  let { fromSequence } = episode;
  let gone = false;
  while (!signal.aborted) {
    try {
      const page = await source.call(METHODS.readTimeline, { episodeId: episode.episodeId, fromSequence });
      gone = false;
      for (const entry of page.entries) {
        if (signal.aborted) return undefined;
        await player.show(entry);
        if (entry.kind === "EpisodeFinished") return await player.end(episode.episodeId);
      }
      fromSequence = page.nextSequence;
      if (!page.more) await wake.woken();
    } catch (error) {
      if (!(error instanceof ArwError) || error.code !== "home-gone") throw error;
      // The bytes are durable at the Home: the same page is read again once it is back.
      if (!gone) player.note(words.homeGone);
      gone = true;
      await wake.woken();
    }
  }
  return undefined;
}

/** What other entries than output are worth a line among it. */
const SAID_ELSEWHERE: readonly string[] = ["EpisodeFinished", "ProposalReceived"];

class OutputPlayer {
  readonly #call: Home["call"];
  readonly #write: (text: string) => void;
  readonly #words: OutputWords;
  readonly #output: OrderedOutput;
  /** By attempt and stream. */
  readonly #texts = new Map<string, TerminalText>();
  #atLineStart = true;
  /** The last entry that a line was written for: a page that is read again after a loss says nothing twice. */
  #noted: { readonly sequence: number; readonly index: number } = { sequence: 0, index: 0 };
  #saidDropped = false;

  constructor(call: Home["call"], write: (text: string) => void, words: OutputWords) {
    this.#call = call;
    this.#output = new OrderedOutput(async (attemptId, stream, fromByte) => {
      const { base64, held, removed } = await call(METHODS.readOutput, { attemptId, stream, fromByte });
      return { bytes: Buffer.from(base64, "base64"), removed: removed ?? [], held: held ?? false };
    });
    this.#write = write;
    this.#words = words;
  }

  async show(entry: TimelineEntry): Promise<void> {
    if (entry.output !== undefined && entry.attemptId !== undefined) {
      await this.#showOutput(entry.attemptId, entry.output);
    } else if (!SAID_ELSEWHERE.includes(entry.kind) && this.#isNew(entry)) {
      this.#noted = entry;
      if (entry.level === "error") this.#line(errorLine(entry.text));
      else if (entry.level === "attention" || entry.crossing !== undefined) this.note(entry.text);
    }
  }

  note(text: string): void {
    this.#line(noteLine(text));
  }

  async end(episodeId: EpisodeId): Promise<EpisodeView> {
    for await (const part of this.#output.rest()) this.#showPart(part);
    for (const text of this.#texts.values()) this.#print(text.end());
    const episode = await this.#call(METHODS.showEpisode, { episodeId });
    this.#line(noteLine(this.#words.end(episode)));
    return episode;
  }

  async #showOutput(attemptId: AttemptId, range: NonNullable<TimelineEntry["output"]>): Promise<void> {
    for await (const part of this.#output.take(attemptId, range)) this.#showPart(part);
  }

  #showPart(part: OutputPart): void {
    if (part.kind === "missing") return this.#dropped();
    const key = `${part.attemptId} ${part.stream}`;
    const text = this.#texts.get(key) ?? new TerminalText();
    this.#texts.set(key, text);
    this.#print(text.append(part.shown));
  }

  /** Retention took it. */
  #dropped(): void {
    if (this.#saidDropped) return;
    this.#saidDropped = true;
    this.note(this.#words.dropped);
  }

  #isNew({ index, sequence }: TimelineEntry): boolean {
    return sequence > this.#noted.sequence || (sequence === this.#noted.sequence && index > this.#noted.index);
  }

  #print(text: string): void {
    if (text === "") return;
    this.#atLineStart = text.endsWith("\n");
    this.#write(text);
  }

  #line(text: string): void {
    // A program may leave a colour on, and a model ends without a line feed.
    this.#write(this.#atLineStart ? `\u001B[0m${text}` : `\u001B[0m\r\n${text}`);
    this.#atLineStart = true;
  }
}

/** Remembers that something moved until somebody waits for it. */
class Wake implements Disposable {
  readonly #subscription: Disposable;
  readonly #signal: AbortSignal;
  #moved = false;
  #waiting: (() => void) | undefined;

  constructor(source: OutputSource, signal: AbortSignal) {
    this.#signal = signal;
    this.#subscription = source.onMoved(() => this.#wake());
    signal.addEventListener("abort", this.#onAbort);
  }

  readonly #onAbort = (): void => this.#wake();

  async woken(): Promise<void> {
    while (!this.#moved && !this.#signal.aborted) {
      await new Promise<void>((resolve) => {
        this.#waiting = resolve;
      });
    }
    this.#moved = false;
  }

  #wake(): void {
    this.#moved = true;
    this.#waiting?.();
    this.#waiting = undefined;
  }

  dispose(): void {
    this.#subscription.dispose();
    this.#signal.removeEventListener("abort", this.#onAbort);
  }

  [Symbol.dispose](): void {
    this.dispose();
  }
}
