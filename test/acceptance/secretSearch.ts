// Finds a secret in bytes however it was written: as it is, in hexadecimal, in base64 at any alignment, in a URL or in JSON.
// It must never say the secret itself, only where it is.
import { filesBelow } from "./bench.ts";

export function holdsSecret(bytes: Buffer, secrets: readonly string[]): boolean {
  return secrets.some((secret) => formsOf(secret).some((form) => bytes.includes(form)));
}

/** The files below the folder that hold a secret, or have it in their name. */
export function pathsWithSecrets(folder: string, secrets: readonly string[]): readonly string[] {
  return filesBelow(folder)
    .filter(({ path, bytes }) => holdsSecret(bytes, secrets) || holdsSecret(Buffer.from(path), secrets))
    .map(({ path }) => path);
}

export function formsOf(secret: string): readonly string[] {
  const bytes = Buffer.from(secret, "utf8");
  const hex = bytes.toString("hex");
  const url = encodeURIComponent(secret);
  const lowerUrl = url.replace(/%[0-9A-F]{2}/gu, (escape) => escape.toLowerCase());
  const json = JSON.stringify(secret).slice(1, -1);
  const plainJson = json.replace(/[^ -~]/gu, (sign) => `\\u${sign.charCodeAt(0).toString(16).padStart(4, "0")}`);
  const urls = [url, lowerUrl, url.replaceAll("%20", "+"), lowerUrl.replaceAll("%20", "+")];
  return [...new Set([secret, hex, hex.toUpperCase(), ...base64Forms(bytes), ...urls, json, plainJson])];
}

/** What stands before a text shifts its base64: three alignments, each without the characters it shares with others. */
function base64Forms(bytes: Buffer): readonly string[] {
  const forms = [0, 1, 2].map((before) => {
    const text = Buffer.concat([Buffer.alloc(before), bytes])
      .toString("base64")
      .replaceAll("=", "");
    const shared = (before + bytes.length) % 3 === 0 ? 0 : 1;
    return text.slice(before === 0 ? 0 : before + 1, text.length - shared);
  });
  return [...forms, ...forms.map((form) => form.replaceAll("+", "-").replaceAll("/", "_"))];
}
