// Remembers which bytes were scanned and what was found, so that a preview scans only what changed.
// Keyed by digest: a remembered answer is about those very bytes. It holds rules and lines, never a secret.
import { open, readFile, rename } from "node:fs/promises";
import { dirname } from "node:path";
import * as z from "zod";
import { decodeJson } from "#protocol/decode.ts";
import { type Digest, digestSchema } from "#protocol/digest.ts";
import { DETECTOR_VERSION, type Finding, type FindingsMemory } from "./secretDetector.ts";

/** The oldest are forgotten past this many: about 2 MiB on disk. */
export const CACHED_DIGESTS_MAX = 20_000;

interface StoredFindings {
  readonly version: number;
  readonly clean: readonly Digest[];
  readonly found: readonly { readonly digest: Digest; readonly findings: readonly Finding[] }[];
}

const storedFindingsSchema: z.ZodType<StoredFindings> = z.strictObject({
  version: z.number(),
  clean: z.array(digestSchema).max(CACHED_DIGESTS_MAX),
  found: z
    .array(
      z.strictObject({
        digest: digestSchema,
        findings: z.array(z.strictObject({ rule: z.string(), line: z.number().int(), message: z.string() })).min(1),
      }),
    )
    .max(CACHED_DIGESTS_MAX),
});

export class FindingsCache implements FindingsMemory {
  readonly #path: string;
  readonly #findings = new Map<Digest, readonly Finding[]>();
  #changed = false;

  private constructor(path: string) {
    this.#path = path;
  }

  /** Reads the cache file. One that is absent, damaged or of other rules counts as empty: everything is scanned again. */
  static async open(path: string): Promise<FindingsCache> {
    const cache = new FindingsCache(path);
    const text = await readFile(path, "utf8").catch(() => "");
    const decoded = decodeJson(storedFindingsSchema, text);
    if (decoded.ok && decoded.value.version === DETECTOR_VERSION) {
      for (const digest of decoded.value.clean) cache.#findings.set(digest, []);
      for (const { digest, findings } of decoded.value.found) cache.#findings.set(digest, findings);
    }
    return cache;
  }

  get(digest: Digest): readonly Finding[] | undefined {
    return this.#findings.get(digest);
  }

  set(digest: Digest, findings: readonly Finding[]): void {
    this.#findings.delete(digest);
    this.#findings.set(digest, findings);
    this.#changed = true;
    if (this.#findings.size > CACHED_DIGESTS_MAX) {
      const oldest = this.#findings.keys().next();
      if (!oldest.done) this.#findings.delete(oldest.value);
    }
  }

  /** Writes the cache file whole (0600), if anything changed. A loss costs a scan, so nothing is synced. */
  async save(): Promise<void> {
    if (!this.#changed) return;
    this.#changed = false;
    const entries = [...this.#findings];
    const stored: StoredFindings = {
      version: DETECTOR_VERSION,
      clean: entries.filter(([, findings]) => findings.length === 0).map(([digest]) => digest),
      found: entries.flatMap(([digest, findings]) => (findings.length === 0 ? [] : [{ digest, findings }])),
    };
    const temporary = `${this.#path}.${process.pid}.tmp`;
    const file = await open(temporary, "w", 0o600);
    try {
      await file.writeFile(JSON.stringify(stored));
    } finally {
      await file.close();
    }
    await rename(temporary, this.#path);
  }

  /** The folder that has to exist before `save`. */
  get folder(): string {
    return dirname(this.#path);
  }
}
