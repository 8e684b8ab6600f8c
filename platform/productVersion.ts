// The product's version, from the package.json that ships beside the programs: one place, bundled or not.
// It decides nothing; a program without its package.json says `unknown` rather than fail.
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import * as z from "zod";
import { decodeJson } from "#protocol/decode.ts";

/** The whole product, or the worker alone as it is handed to another machine. */
const PACKAGE_NAMES = ["arw-home", "arw-worker"] as const;
/** Bundles lie at most three folders below their package. */
const FOLDERS_ABOVE_MAX = 5;

const manifestSchema = z.looseObject({ name: z.enum(PACKAGE_NAMES), version: z.string().min(1).max(64) });

export const PRODUCT_VERSION: string = findVersion(dirname(fileURLToPath(import.meta.url)));

function findVersion(start: string): string {
  let folder = start;
  for (let above = 0; above < FOLDERS_ABOVE_MAX; above++, folder = dirname(folder)) {
    try {
      const decoded = decodeJson(manifestSchema, readFileSync(join(folder, "package.json"), "utf8"));
      if (decoded.ok) return decoded.value.version;
    } catch {
      // No package.json in this folder: the next one up may have it.
    }
  }
  return "unknown";
}
