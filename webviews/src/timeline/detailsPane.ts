// The details pane and what it reads: the request of the entry's episode, and the output of its attempt, which it goes on
// reading while the attempt runs. It holds the text of one attempt at a time.
import { nothing, render } from "lit";
import type { AttemptId, EpisodeId } from "#protocol/ids.ts";
import { byteCount } from "#protocol/quantities.ts";
import type { OutputStream } from "#protocol/result.ts";
import type { Amounts } from "#protocol/text/amounts.ts";
import type { TimelineEntry } from "#protocol/timeline.ts";
import type { OutputPiece } from "#protocol/webview/feed.ts";
import type { ShownRequest, TimelineFromPage } from "#protocol/webview/timeline.ts";
import { OutputText } from "../page/outputText.ts";
import { detailsPart, type ShownStream } from "./detailsPart.ts";
import { samePlace } from "./entryOrder.ts";
import type { TimelineModel } from "./timelineModel.ts";

/** Characters of one stream on the page; the terminal has all of it. */
const STREAM_CHARACTERS_MAX: number = 256 * 1024;
const STREAMS: readonly OutputStream[] = ["stdout", "stderr", "text"];

export interface DetailsPaneOptions {
  readonly model: TimelineModel;
  readonly amounts: Amounts;
  readonly root: HTMLElement;
  readonly post: (message: TimelineFromPage) => void;
  readonly close: () => void;
  readonly onlyEpisode: (entry: TimelineEntry) => void;
}

export class DetailsPane {
  readonly #options: DetailsPaneOptions;
  #entry: TimelineEntry | undefined;
  #episodeId: EpisodeId | undefined;
  #request: ShownRequest | undefined;
  #attemptId: AttemptId | undefined;
  #streams = new Map<OutputStream, ShownStream>();
  /** What is shown begins in the middle of the output. */
  #isSkipped = false;
  /** Where each stream ends, as far as the timeline has said. */
  readonly #ends = new Map<OutputStream, number>();
  /** Streams that were asked for and have not answered. */
  readonly #asked = new Set<OutputStream>();

  constructor(options: DetailsPaneOptions) {
    this.#options = options;
  }

  /** Shows this entry, or nothing. */
  draw(entry: TimelineEntry | undefined, nowAt: number): void {
    const { model, amounts, root, post, close, onlyEpisode } = this.#options;
    root.hidden = entry === undefined;
    if (entry === undefined) {
      this.#entry = undefined;
      render(nothing, root);
      return;
    }
    if (!samePlace(entry, this.#entry)) {
      root.querySelector(".details-body")?.scrollTo(0, 0);
      this.#turnTo(entry);
    }
    const sight = { entry, request: this.#request, streams: this.#shownStreams(), nowAt };
    const readMore = ({ stream }: ShownStream): void => this.#read(stream);
    render(detailsPart(model, amounts, sight, { close, wish: post, readMore, onlyEpisode }), root);
  }

  takeRequest(request: ShownRequest): void {
    if (request.episodeId === this.#episodeId) this.#request = request;
  }

  takeOutput(piece: OutputPiece): void {
    if (piece.attemptId !== this.#attemptId) return;
    this.#asked.delete(piece.stream);
    const output = this.#streams.get(piece.stream)?.output;
    output?.add(piece);
    const isBehind = output !== undefined && output.nextByte < (this.#ends.get(piece.stream) ?? 0);
    if (isBehind && !output.more && output.problem === undefined && piece.nextByte > piece.fromByte)
      this.#read(piece.stream);
  }

  /** An entry came: if it is output of the attempt that is shown to its end, the rest is read. */
  heard(entry: TimelineEntry): void {
    if (this.#entry === undefined || entry.attemptId === undefined || entry.attemptId !== this.#attemptId) return;
    // What the Home held back while more could come, it gives when the attempt has ended.
    if (entry.output === undefined) return this.#readRest();
    const { stream, fromByte, bytes } = entry.output;
    this.#ends.set(stream, fromByte + bytes);
    if (this.#streams.get(stream)?.output.more !== true) this.#read(stream);
  }

  #readRest(): void {
    for (const [stream, { output }] of this.#streams) if (!output.more) this.#read(stream);
  }

  #turnTo(entry: TimelineEntry): void {
    this.#entry = entry;
    if (entry.corrId !== this.#episodeId) {
      this.#episodeId = entry.corrId;
      this.#request = undefined;
      if (entry.corrId !== undefined) this.#options.post({ kind: "read-request", episodeId: entry.corrId });
    }
    const { attemptId, output } = entry;
    // An entry about a range of output shows that range; any other one the output from its beginning.
    const fromByte = output === undefined || output.fromByte === 0 ? undefined : output;
    if (attemptId === this.#attemptId && fromByte === undefined && !this.#isSkipped) return;
    this.#attemptId = attemptId;
    this.#isSkipped = fromByte !== undefined;
    this.#asked.clear();
    this.#ends.clear();
    this.#streams = new Map();
    if (attemptId === undefined) return;
    for (const stream of output === undefined ? STREAMS : [output.stream]) {
      const shown = { attemptId, stream, output: new OutputText(STREAM_CHARACTERS_MAX) };
      if (fromByte !== undefined) shown.output.skipTo(byteCount(fromByte.fromByte));
      this.#streams.set(stream, shown);
      this.#read(stream);
    }
  }

  #read(stream: OutputStream): void {
    const shown = this.#streams.get(stream);
    if (shown === undefined || this.#asked.has(stream)) return;
    this.#asked.add(stream);
    const { attemptId, output } = shown;
    this.#options.post({ kind: "read-output", attemptId, stream, fromByte: output.nextByte });
  }

  /** Streams that nothing was written to are not worth a heading. */
  #shownStreams(): readonly ShownStream[] {
    return [...this.#streams.values()].filter(
      ({ output }) => output.plain !== "" || output.problem !== undefined || output.cut,
    );
  }
}
