// Crashes between a frame and the output that it names: they become durable side by side, and a crash may leave either alone.
// What was acknowledged has both; what comes back has both, or is not there.
import assert from "node:assert/strict";
import { test } from "node:test";
import { type Digest, digestOf } from "#protocol/digest.ts";
import { byteCount, sequence } from "#protocol/quantities.ts";
import { openJournal } from "../../server/src/adapters/journal/journalFile.ts";
import type { FileJournal } from "../../server/src/adapters/journal/journalWriter.ts";
import { type OutputFiles, outputFilesOn } from "../../server/src/adapters/outputFiles.ts";
import { JournalFault } from "../../server/src/home/journalPort.ts";
import { type Chance, chanceOf, seedsOf } from "./chance.ts";
import { ModelledDisk } from "./modelledDisk.ts";
import { soaked } from "./soak.ts";

const RUNS: number = soaked(300);
const LIVES = 3;
const RANGES_MAX = 12;

/** The fact of a range. */
interface Printed {
  readonly attemptId: string;
  readonly fromByte: number;
  readonly bytes: number;
  readonly digest: Digest;
}

/** What many runs came to, so that a test can tell that what it counts on did occur. */
interface Tally {
  acknowledged: number;
  bare: number;
  faults: number;
}

test("no fact comes back without its output, and none that was acknowledged is lost", async (t) => {
  const tally: Tally = { acknowledged: 0, bare: 0, faults: 0 };
  for (const seed of seedsOf(RUNS)) {
    try {
      await new Lives(chanceOf(seed), tally).run();
    } catch (cause) {
      throw new Error(`seed ${seed}: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
    }
  }
  t.diagnostic(JSON.stringify(tally));
  assert.ok(tally.acknowledged >= RUNS && tally.bare >= RUNS / 20 && tally.faults >= RUNS / 50);
});

class Lives {
  readonly #chance: Chance;
  readonly #tally: Tally;
  #disk: ModelledDisk;
  #acknowledged = 0;
  #lives = 0;

  constructor(chance: Chance, tally: Tally) {
    this.#chance = chance;
    this.#tally = tally;
    this.#disk = new ModelledDisk(chance);
  }

  async run(): Promise<void> {
    for (this.#lives = 0; this.#lives < LIVES; this.#lives++) {
      const disk = this.#disk;
      const outputs = outputFilesOn(disk);
      const journal = await this.#open(outputs);
      disk.crashAfter(1 + this.#chance.below(30));
      if (this.#chance.yes(0.1)) disk.failNextSync("EIO");
      await this.#print(journal, outputs);
      this.#disk = disk.afterCrash(this.#chance.yes(0.2) ? "process-killed" : "power-cut");
    }
    await this.#open(outputFilesOn(this.#disk));
  }

  /** Also checks all that comes back. */
  async #open(outputs: OutputFiles): Promise<FileJournal<Printed>> {
    const frames: Printed[] = [];
    const { journal } = await openJournal<Printed>({
      fileSystem: this.#disk,
      header: { workspaceId: "ws_beside", homeId: "node_beside" },
      decodeEvent,
      onFrame: ({ events }) => frames.push(...events),
      renewBeside: async (events) => {
        for (const { attemptId, fromByte, bytes, digest } of events) {
          const isWhole = await outputs.renew(attemptId, "stdout", fromByte, { bytes: byteCount(bytes), digest });
          if (!isWhole) this.#tally.bare++;
          if (!isWhole) return false;
        }
        return true;
      },
    });
    assert.ok(frames.length >= this.#acknowledged, `lost ${this.#acknowledged - frames.length} acknowledged facts`);
    assert.equal(journal.lastSequence, frames.length);
    for (const { attemptId, fromByte, bytes, digest } of frames) {
      assert.equal(digestOf(await outputs.read(attemptId, "stdout", fromByte, bytes)), digest);
    }
    // What was opened is shown to the outside: from here on it counts as acknowledged.
    this.#acknowledged = frames.length;
    return journal;
  }

  async #print(journal: FileJournal<Printed>, outputs: OutputFiles): Promise<void> {
    const waiting: Promise<void>[] = [];
    const reached = new Map<string, number>();
    for (let range = this.#chance.below(RANGES_MAX); range > 0; range--) {
      const attemptId = `att_${this.#lives}_${this.#chance.below(2)}`;
      const text = Buffer.from(`${range}:`.repeat(1 + this.#chance.below(400)));
      const fromByte = reached.get(attemptId) ?? 0;
      try {
        const { durable } = await outputs.begin(attemptId, "stdout", fromByte, text);
        waiting.push(
          this.#append(journal, { attemptId, fromByte, bytes: text.length, digest: digestOf(text) }, durable),
        );
      } catch {
        break;
      }
      reached.set(attemptId, fromByte + text.length);
      if (this.#chance.yes(0.4)) await Promise.all(waiting);
    }
    await Promise.all(waiting);
  }

  async #append(journal: FileJournal<Printed>, fact: Printed, beside: Promise<void>): Promise<void> {
    const at = journal.lastSequence + 1;
    try {
      await journal.append({ sequence: sequence(at), events: [fact] }, beside);
      this.#acknowledged = Math.max(this.#acknowledged, at);
      this.#tally.acknowledged++;
    } catch (error) {
      assert.ok(error instanceof JournalFault, String(error));
      this.#tally.faults++;
    }
  }
}

function decodeEvent(value: unknown): Printed {
  const isPrinted = (given: unknown): given is Printed =>
    typeof given === "object" && given !== null && "attemptId" in given && "digest" in given;
  if (isPrinted(value)) return value;
  throw new TypeError("not the fact of a range");
}
