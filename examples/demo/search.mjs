// Looks for secrets in bytes and in folders: as they are, in hexadecimal, and in base64 however they are aligned.
// It must never print what it looks for.
import { readdirSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";

/** Every form of a secret that a program might have written. */
export function formsOf(secret) {
  const bytes = Buffer.from(secret, "utf8");
  const hex = bytes.toString("hex");
  return [secret, hex, hex.toUpperCase(), ...base64Forms(bytes)];
}

/** Base64 of a text depends on how many bytes stand before it: three alignments, without the characters that others share. */
function base64Forms(bytes) {
  const forms = [0, 1, 2].map((before) => {
    const text = Buffer.concat([Buffer.alloc(before), bytes])
      .toString("base64")
      .replaceAll("=", "");
    const shared = (before + bytes.length) % 3 === 0 ? 0 : 1;
    return text.slice(before === 0 ? 0 : before + 1, text.length - shared);
  });
  return [...forms, ...forms.map((form) => form.replaceAll("+", "-").replaceAll("/", "_"))];
}

export function holdsSecret(bytes, secrets) {
  return secrets.some((secret) => formsOf(secret).some((form) => bytes.includes(form)));
}

/** The files below the folder, their names included, that hold a secret, and how many bytes were searched. */
export function searchFolder(folder, secrets) {
  const found = [];
  let searchedBytes = 0;
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    const name = relative(folder, path);
    const bytes = entry.isFile() ? readFileSync(path) : Buffer.alloc(0);
    searchedBytes += bytes.length;
    if (holdsSecret(bytes, secrets) || holdsSecret(Buffer.from(name), secrets)) found.push(name);
  }
  return { found, searchedBytes };
}
