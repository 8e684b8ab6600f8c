// Whether bytes are a text that a diff can show. A file that only looks like text somewhere must not be shown altered.

/** The text, without a byte order mark as editors show it; undefined for bytes that are no UTF-8 or hold a NUL. */
export function textOf(bytes: Uint8Array): string | undefined {
  if (bytes.includes(0)) return undefined;
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    return undefined;
  }
}
