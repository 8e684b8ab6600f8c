// Maps that are replaced, never changed, and that do not grow for ever.
// They decide nothing of the field: the caller says which entries may go. A map is changed in place only while it was made
// by the very run of events that changes it, so that nobody else can hold it.

/** The maps that one run of events has made: nobody outside the run has seen them. */
export class OwnMaps {
  readonly #made = new WeakSet<object>();

  /** What is evolved in here may change the maps that this run made, instead of copying them again. */
  within<Result>(work: () => Result): Result {
    const before = current;
    current = this.#made;
    try {
      return work();
    } finally {
      current = before;
    }
  }
}

/** Set only while `within` runs, which is synchronous: no two runs ever share it. */
let current: WeakSet<object> | undefined;

/** A map like this one with one entry more or changed; past `keep` entries the oldest that may go are dropped. */
export function withEntry<Key, Value>(
  map: ReadonlyMap<Key, Value>,
  key: Key,
  value: Value,
  bound?: { readonly keep: number; readonly mayGo: (value: Value) => boolean },
): ReadonlyMap<Key, Value> {
  const next: Map<Key, Value> = current?.has(map) === true && map instanceof Map ? map : new Map(map);
  current?.add(next);
  next.set(key, value);
  if (bound === undefined || next.size <= bound.keep) return next;
  for (const [candidate, held] of next) {
    if (next.size <= bound.keep) break;
    if (candidate !== key && bound.mayGo(held)) next.delete(candidate);
  }
  return next;
}
