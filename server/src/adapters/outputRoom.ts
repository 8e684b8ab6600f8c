// How output may go to the disk: beside the fact of it where there is plenty of room, before it where there is little, and
// not at all where only the journal has room left. So that an output which fills the disk ends its own attempt and not
// the Home's writing. It decides by what the file system says is free; where that is unknown, it counts as plenty.
import { statfs } from "node:fs/promises";
import { ArwError } from "#protocol/errors.ts";

/** With less free than this, a range is durable before anybody hears of it: what fails then is that range alone. */
export const OUTPUT_ROOM_AMPLE_BYTES: number = 64 * 1024 * 1024;
/** The last of the disk, which no output takes: the journal needs it to say what ended, and why. */
export const OUTPUT_ROOM_KEPT_BYTES: number = 1024 * 1024;
/** Other programs fill a disk too: what was seen is believed for this long. */
export const OUTPUT_ROOM_SEEN_MS = 500;

export interface OutputRoomTerms {
  /** Undefined where nobody can say. */
  readonly freeBytes: () => Promise<number | undefined>;
  /** Monotonic milliseconds. */
  readonly nowMs: () => number;
}

/** What the file system of a folder says. */
export function roomOf(folder: string): OutputRoomTerms {
  const freeBytes = async (): Promise<number | undefined> => {
    const free = await statfs(folder).catch(() => undefined);
    return free === undefined ? undefined : free.bavail * free.bsize;
  };
  return { freeBytes, nowMs: () => performance.now() };
}

export class OutputRoom {
  readonly #terms: OutputRoomTerms;
  /** What was free when somebody looked, less what was taken since. */
  #freeBytes = 0;
  #seenAtMs = Number.NEGATIVE_INFINITY;
  #looking: Promise<void> | undefined;
  #hasFailed = false;

  constructor(terms: OutputRoomTerms) {
    this.#terms = terms;
  }

  /** True where these bytes may become durable beside the fact of them; where not, `look` says whether they may be kept. */
  isAmple(bytes: number): boolean {
    if (this.#hasFailed || this.#terms.nowMs() - this.#seenAtMs >= OUTPUT_ROOM_SEEN_MS) return false;
    if (this.#freeBytes - bytes < OUTPUT_ROOM_AMPLE_BYTES) return false;
    this.#freeBytes -= bytes;
    return true;
  }

  /** Looks now. True where these bytes may go beside their fact after all. Throws ArwError "output-unwritable". */
  async look(name: string, bytes: number): Promise<boolean> {
    await this.#look();
    if (this.#freeBytes - bytes < OUTPUT_ROOM_KEPT_BYTES) throw diskFull(name);
    return this.isAmple(bytes);
  }

  /** The disk refused some output: from here on, and while this process lives, none is trusted to it unseen. */
  failed(): void {
    this.#hasFailed = true;
  }

  #look(): Promise<void> {
    this.#looking ??= this.#terms.freeBytes().then((freeBytes) => {
      this.#freeBytes = freeBytes ?? Number.POSITIVE_INFINITY;
      this.#seenAtMs = this.#terms.nowMs();
      this.#looking = undefined;
    });
    return this.#looking;
  }
}

function diskFull(name: string): ArwError {
  return new ArwError(
    "output-unwritable",
    `The disk is full: what is left of it is kept for the journal, so ${name} takes no more output`,
    "Free disk space (arw-home storage collect drops what old episodes left), then start the episode again.",
  );
}
