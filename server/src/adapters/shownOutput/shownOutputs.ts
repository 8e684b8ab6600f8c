// Output as everybody but its owner's own programs gets it: the one place where a page of it is read for a view.
// Each stream is one text for the redactor, however it came in pieces and wherever a page begins or ends, so a secret that is
// cut in two is found. It must never hand out a byte before it is decided whether that byte is shown.
import { OUTPUT_REMOVED_MAX, type RemovedOutput } from "#protocol/shownOutput.ts";
import { OUTPUT_PAGE_BYTES_MAX } from "#protocol/wire/clientViews.ts";
import type { AttemptId } from "#protocol/ids.ts";
import type { Redactor } from "#platform/redaction/redactor.ts";
import { InTurn } from "../inTurn.ts";
import type { OutputFiles, OutputStream } from "../outputFiles.ts";
import { ScannedOutput } from "./scannedOutput.ts";

export interface ShownPage {
  /** At their own places; what is not shown is covered. */
  readonly bytes: Uint8Array;
  readonly removed: readonly RemovedOutput[];
  /** More is there already and waits: it may be the beginning of a secret. */
  readonly held: boolean;
}

export interface ShownOutputTerms {
  readonly outputs: Pick<OutputFiles, "read">;
  /** As of now: it is made anew where the workspace's secrets change. */
  readonly redactor: () => Redactor;
  /** Whether nothing more will be printed. */
  readonly hasEnded: (attemptId: AttemptId) => boolean;
}

/** Streams that are remembered, those used last; any other one is read again from its first byte. */
export const STREAMS_KNOWN_MAX = 32;
/** Read and looked through at a time. */
export const SCAN_BYTES: number = 64 * 1024;
const COVER = 42;

export class ShownOutputs {
  readonly #terms: ShownOutputTerms;
  /** In the order of last use. */
  readonly #streams = new Map<string, StreamReader>();

  constructor(terms: ShownOutputTerms) {
    this.#terms = terms;
  }

  async read(
    attemptId: AttemptId,
    stream: OutputStream,
    fromByte: number,
    bytesMax: number = OUTPUT_PAGE_BYTES_MAX,
  ): Promise<ShownPage> {
    const found = await this.#terms.outputs.read(attemptId, stream, fromByte, bytesMax);
    if (found.length === 0) return { bytes: found, removed: [], held: false };
    const reader = this.#reader(attemptId, stream);
    return reader.turn.run(() => reader.page(fromByte, found));
  }

  #reader(attemptId: AttemptId, stream: OutputStream): StreamReader {
    const key = `${attemptId} ${stream}`;
    const reader = this.#streams.get(key) ?? new StreamReader(this.#terms, attemptId, stream);
    this.#streams.delete(key);
    this.#streams.set(key, reader);
    const [oldest] = this.#streams.keys();
    if (this.#streams.size > STREAMS_KNOWN_MAX && oldest !== undefined) this.#streams.delete(oldest);
    return reader;
  }
}

class StreamReader {
  readonly turn = new InTurn();
  readonly #terms: ShownOutputTerms;
  readonly #attemptId: AttemptId;
  readonly #stream: OutputStream;
  #scanned: ScannedOutput | undefined;

  constructor(terms: ShownOutputTerms, attemptId: AttemptId, stream: OutputStream) {
    this.#terms = terms;
    this.#attemptId = attemptId;
    this.#stream = stream;
  }

  async page(fromByte: number, found: Uint8Array): Promise<ShownPage> {
    const foundTo = fromByte + found.length;
    const scanned = await this.#scannedTo(fromByte, foundTo);
    const endByte = Math.min(foundTo, scanned.decidedBytes);
    if (endByte <= fromByte) return { bytes: new Uint8Array(), removed: [], held: true };
    const removed = scanned.rangesFrom(fromByte).filter((range) => range.fromByte < endByte);
    const oneMore = removed[OUTPUT_REMOVED_MAX];
    const shownTo = oneMore?.fromByte ?? endByte;
    const within = removed.slice(0, OUTPUT_REMOVED_MAX);
    const bytes = Uint8Array.from(found.subarray(0, shownTo - fromByte));
    for (const range of within) bytes.fill(COVER, Math.max(0, range.fromByte - fromByte), range.endByte - fromByte);
    return { bytes, removed: within, held: oneMore === undefined && endByte < foundTo };
  }

  /** Looked through as far as the page needs, or as there is anything. */
  async #scannedTo(fromByte: number, toByte: number): Promise<ScannedOutput> {
    const redactor = this.#terms.redactor();
    let scanned = this.#scanned;
    const isOver = scanned?.hasEnded === true && scanned.scannedBytes < toByte;
    if (scanned === undefined || scanned.redactor !== redactor || isOver || fromByte < scanned.knownFromByte) {
      scanned = new ScannedOutput(redactor);
    }
    while (scanned.decidedBytes < toByte && !hasEnough(scanned, fromByte)) {
      // Asked first: what is there after the end is all there will be.
      const hasEnded = this.#terms.hasEnded(this.#attemptId);
      const chunk = await this.#terms.outputs.read(this.#attemptId, this.#stream, scanned.scannedBytes, SCAN_BYTES);
      if (chunk.length > 0) scanned.write(chunk);
      else if (hasEnded) scanned.end();
      else break;
    }
    this.#scanned = scanned;
    return scanned;
  }
}

function hasEnough(scanned: ScannedOutput, fromByte: number): boolean {
  return scanned.decidedBytes > fromByte && scanned.rangesFrom(fromByte).length > OUTPUT_REMOVED_MAX;
}
