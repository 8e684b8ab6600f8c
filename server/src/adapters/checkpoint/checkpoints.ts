// When a checkpoint is made: once the Home is idle and enough has happened since the last one, and when it ends.
// It must never hold a command up, nor describe a state that is not durable whole.
import type { KeyObject } from "node:crypto";
import type { FileSystem } from "#platform/files/fileSystem.ts";
import type { Frontier } from "#protocol/ledger/merkleTree.ts";
import type { Sequence } from "#protocol/quantities.ts";
import type { HomeState } from "../../home/state.ts";
import type { RecordPlace } from "../journal/scanJournal.ts";
import { writeCheckpoint } from "./checkpointFile.ts";

/** A start reads at most about this many frames after a checkpoint, unless the Home was never idle. */
export const CHECKPOINT_FRAMES = 2_000;

export interface CheckpointsTerms {
  readonly fileSystem: FileSystem;
  readonly privateKey: KeyObject;
  readonly program: string;
  /** The last frame that the state at the start includes, and the frame of the checkpoint that it came from. */
  readonly lastFrame: Sequence;
  readonly madeAt: Sequence;
  readonly lastRecord: () => RecordPlace | undefined;
  readonly state: () => HomeState;
  /** The tree of the egress ledger as of the same frame. */
  readonly ledger: () => Frontier;
  readonly log: (fact: string, facts: Readonly<Record<string, unknown>>) => void;
  readonly trouble: (what: string, error: unknown) => void;
}

export class Checkpoints {
  readonly #terms: CheckpointsTerms;
  #lastFrame: number;
  #madeAt: number;
  #making: Promise<void> = Promise.resolve();

  constructor(terms: CheckpointsTerms) {
    this.#terms = terms;
    this.#lastFrame = terms.lastFrame;
    this.#madeAt = terms.madeAt;
  }

  /** The state now includes this frame, which is durable. */
  note(sequence: Sequence): void {
    this.#lastFrame = sequence;
  }

  /** Makes one if that is worth it: `least` frames since the last. Never rejects: a start can do without. */
  make(least: number): Promise<void> {
    this.#making = this.#making.then(() => this.#makeNow(least));
    return this.#making;
  }

  async #makeNow(least: number): Promise<void> {
    const { fileSystem, privateKey, program, lastRecord, state, ledger, log, trouble } = this.#terms;
    const record = lastRecord();
    // Only where the state is exactly what the journal's last record ends: then and only then they belong together.
    if (record === undefined || record.sequence !== this.#lastFrame || record.sequence - this.#madeAt < least) return;
    try {
      const stateHash = await writeCheckpoint(
        fileSystem,
        { record, state: state(), ledger: ledger(), program },
        privateKey,
      );
      this.#madeAt = record.sequence;
      log("checkpoint made", { sequence: record.sequence, stateHash });
    } catch (error) {
      trouble("making a checkpoint", error);
    }
  }
}
