// Several lives of one journal on a modelled disk: each opens, appends and ends in a crash, the next finds what is left.
// It decides by its seed alone, and checks after each crash what the product promises of an acknowledged event.
import assert from "node:assert/strict";
import { sequence } from "#protocol/quantities.ts";
import type { JournalFrame } from "../../server/src/home/journalPort.ts";
import { JournalFault } from "../../server/src/home/journalPort.ts";
import type { OpenedJournal } from "../../server/src/adapters/journal/journalFile.ts";
import { openJournal } from "../../server/src/adapters/journal/journalFile.ts";
import { verifyJournal } from "../../server/src/adapters/journal/verifyJournal.ts";
import type { Chance } from "./chance.ts";
import { chanceOf } from "./chance.ts";
import { MachineStopped, ModelledDisk } from "./modelledDisk.ts";

/** What happened in one run, so that a test can tell that the faults it counts on did occur. */
export interface Tally {
  crashes: number;
  crashesWhileOpening: number;
  failedSyncs: number;
  failedWrites: number;
  tornTails: number;
  acknowledged: number;
}

export function emptyTally(): Tally {
  return { crashes: 0, crashesWhileOpening: 0, failedSyncs: 0, failedWrites: 0, tornTails: 0, acknowledged: 0 };
}

/** Throws (with the seed in its message) where a promise is broken. */
export async function liveThroughCrashes(seed: number, tally: Tally): Promise<void> {
  const lives = new JournalLives(chanceOf(seed), tally);
  try {
    await lives.run();
  } catch (cause) {
    throw new Error(`seed ${seed}: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
  }
}

/** As above, and after each crash the recoveries crash too, several times over, before one is let through. */
export async function liveThroughCrashesOfRecovery(seed: number, tally: Tally): Promise<void> {
  const lives = new JournalLives(chanceOf(seed), tally);
  try {
    await lives.runRecoveries();
  } catch (cause) {
    throw new Error(`seed ${seed}: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
  }
}

const LIVES_MAX = 4;
/** Crashes of one recovery after the other; each finds what the one before had left. */
const RECOVERIES_MAX = 3;
const TURNS_MAX = 16;

class JournalLives {
  readonly #chance: Chance;
  readonly #tally: Tally;
  readonly #segmentBytes: number;
  #disk: ModelledDisk;
  /** Every frame ever handed in that may still come back, by sequence. */
  #submitted: string[] = [];
  #acknowledged = 0;
  #texts = 0;

  constructor(chance: Chance, tally: Tally) {
    this.#chance = chance;
    this.#tally = tally;
    this.#disk = new ModelledDisk(chance);
    this.#segmentBytes = 300 + chance.below(3000);
  }

  async run(): Promise<void> {
    const lives = 1 + this.#chance.below(LIVES_MAX);
    for (let life = 0; life < lives; life++) await this.#live();
    await this.#settleDown();
    this.#tally.acknowledged += this.#acknowledged;
  }

  async runRecoveries(): Promise<void> {
    await this.#live();
    for (let recovery = 0; recovery < RECOVERIES_MAX; recovery++) {
      const disk = this.#disk;
      disk.crashAfter(1 + this.#chance.below(3));
      try {
        await this.#open();
        disk.crashAfter(Number.POSITIVE_INFINITY);
        break;
      } catch (error) {
        const isCrash =
          error instanceof MachineStopped || (error instanceof JournalFault && error.code === "journal-unavailable");
        if (!isCrash) throw error;
        this.#tally.crashesWhileOpening++;
        this.#tally.crashes++;
        this.#disk = disk.afterCrash(this.#chance.yes(0.3) ? "process-killed" : "power-cut");
      }
    }
    await this.#settleDown();
    this.#tally.acknowledged += this.#acknowledged;
  }

  async #live(): Promise<void> {
    const disk = this.#disk;
    disk.crashAfter(1 + this.#chance.below(40));
    if (this.#chance.yes(0.3)) disk.writeShort();
    try {
      const { journal } = await this.#open();
      await this.#appendUntilItEnds(journal);
      if (this.#chance.yes(0.5)) await journal.close();
    } catch (error) {
      if (!(error instanceof JournalFault) || error.code !== "journal-unavailable") {
        if (!(error instanceof MachineStopped)) throw error;
      }
      this.#tally.crashesWhileOpening++;
    }
    this.#tally.crashes++;
    this.#disk = disk.afterCrash(this.#chance.yes(0.3) ? "process-killed" : "power-cut");
  }

  async #open(): Promise<OpenedJournal<string>> {
    const frames: string[] = [];
    const opened = await openJournal({
      fileSystem: this.#disk,
      header: { workspaceId: "ws_lives", homeId: "node_lives" },
      decodeEvent: decodeText,
      onFrame: ({ events }) => frames.push(events.join()),
      segmentBytes: this.#segmentBytes,
    });
    assert.ok(frames.length >= this.#acknowledged, `lost ${this.#acknowledged - frames.length} acknowledged frames`);
    assert.deepEqual(frames, this.#submitted.slice(0, frames.length), "recovered something else than was submitted");
    assert.equal(opened.journal.lastSequence, frames.length);
    assert.equal(opened.journal.durableSequence, frames.length);
    if (opened.recovered.tornTail !== undefined) this.#tally.tornTails++;
    // What was opened is shown to the outside: from here on it counts as acknowledged.
    this.#submitted = frames;
    this.#acknowledged = frames.length;
    return opened;
  }

  async #appendUntilItEnds(journal: OpenedJournal<string>["journal"]): Promise<void> {
    const outcomes: Promise<void>[] = [];
    const turns = this.#chance.below(TURNS_MAX);
    for (let turn = 0; turn < turns; turn++) {
      if (this.#chance.yes(0.02)) this.#failASync();
      if (this.#chance.yes(0.02)) this.#failAWrite();
      const frames = 1 + this.#chance.below(4);
      for (let frame = 0; frame < frames; frame++) outcomes.push(this.#append(journal, journal.lastSequence + 1));
      if (this.#chance.yes(0.6)) await Promise.all(outcomes);
      if (this.#chance.yes(0.1)) await journal.mark();
    }
    await Promise.all(outcomes);
  }

  async #append(journal: OpenedJournal<string>["journal"], at: number): Promise<void> {
    const text = this.#text();
    const frame: JournalFrame<string> = { sequence: sequence(at), events: [text] };
    const appended = journal.append(frame);
    if (journal.lastSequence === at) this.#submitted[at - 1] = text;
    try {
      await appended;
      this.#acknowledged = Math.max(this.#acknowledged, at);
    } catch (error) {
      assert.ok(error instanceof JournalFault);
      assert.match(error.code, /^journal-(unknown-outcome|read-only)$/);
      assert.ok(this.#acknowledged < at, "a frame failed after a later one was acknowledged");
    }
  }

  /** The last life crashes no more: opening it twice changes nothing, and appending works. */
  async #settleDown(): Promise<void> {
    await this.#open();
    const again = await this.#open();
    assert.equal(again.recovered.tornTail, undefined, "a repaired journal needs no second repair");
    await this.#append(again.journal, again.journal.lastSequence + 1);
    await again.journal.close();
    const verdict = await verifyJournal(this.#disk);
    assert.equal(verdict.kind, "ok");
    assert.equal((await this.#open()).recovered.frames, this.#submitted.length);
  }

  #failASync(): void {
    this.#disk.failNextSync("EIO");
    this.#tally.failedSyncs++;
  }

  #failAWrite(): void {
    this.#disk.failNextWrite(this.#chance.yes(0.5) ? "ENOSPC" : "EIO");
    this.#tally.failedWrites++;
  }

  #text(): string {
    const length = this.#chance.below(this.#chance.yes(0.1) ? 3000 : 120);
    return `${this.#texts++}:${"x".repeat(length)}`;
  }
}

function decodeText(value: unknown): string {
  if (typeof value !== "string") throw new TypeError("not a text");
  return value;
}
