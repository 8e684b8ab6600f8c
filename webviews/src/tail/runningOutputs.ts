// What runs now and the end of its output: found in the entries, read piece by piece. It follows a few attempts and shows
// the last lines of each; the timeline and the terminal have the rest.
import type { AttemptId, EpisodeId } from "#protocol/ids.ts";
import { type Bytes, byteCount } from "#protocol/quantities.ts";
import type { OutputStream } from "#protocol/result.ts";
import type { TimelineEntry } from "#protocol/timeline.ts";
import type { OutputPiece, ReadOutput } from "#protocol/webview/feed.ts";
import { OutputText } from "../page/outputText.ts";

/** Attempts whose output is shown; of more, the newest. */
export const FOLLOWED_MAX = 3;
/** Output before this much is not read: the tail shows the end. */
const BYTES_BACK = 4_096;
const CHARACTERS_MAX = 8_192;
/** Lines of each that are shown. */
export const LINES_SHOWN = 12;

const ENDINGS: ReadonlySet<string> = new Set(["JobFinished", "JobFailed", "JobCancelled"]);

export interface RunningOutput {
  readonly attemptId: AttemptId;
  readonly episodeId: EpisodeId | undefined;
  readonly where: string;
  /** The newest stream that wrote. */
  readonly lines: string;
}

interface Followed {
  readonly attemptId: AttemptId;
  readonly episodeId: EpisodeId | undefined;
  where: string;
  stream: OutputStream | undefined;
  readonly outputs: Map<OutputStream, { readonly text: OutputText; end: Bytes; asked: boolean }>;
}

export class RunningOutputs {
  readonly #read: (ask: ReadOutput) => void;
  #followed: Followed[] = [];

  constructor(read: (ask: ReadOutput) => void) {
    this.#read = read;
  }

  clear(): void {
    this.#followed = [];
  }

  /** Takes all entries of a message before it reads: what has ended within them is not worth it. */
  add(entries: readonly TimelineEntry[]): void {
    for (const entry of entries) this.#add(entry);
    for (const followed of this.#followed) this.#readOn(followed);
  }

  take(piece: OutputPiece): void {
    const followed = this.#followed.find(({ attemptId }) => attemptId === piece.attemptId);
    const output = followed?.outputs.get(piece.stream);
    if (followed === undefined || output === undefined) return;
    output.asked = false;
    output.text.add(piece);
    // A piece of nothing is a Home that has less than it said or holds it back, or a problem: the next entry asks again.
    if (piece.nextByte > piece.fromByte) this.#readOn(followed);
  }

  shown(): readonly RunningOutput[] {
    return this.#followed.map(({ attemptId, episodeId, where, stream, outputs }) => {
      const text = stream === undefined ? "" : (outputs.get(stream)?.text.plain ?? "");
      return { attemptId, episodeId, where, lines: lastLines(text) };
    });
  }

  #add(entry: TimelineEntry): void {
    const { attemptId, kind, corrId, where, output } = entry;
    if (kind === "EpisodeFinished") this.#followed = this.#followed.filter(({ episodeId }) => episodeId !== corrId);
    if (attemptId === undefined) return;
    if (ENDINGS.has(kind)) {
      this.#followed = this.#followed.filter((followed) => followed.attemptId !== attemptId);
      return;
    }
    let followed = this.#followed.find((candidate) => candidate.attemptId === attemptId);
    if (followed === undefined) {
      if (kind !== "JobStarted" && output === undefined) return;
      followed = { attemptId, episodeId: corrId, where: where?.name ?? "", stream: undefined, outputs: new Map() };
      this.#followed = [...this.#followed, followed].slice(-FOLLOWED_MAX);
    }
    if (output !== undefined) this.#wrote(followed, output);
  }

  #wrote(followed: Followed, { stream, fromByte, bytes }: NonNullable<TimelineEntry["output"]>): void {
    const end = byteCount(fromByte + bytes);
    const output = followed.outputs.get(stream) ?? { text: new OutputText(CHARACTERS_MAX), end, asked: false };
    output.end = end;
    followed.stream = stream;
    followed.outputs.set(stream, output);
  }

  #readOn({ attemptId, outputs }: Followed): void {
    for (const [stream, output] of outputs) {
      if (output.asked || output.text.nextByte >= output.end) continue;
      // Far behind, the lines in between are skipped: nobody could have read them.
      if (output.end - output.text.nextByte > 2 * BYTES_BACK) output.text.skipTo(byteCount(output.end - BYTES_BACK));
      output.asked = true;
      this.#read({ kind: "read-output", attemptId, stream, fromByte: output.text.nextByte });
    }
  }
}

function lastLines(text: string): string {
  const lines = text.replace(/\n$/u, "").split("\n");
  return lines.slice(-LINES_SHOWN).join("\n");
}
