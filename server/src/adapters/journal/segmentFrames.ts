// Where the frames of a segment lie that a start from a checkpoint did not read. It is read when somebody asks for them.
// It decides whether they are sound: lengths, checksums and the chain. It must never serve a frame that is not.
import type { FileSystem } from "#platform/files/fileSystem.ts";
import type { FramePage, UnreadSegment } from "./framePages.ts";
import { corruptionAt } from "./journalFaults.ts";
import { type FoundRecord, parseRecordAt } from "./record.ts";
import { readSegment } from "./scanJournal.ts";

/** Throws JournalFault "journal-corrupt" where a record is not sound, "journal-unavailable" where the disk refuses. */
export async function readFrames(
  fileSystem: FileSystem,
  { segment, toByte }: UnreadSegment,
): Promise<readonly (FramePage & { readonly sequence: number })[]> {
  const bytes = await readSegment(fileSystem, segment);
  const endByte = toByte ?? bytes.length;
  const frames: (FramePage & { readonly sequence: number })[] = [];
  let before: FoundRecord | undefined;
  for (let atByte = 0; atByte < endByte; ) {
    const found = parseRecordAt(bytes, atByte);
    const follows = before === undefined || found?.record.previousDigest === before.digest;
    if (found === undefined || !follows) {
      throw corruptionAt(segment, atByte, "its bytes are damaged: a checkpoint was made after they were durable");
    }
    const { sequence, kind } = found.record;
    if (kind === "frame") frames.push({ segment, sequence, fromByte: atByte, toByte: found.endByte });
    before = found;
    atByte = found.endByte;
  }
  return frames;
}
