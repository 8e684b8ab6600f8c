// The journal's faults in words: what happened and what to do about it. It decides nothing.
import { errnoOf } from "#platform/files/fileSystem.ts";
import { ArwError } from "#protocol/errors.ts";
import type { JournalFaultCode } from "../../home/journalPort.ts";
import { JournalFault } from "../../home/journalPort.ts";
import { JOURNAL_FRAME_BYTES_MAX } from "./record.ts";

/** Damage at a place that was durable once. */
export function corruptionAt(segment: string, atByte: number, reason: string): JournalFault {
  return new JournalFault(
    "journal-corrupt",
    `The journal is damaged in ${segment} at byte ${atByte}: ${reason}`,
    "Nothing was changed. Keep a copy of the journal's folder, then restore it from a backup; `arw-home journal verify` checks it.",
    { place: { segment, atByte } },
  );
}

/** A fault of the journal as a whole, in words. */
export function faultOf(code: WordedCode, cause?: unknown): JournalFault {
  const { message, advice } = WORDS[code];
  const reason = reasonOf(cause);
  return new JournalFault(code, reason === undefined ? message : `${message} (${reason})`, advice, { cause });
}

/** What lies beside a frame says itself what happened to it; the disk has a word for it. */
function reasonOf(cause: unknown): string | undefined {
  return cause instanceof ArwError ? cause.message : errnoOf(cause);
}

/** Faults that concern the journal as a whole; the others name a place. */
type WordedCode = Extract<
  JournalFaultCode,
  "journal-unknown-outcome" | "journal-read-only" | "journal-closed" | "journal-overloaded" | "journal-frame-too-large"
>;

const WORDS: Readonly<Record<WordedCode, { readonly message: string; readonly advice: string }>> = {
  "journal-unknown-outcome": {
    message: "The disk failed while the journal was written; whether this command was kept is unknown",
    advice:
      "Mend the disk (free space, check its health); once the Home writes again, its timeline says what was kept.",
  },
  "journal-read-only": {
    message: "The journal takes nothing more since the disk failed to write it",
    advice: "Mend the disk (free space, check its health): the Home then resumes from what was kept.",
  },
  "journal-closed": {
    message: "The journal is closed",
    advice: "Start the Home again.",
  },
  "journal-overloaded": {
    message: "The disk is too slow: too many commands wait to be written to the journal",
    advice: "Try again in a moment; if it lasts, see what else keeps the disk busy.",
  },
  "journal-frame-too-large": {
    message: `One command's events exceed the journal's limit of ${JOURNAL_FRAME_BYTES_MAX} bytes`,
    advice: "Use fewer or smaller inputs in one command.",
  },
};
