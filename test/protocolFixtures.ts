// Reads the golden fixtures and pages of the protocol for the tests beside it, which may not touch files themselves.
// It decides nothing: what a fixture must be is said by the tests.
import { execFileSync } from "node:child_process";
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

/** The digest of the wire as it is now. `scripts/protocol-stamp.mjs` alone knows how it is made. */
export function protocolDigest(): string {
  return execFileSync(process.execPath, ["scripts/protocol-stamp.mjs", "--print"], { encoding: "utf8" });
}

function filesBelow(folder: string): readonly string[] {
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .map((file) => join(folder, file).replaceAll("\\", "/"))
    .sort();
}
