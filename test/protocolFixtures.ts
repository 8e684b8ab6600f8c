// Reads the golden fixtures and pages of the protocol for the tests beside it, which may not touch files themselves.
// It decides nothing: what a fixture must be is said by the tests.
import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

export interface Fixture {
  /** The file's path under its folder without `.json`, e.g. `worker/hello`. */
  readonly name: string;
  readonly text: string;
  readonly value: unknown;
}

/** Every `*.json` below a folder of the repository, sorted by name. */
export function readFixtures(folder: string): readonly Fixture[] {
  return filesBelow(folder)
    .filter((path) => path.endsWith(".json"))
    .map((path) => {
      const text = readFileSync(path, "utf8");
      return { name: path.slice(folder.length + 1, -".json".length), text, value: JSON.parse(text) };
    });
}

export function readPage(path: string): string {
  return readFileSync(path, "utf8");
}

/** The digest of the wire as `scripts/protocol-stamp.mjs` writes it into docs/protocol.md. */
export function protocolDigest(): string {
  const hash = createHash("sha256");
  for (const path of filesBelow("protocol/wire").filter((file) => !file.endsWith(".test.ts"))) {
    const text = readFileSync(path, "utf8").replaceAll("\r\n", "\n");
    hash.update(`${path}\n${Buffer.byteLength(text)}\n${text}`);
  }
  return `sha256:${hash.digest("hex")}`;
}

function filesBelow(folder: string): readonly string[] {
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .map((file) => join(folder, file).replaceAll("\\", "/"))
    .filter((file) => /\.(ts|json)$/.test(file))
    .sort();
}
