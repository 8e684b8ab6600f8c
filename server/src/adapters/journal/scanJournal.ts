// Reads a journal from its first byte to its last and says how it ends: whole, with a torn tail, or corrupt.
// It decides the recovery rule: what a crash can leave is cut, what a crash cannot leave is damage and is never cut.
// It must never write, and never call bytes torn that were durable once.
import { JournalFault } from "../../home/journalPort.ts";
import type { FileSystem } from "#platform/files/fileSystem.ts";
import type { JournalPlace } from "../../home/journalPort.ts";
import type { FoundRecord, HeaderRecord, JournalRecord } from "./record.ts";
import { JOURNAL_FORMAT_VERSION, NO_RECORD_DIGEST, parseRecordAt } from "./record.ts";

export interface JournalScan {
  readonly end: JournalEnd;
  readonly segments: readonly string[];
  /** The last sound record; undefined in an empty journal. */
  readonly last: JournalRecord | undefined;
  readonly lastDigest: string;
  readonly frames: number;
  readonly lastSequence: number;
  /** The last segment, when there is one. */
  readonly tail: JournalTail | undefined;
}

export type JournalEnd =
  | { readonly kind: "whole" }
  | { readonly kind: "torn-tail"; readonly segment: string; readonly atByte: number; readonly cutBytes: number }
  | { readonly kind: "corrupt"; readonly segment: string; readonly atByte: number; readonly reason: string };

export interface JournalTail {
  readonly segment: string;
  /** Where the next record goes. */
  readonly endByte: number;
  /** Records from here on are sound, but none after them says that they were durable. */
  readonly provenToByte: number;
}

/** A record, and where it stands. */
export interface RecordPlace extends JournalPlace {
  readonly sequence: number;
  readonly digest: string;
}

/** Calls `visit` once for each sound record, in order; those before a damaged place included. */
export async function scanJournal(
  fileSystem: FileSystem,
  visit: (found: FoundRecord, place: JournalPlace) => void,
): Promise<JournalScan> {
  const segments = (await fileSystem.list()).filter((name) => SEGMENT_NAME.test(name)).sort();
  const chain = new Chain();
  let tail: JournalTail | undefined;
  for (const [index, segment] of segments.entries()) {
    if (segment !== segmentName(chain.lastSequence + 1)) {
      const reason = `the journal goes from frame ${chain.lastSequence} to ${segment}: what lies between is missing`;
      return chain.endedAs({ kind: "corrupt", segment, atByte: 0, reason }, segments, tail);
    }
    const bytes = await readSegment(fileSystem, segment);
    const scanned = chain.follow(bytes, segment, visit);
    tail = { segment, endByte: scanned.endByte, provenToByte: scanned.provenToByte };
    if (scanned.endByte === bytes.length) continue;
    const atByte = scanned.endByte;
    const reason = scanned.breach ?? chain.proofOfDamage(bytes, atByte, segments[index + 1]);
    const end: JournalEnd =
      reason === undefined
        ? { kind: "torn-tail", segment, atByte, cutBytes: bytes.length - atByte }
        : { kind: "corrupt", segment, atByte, reason };
    return chain.endedAs(end, segments, tail);
  }
  return chain.endedAs({ kind: "whole" }, segments, tail);
}

const SEGMENT_NAME = /^segment-\d{12}\.journal$/;

/** Named by the sequence of its first frame, so that a listing in order of names is in order of frames. */
export function segmentName(firstSequence: number): string {
  return `segment-${String(firstSequence).padStart(12, "0")}.journal`;
}

interface ScannedSegment {
  readonly endByte: number;
  readonly provenToByte: number;
  /** Why the sound record at endByte cannot stand there. */
  readonly breach?: string;
}

/** The records so far, as a chain of sequences and digests. */
class Chain {
  lastSequence = 0;
  #lastDigest = NO_RECORD_DIGEST;
  #last: JournalRecord | undefined;
  #owner: HeaderRecord | undefined;
  #frames = 0;

  follow(bytes: Buffer, segment: string, visit: (found: FoundRecord, place: JournalPlace) => void): ScannedSegment {
    let atByte = 0;
    let provenToByte = 0;
    while (atByte < bytes.length) {
      const found = parseRecordAt(bytes, atByte);
      if (found === undefined) break;
      const breach = this.#breachOf(found.record, atByte);
      if (breach !== undefined) return { endByte: atByte, provenToByte, breach };
      if (found.record.durableBefore === this.lastSequence) provenToByte = atByte;
      visit(found, { segment, atByte });
      this.#take(found);
      atByte = found.endByte;
    }
    return { endByte: atByte, provenToByte };
  }

  /**
   * Why the unsound bytes at `atByte` were durable once; undefined when a crash can have left them. A crash leaves only
   * the last batch in pieces, and that batch ends the journal. So each of these proves damage:
   *   - a later segment: its predecessor was durable before it was made;
   *   - a sound record further on that knew the frame here as durable;
   *   - a sound record further on with the very next sequence (or an earlier one): what lies between is then a header or
   *     a mark, and both are durable before anything follows them;
   *   - any sound record after an unsound header.
   * The search tries every byte: a flipped newline would hide a record from a search by lines.
   */
  proofOfDamage(bytes: Buffer, atByte: number, laterSegment: string | undefined): string | undefined {
    if (laterSegment !== undefined) return `its bytes are damaged: ${laterSegment} was begun after they were durable`;
    const next = this.lastSequence + 1;
    for (let at = atByte + 1; at < bytes.length; at++) {
      const found = parseRecordAt(bytes, at);
      if (found === undefined) continue;
      const { sequence, durableBefore } = found.record;
      if (durableBefore >= next || sequence <= next || atByte === 0) {
        return `its bytes are damaged: the record at byte ${at} was written after they were durable`;
      }
      at = found.endByte - 1;
    }
    return undefined;
  }

  endedAs(end: JournalEnd, segments: readonly string[], tail: JournalTail | undefined): JournalScan {
    return {
      end,
      segments,
      tail,
      last: this.#last,
      lastDigest: this.#lastDigest,
      lastSequence: this.lastSequence,
      frames: this.#frames,
    };
  }

  #take({ record, digest }: FoundRecord): void {
    this.lastSequence = record.sequence;
    this.#lastDigest = digest;
    this.#last = record;
    if (record.kind === "frame") this.#frames++;
    if (record.kind === "header") this.#owner ??= record;
  }

  /** A sound record in the wrong place: no crash leaves that, somebody put it there or took another away. */
  #breachOf(record: JournalRecord, atByte: number): string | undefined {
    const { sequence, durableBefore, previousDigest } = record;
    if ((record.kind === "header") !== (atByte === 0)) return `a ${record.kind} cannot stand here`;
    const expected = this.lastSequence + (record.kind === "frame" ? 1 : 0);
    if (sequence !== expected) return `the ${record.kind} here is numbered ${sequence}, not ${expected}`;
    if (previousDigest !== this.#lastDigest) return `the record before the ${record.kind} here is not the one it names`;
    const durableMin = record.kind === "frame" ? (this.#last?.durableBefore ?? 0) : this.lastSequence;
    if (durableBefore < durableMin || durableBefore > this.lastSequence) {
      return `the ${record.kind} here takes frame ${durableBefore} for the last durable one`;
    }
    return record.kind === "header" ? this.#breachOfHeader(record) : undefined;
  }

  #breachOfHeader({ version, workspaceId, homeId }: HeaderRecord): string | undefined {
    if (version !== JOURNAL_FORMAT_VERSION) {
      return `the segment is of format version ${version}, this program reads ${JOURNAL_FORMAT_VERSION}`;
    }
    const owner = this.#owner;
    if (owner === undefined || (owner.workspaceId === workspaceId && owner.homeId === homeId)) return undefined;
    return `the segment belongs to Home ${homeId} of ${workspaceId}, those before it do not`;
  }
}

async function readSegment(fileSystem: FileSystem, segment: string): Promise<Buffer> {
  try {
    const bytes = await fileSystem.read(segment);
    return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  } catch (cause) {
    throw new JournalFault(
      "journal-unavailable",
      `The journal's segment ${segment} cannot be read`,
      "Check the disk and the permissions of the Home's folder, then start the Home again.",
      { place: { segment, atByte: 0 }, cause },
    );
  }
}
