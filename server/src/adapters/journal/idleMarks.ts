// Marks the journal once nothing has been appended for a moment, so that damage to its last batch is told from a torn tail.
// It decides when; what a mark says is the journal's. It must never write while the journal is busy or failed.

/** Long enough that a busy Home writes no marks between its commands, short enough that few batches stay unmarked. */
export const MARK_IDLE_MS = 200;

export interface IdleMarks {
  /** Something was appended and is durable. */
  touch(): void;
  dispose(): void;
}

/** `mark` must not reject: a journal that fails says so by its own fault. */
export function openIdleMarks(mark: () => Promise<void>): IdleMarks {
  let timer: NodeJS.Timeout | undefined;
  return {
    touch: () => {
      clearTimeout(timer);
      timer = setTimeout(() => void mark(), MARK_IDLE_MS);
    },
    dispose: () => clearTimeout(timer),
  };
}
