// One byte sequence for one JSON value, so that a digest of it means the same everywhere.
// Source: RFC 8785 (JSON Canonicalization Scheme): keys by UTF-16 code units, ECMAScript numbers and strings.

/**
 * Canonical JSON text of a JSON value. Members that are `undefined` are left out, as JSON does.
 * Throws TypeError for what JSON cannot carry: NaN, infinities, lone surrogates, functions, bigints.
 */
export function canonicalJson(value: unknown): string {
  if (value === null || typeof value === "boolean") return String(value);
  if (typeof value === "number") {
    if (!Number.isFinite(value)) throw new TypeError(`canonical JSON has no ${value}`);
    return JSON.stringify(value);
  }
  if (typeof value === "string") {
    if (!value.isWellFormed()) throw new TypeError("canonical JSON has no lone surrogates");
    return JSON.stringify(value);
  }
  if (Array.isArray(value)) return `[${value.map((item) => canonicalJson(item ?? null)).join(",")}]`;
  if (typeof value === "object") return canonicalObject(value);
  throw new TypeError(`canonical JSON has no ${typeof value}`);
}

function canonicalObject(value: object): string {
  let text = "";
  // `sort` goes by UTF-16 code units unless it is told otherwise.
  for (const key of Object.keys(value).sort()) {
    const member: unknown = Reflect.get(value, key);
    if (member !== undefined) text += `${text === "" ? "" : ","}${canonicalJson(key)}:${canonicalJson(member)}`;
  }
  return `{${text}}`;
}
