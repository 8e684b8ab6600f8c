// Opens a journal: reads every frame once, repairs what a crash may leave, and refuses what a crash cannot leave.
// It decides nothing about damage itself: the scan does. It must never serve a frame that a power cut could still take,
// and never cut bytes from a journal that is corrupt or another Home's.
import { errnoOf, type FileSystem } from "#platform/files/fileSystem.ts";
import { sequence as sequenceOf } from "#protocol/quantities.ts";
import type { JournalFrame } from "../../home/journalPort.ts";
import { JournalFault } from "../../home/journalPort.ts";
import { FramePages } from "./framePages.ts";
import type { FileJournal } from "./journalWriter.ts";
import { corruptionAt } from "./journalFaults.ts";
import { JournalWriter } from "./journalWriter.ts";
import type { HeaderRecord } from "./record.ts";
import type { JournalScan, RecordPlace } from "./scanJournal.ts";
import { scanJournal } from "./scanJournal.ts";

export interface JournalOptions<E> {
  readonly fileSystem: FileSystem;
  /** Whose journal this is; stands in every segment's header. */
  readonly header: JournalOwner;
  /** Turns an event's JSON into an event, or throws. */
  readonly decodeEvent: (value: unknown) => E;
  /** Sees each frame once, in order, before `openJournal` resolves; the frames are kept nowhere else. */
  readonly onFrame?: (frame: JournalFrame<E>) => void;
  /**
   * Makes anew what a frame names beside the journal, where nothing proves that it became durable with its frame. False
   * where it is not whole: nobody was ever told of such a frame, and it is cut like a torn one.
   */
  readonly renewBeside?: (events: readonly E[]) => Promise<boolean>;
  /** Called once, after the frames in flight have been rejected. */
  readonly onFault?: (fault: JournalFault) => void;
  /** A new segment is begun when one has grown to this. */
  readonly segmentBytes?: number;
  /** A record that was durable once: a journal without it has lost what was acknowledged, and is corrupt. */
  readonly witness?: RecordPlace;
  /** Frames up to this one are checked but neither decoded nor seen: their sum is known. */
  readonly summedTo?: number;
}

export interface JournalOwner {
  readonly workspaceId: string;
  readonly homeId: string;
}

export interface OpenedJournal<E> {
  readonly journal: FileJournal<E>;
  readonly recovered: RecoveredJournal;
}

export interface RecoveredJournal {
  readonly frames: number;
  /** What a crash had left of a batch that nobody was told of; it has been cut. */
  readonly tornTail?: { readonly segment: string; readonly atByte: number; readonly cutBytes: number };
}

/** A segment is read in one piece at a start, and is what a person opens in a pager. */
export const SEGMENT_BYTES: number = 16 * 1024 * 1024;

/** Throws JournalFault: "journal-corrupt", "journal-foreign", "journal-undecodable" or "journal-unavailable". */
export async function openJournal<E>(options: JournalOptions<E>): Promise<OpenedJournal<E>> {
  const { fileSystem, header: owner, segmentBytes = SEGMENT_BYTES } = options;
  const decodeEvents = eventsDecoder(options.decodeEvent);
  const { witness, summedTo = 0 } = options;
  let pages = new FramePages();
  let witnessed = witness === undefined;
  /** Sound frames of which no later record says that they were durable. */
  let unproven: UnprovenFrame<E>[] = [];
  let scan = await scanJournal(fileSystem, ({ record, endByte, digest }, { segment, atByte }) => {
    witnessed ||= digest === witness?.digest && record.sequence === witness.sequence;
    if (record.kind === "header") requireOwner(record, owner, segment);
    const oldest = unproven[0]?.frame.sequence;
    if (oldest !== undefined && oldest <= record.durableBefore)
      unproven = proven(unproven, record.durableBefore, options.onFrame);
    if (record.kind !== "frame") return;
    pages.note(record.sequence, { segment, fromByte: atByte, toByte: endByte });
    if (record.sequence <= summedTo) return;
    const events = decodeEvents(record.events, segment, atByte);
    unproven.push({ frame: { sequence: sequenceOf(record.sequence), events }, segment, atByte });
  });
  if (scan.end.kind === "corrupt") throw corruptionAt(scan.end.segment, scan.end.atByte, scan.end.reason);
  if (witness !== undefined && !witnessed) {
    throw corruptionAt(witness.segment, witness.atByte, `the signed checkpoint's frame ${witness.sequence} is missing`);
  }
  const foundBytes = scan.tail === undefined ? 0 : await fileSystem.size(scan.tail.segment);
  const bare = await firstBare(unproven, options.renewBeside);
  if (bare !== undefined) {
    await fileSystem.truncate(bare.segment, bare.atByte);
    pages = new FramePages();
    scan = await scanJournal(fileSystem, ({ record, endByte }, { segment, atByte }) => {
      if (record.kind === "frame") pages.note(record.sequence, { segment, fromByte: atByte, toByte: endByte });
    });
  }
  proven(unproven, scan.lastSequence, options.onFrame);
  const segment = await repair(fileSystem, scan);
  const journal = new JournalWriter<E>({
    fileSystem,
    owner,
    segmentBytes,
    decodeEvents,
    pages,
    segment,
    onFault: options.onFault ?? (() => undefined),
    lastSequence: scan.lastSequence,
    lastDigest: scan.lastDigest,
    unmarked: scan.last?.kind === "frame",
  });
  return { journal, recovered: recoveredOf(scan, foundBytes) };
}

interface UnprovenFrame<E> {
  readonly frame: JournalFrame<E>;
  readonly segment: string;
  readonly atByte: number;
}

/** Hands out the frames up to this one; the others remain. */
function proven<E>(
  frames: UnprovenFrame<E>[],
  durable: number,
  onFrame: JournalOptions<E>["onFrame"],
): UnprovenFrame<E>[] {
  const beyond = frames.findIndex(({ frame }) => frame.sequence > durable);
  for (const { frame } of frames.slice(0, beyond < 0 ? frames.length : beyond)) onFrame?.(frame);
  return beyond < 0 ? [] : frames.slice(beyond);
}

/** The first frame that became durable without what it names. */
async function firstBare<E>(
  frames: readonly UnprovenFrame<E>[],
  renewBeside: JournalOptions<E>["renewBeside"],
): Promise<UnprovenFrame<E> | undefined> {
  if (renewBeside === undefined) return undefined;
  for (const unproven of frames) if (!(await renewBeside(unproven.frame.events))) return unproven;
  return undefined;
}

/** Makes durable what was read and cuts the rest; returns the segment to append to, if one has its header. */
async function repair(
  fileSystem: FileSystem,
  { tail, end }: JournalScan,
): Promise<{ readonly name: string; readonly bytes: number } | undefined> {
  if (tail === undefined) return undefined;
  const { segment, endByte, provenToByte } = tail;
  try {
    if (endByte === 0) {
      // Its header never became durable, so nothing after it was written: it is made again with the next batch.
      await fileSystem.remove(segment);
      await fileSystem.syncDirectory();
      return undefined;
    }
    if (end.kind === "torn-tail") await fileSystem.truncate(segment, endByte);
    // After a failed sync the kernel holds pages as clean that the disk never took: a sync alone would then succeed and
    // mean nothing. Records that no later one proves durable are therefore written once more.
    const unproven = await fileSystem.read(segment, { fromByte: provenToByte, bytesMax: endByte - provenToByte });
    await fileSystem.write(segment, unproven, provenToByte);
    // The segment's name is durable already: its header was written after the directory's sync.
    await fileSystem.sync(segment);
    return { name: segment, bytes: endByte };
  } catch (cause) {
    throw new JournalFault(
      "journal-unavailable",
      `The disk failed while the end of the journal in ${segment} was made durable (${errnoOf(cause) ?? "no errno"})`,
      "Mend the disk (free space, check its health) and start the Home again.",
      { place: { segment, atByte: endByte }, cause },
    );
  }
}

function recoveredOf({ frames, tail }: JournalScan, foundBytes: number): RecoveredJournal {
  if (tail === undefined || tail.endByte === foundBytes) return { frames };
  const { segment, endByte } = tail;
  return { frames, tornTail: { segment, atByte: endByte, cutBytes: foundBytes - endByte } };
}

function requireOwner({ workspaceId, homeId }: HeaderRecord, owner: JournalOwner, segment: string): void {
  if (workspaceId === owner.workspaceId && homeId === owner.homeId) return;
  throw new JournalFault(
    "journal-foreign",
    `The journal belongs to Home ${homeId} of workspace ${workspaceId}, not to Home ${owner.homeId} of ${owner.workspaceId}`,
    "Start the Home with the state folder and the identity that belong together.",
    { place: { segment, atByte: 0 } },
  );
}

function eventsDecoder<E>(
  decodeEvent: (value: unknown) => E,
): (events: readonly unknown[], segment: string, atByte: number) => readonly E[] {
  return (events, segment, atByte) => {
    try {
      return events.map(decodeEvent);
    } catch (cause) {
      throw new JournalFault(
        "journal-undecodable",
        `The record in ${segment} at byte ${atByte} holds an event that this program does not know`,
        "Nothing was changed. Start the version of the Home that wrote it, or a later one.",
        { place: { segment, atByte }, cause },
      );
    }
  };
}
