// Maps that are replaced, never changed, and that do not grow for ever.
// They decide nothing of the field: the caller says which entries may go.

/** A map like this one with one entry more or changed; past `keep` entries the oldest that may go are dropped. */
export function withEntry<Key, Value>(
  map: ReadonlyMap<Key, Value>,
  key: Key,
  value: Value,
  bound?: { readonly keep: number; readonly mayGo: (value: Value) => boolean },
): ReadonlyMap<Key, Value> {
  const next = new Map(map);
  next.set(key, value);
  if (bound === undefined || next.size <= bound.keep) return next;
  for (const [candidate, held] of next) {
    if (next.size <= bound.keep) break;
    if (candidate !== key && bound.mayGo(held)) next.delete(candidate);
  }
  return next;
}
