// Checks a journal without changing a byte, for `arw-home journal verify`: lengths, CRCs, sequences and the hash chain.
// It decides nothing that recovery decides otherwise: both read by the same scan. It must never repair.
import type { FileSystem } from "#platform/files/fileSystem.ts";
import type { Sequence } from "#protocol/quantities.ts";
import { sequence } from "#protocol/quantities.ts";
import { scanJournal } from "./scanJournal.ts";

export type JournalVerdict =
  | {
      readonly kind: "ok";
      readonly frames: number;
      readonly events: number;
      readonly segments: number;
      readonly lastSequence: Sequence;
      /** SHA-256 (hex) of the last record's JSON: whoever keeps it can prove a later cut. */
      readonly lastDigest: string;
    }
  | {
      /** What a crash leaves (or what a running Home is writing just now); the next start cuts it. */
      readonly kind: "torn-tail";
      readonly segment: string;
      readonly atByte: number;
      readonly cutBytes: number;
      readonly lastSequence: Sequence;
    }
  | { readonly kind: "corrupt"; readonly segment: string; readonly atByte: number; readonly reason: string };

/** Throws JournalFault "journal-unavailable" when the disk refuses to be read. */
export async function verifyJournal(fileSystem: FileSystem): Promise<JournalVerdict> {
  let events = 0;
  const scan = await scanJournal(fileSystem, ({ record }) => {
    if (record.kind === "frame") events += record.events.length;
  });
  const { end, frames, lastDigest, segments } = scan;
  const lastSequence = sequence(scan.lastSequence);
  switch (end.kind) {
    case "whole":
      return { kind: "ok", frames, events, segments: segments.length, lastSequence, lastDigest };
    case "torn-tail":
      return { ...end, lastSequence };
    case "corrupt":
      return end;
  }
}
