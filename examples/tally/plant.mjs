// Puts made-up secrets into a copy of this project, so that a demo or a test can search for them everywhere else.
// They are drawn anew each time and put together here, so that nothing that looks like a secret is in the repository.
import { randomInt } from "node:crypto";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const LETTERS_AND_DIGITS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
const CAPITALS_AND_DIGITS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

/**
 * Writes `.env`, which git ignores, and `config/deploy.json`, which it does not. Returns the files, relative to the
 * folder, and the exact secrets in them.
 */
export function plantSecrets(folder) {
  const token = ["gh", "p_", drawn(36, LETTERS_AND_DIGITS)].join("");
  const keyId = ["AK", "IA", drawn(16, CAPITALS_AND_DIGITS)].join("");
  const key = drawn(40, LETTERS_AND_DIGITS);
  writeFileSync(join(folder, ".env"), `AWS_ACCESS_KEY_ID=${keyId}\nAWS_SECRET_ACCESS_KEY=${key}\n`);
  mkdirSync(join(folder, "config"), { recursive: true });
  const deploy = { registry: "https://registry.example", token };
  writeFileSync(join(folder, "config", "deploy.json"), `${JSON.stringify(deploy, null, 2)}\n`);
  return { files: [".env", "config/deploy.json"], secrets: [token, keyId, key] };
}

function drawn(length, alphabet) {
  return Array.from({ length }, () => alphabet[randomInt(alphabet.length)]).join("");
}
