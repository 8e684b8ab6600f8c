// Runs an asynchronous function over a list, a few at once: enough to keep a disk busy, few enough to bound memory.

/** Resolves when all are done. The first failure stops the rest and is thrown, as does an aborted signal. */
export async function atOnce<Item>(
  items: readonly Item[],
  widthMax: number,
  run: (item: Item) => Promise<void>,
  signal: AbortSignal,
): Promise<void> {
  let next = 0;
  let failed = false;
  const worker = async (): Promise<void> => {
    try {
      while (!failed) {
        const item = items[next++];
        if (item === undefined) return;
        signal.throwIfAborted();
        await run(item);
      }
    } catch (error) {
      failed = true;
      throw error;
    }
  };
  const ends = await Promise.allSettled(Array.from({ length: Math.min(widthMax, items.length) }, worker));
  // Only when all have stopped: a straggler must not write after the caller has seen the failure.
  for (const end of ends) if (end.status === "rejected") throw end.reason;
  // The last ones may have ended before they could see it.
  signal.throwIfAborted();
}
