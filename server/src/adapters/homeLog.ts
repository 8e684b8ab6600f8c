// The Home's log: facts, one JSON line each, in a 0600 file of bounded size. Never payloads, prompts, output or keys.
// A log that cannot be written never stops the Home.
import { constants } from "node:fs";
import { type FileHandle, open, rename, stat } from "node:fs/promises";
import { join } from "node:path";
import { ArwError } from "#protocol/errors.ts";

/** Past this at a start, the log is set aside as `home.log.1` and begun anew. */
export const LOG_BYTES_MAX: number = 4 * 1024 * 1024;
/** Lines that wait for the disk; more are dropped and counted. */
export const LOG_PENDING_MAX = 1_000;

export interface HomeLog {
  info(fact: string, facts: Readonly<Record<string, unknown>>): void;
  trouble(what: string, error: unknown): void;
  close(): Promise<void>;
}

export async function openHomeLog(homeFolder: string): Promise<HomeLog> {
  const path = join(homeFolder, "home.log");
  const size = await stat(path).then(
    (found) => found.size,
    () => 0,
  );
  if (size > LOG_BYTES_MAX) await rename(path, `${path}.1`);
  const flags = constants.O_WRONLY | constants.O_APPEND | constants.O_CREAT | constants.O_NOFOLLOW;
  return new FileLog(await open(path, flags, 0o600));
}

class FileLog implements HomeLog {
  readonly #file: FileHandle;
  #tail: Promise<unknown> = Promise.resolve();
  #pending = 0;
  #dropped = 0;

  constructor(file: FileHandle) {
    this.#file = file;
  }

  info(fact: string, facts: Readonly<Record<string, unknown>>): void {
    this.#write({ at: new Date().toISOString(), fact, ...facts });
  }

  trouble(what: string, error: unknown): void {
    const code = error instanceof ArwError ? { code: error.code } : {};
    const reason = error instanceof Error ? error.message : JSON.stringify(error);
    const stack = error instanceof Error && !(error instanceof ArwError) ? { stack: error.stack } : {};
    this.#write({ at: new Date().toISOString(), trouble: what, ...code, reason, ...stack });
  }

  async close(): Promise<void> {
    await this.#tail;
    await this.#file.close();
  }

  #write(line: Readonly<Record<string, unknown>>): void {
    if (this.#pending >= LOG_PENDING_MAX) {
      this.#dropped += 1;
      return;
    }
    const dropped = this.#dropped === 0 ? {} : { dropped: this.#dropped };
    this.#dropped = 0;
    this.#pending += 1;
    const text = `${JSON.stringify({ ...line, ...dropped })}\n`;
    this.#tail = this.#tail
      .then(() => this.#file.appendFile(text))
      .catch(() => undefined)
      .finally(() => {
        this.#pending -= 1;
      });
  }
}
