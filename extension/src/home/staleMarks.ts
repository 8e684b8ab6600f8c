// Which staged actions could not be done any more as they were shown, since something under them changed: asked of the Home when
// another waits and when a file of the workspace changes, never more often than the pause. It decides nothing; an approval of
// a stale action is void or fails all the same.
import type { StagedId } from "#protocol/ids.ts";
import { STAGED_BATCH_MAX } from "#protocol/staging.ts";
import { METHODS } from "#protocol/wire/client.ts";
import type { WaitingItem } from "./homeMirror.ts";
import { Coalesce } from "./coalesce.ts";
import type { Home } from "./home.ts";

/** Looking again may read the inputs of a command: a burst of saved files is one look. */
const STALE_LOOK_PAUSE_MS = 2_000;

export class StaleMarks implements Disposable {
  readonly #home: Pick<Home, "call">;
  readonly #changed: () => void;
  readonly #looking: Coalesce;
  #waiting: readonly StagedId[] = [];
  #marks: ReadonlyMap<StagedId, string> = new Map();

  /** `changed` is called when a mark came, went or says something else. */
  constructor(home: Pick<Home, "call">, changed: () => void, pauseMs: number = STALE_LOOK_PAUSE_MS) {
    this.#home = home;
    this.#changed = changed;
    this.#looking = new Coalesce(() => this.#look(), pauseMs);
  }

  /** The same items with their marks. What is new among them is looked at soon. */
  mark(waiting: readonly WaitingItem[]): readonly WaitingItem[] {
    const ids = waiting.flatMap((item) => (item.kind === "staged" ? [item.staged.stagedId] : []));
    const isNew = ids.some((id) => !this.#waiting.includes(id));
    this.#waiting = ids;
    if (isNew) this.#looking.request();
    return waiting.map((item): WaitingItem => {
      if (item.kind !== "staged") return item;
      const { stale: _, ...staged } = item.staged;
      const mark = this.#marks.get(staged.stagedId);
      return { kind: "staged", staged: mark === undefined ? staged : { ...staged, stale: mark } };
    });
  }

  /** A file of the workspace has changed. */
  fileChanged(): void {
    if (this.#waiting.length > 0) this.#looking.request();
  }

  [Symbol.dispose](): void {
    this.#looking[Symbol.dispose]();
  }

  async #look(): Promise<void> {
    const marks = new Map<StagedId, string>();
    try {
      for (let from = 0; from < this.#waiting.length; from += STAGED_BATCH_MAX) {
        const stagedIds = this.#waiting.slice(from, from + STAGED_BATCH_MAX);
        for (const { stagedId, stale } of (await this.#home.call(METHODS.showStaged, { stagedIds })).items) {
          if (stale !== undefined) marks.set(stagedId, stale);
        }
      }
    } catch {
      // One of them waits no more, or the Home is away: what is read next asks again.
      return;
    }
    const before = this.#marks;
    this.#marks = marks;
    const isSame = marks.size === before.size && [...marks].every(([id, text]) => before.get(id) === text);
    if (!isSame) this.#changed();
  }
}
