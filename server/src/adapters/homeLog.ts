// The Home's log: facts, one JSON line each, in a 0600 file of bounded size. Never payloads, prompts, output or keys;
// and because an error may quote anything, every text in it goes through the redactor.
// A log that cannot be written never stops the Home.
import { constants } from "node:fs";
import { type FileHandle, open, rename } from "node:fs/promises";
import { join } from "node:path";
import { redactedJson } from "#platform/redaction/redactedJson.ts";
import type { Redactor } from "#platform/redaction/redactor.ts";
import { ArwError } from "#protocol/errors.ts";

/** Past this, the log is set aside as `home.log.1`, in place of the one before, and begun anew. */
export const LOG_BYTES_MAX: number = 4 * 1024 * 1024;
/** Lines that wait for the disk; more are dropped and counted. */
export const LOG_PENDING_MAX = 1_000;
/** A longer line is cut: an error may quote what it was given. */
export const LOG_LINE_CHARACTERS_MAX = 8_192;

export interface HomeLog {
  info(fact: string, facts: Readonly<Record<string, unknown>>): void;
  trouble(what: string, error: unknown): void;
  close(): Promise<void>;
}

export async function openHomeLog(homeFolder: string, redactor: () => Redactor): Promise<HomeLog> {
  const log = new FileLog(join(homeFolder, "home.log"), redactor);
  await log.begin();
  return log;
}

class FileLog implements HomeLog {
  readonly #path: string;
  readonly #redactor: () => Redactor;
  /** Undefined where the file could not be opened: the lines are lost, the Home is not. */
  #file: FileHandle | undefined;
  #bytes = 0;
  #tail: Promise<unknown> = Promise.resolve();
  #pending = 0;
  #dropped = 0;

  constructor(path: string, redactor: () => Redactor) {
    this.#path = path;
    this.#redactor = redactor;
  }

  async begin(): Promise<void> {
    try {
      await this.#open();
      if (this.#bytes >= LOG_BYTES_MAX) await this.#setAside();
    } catch {
      // As above.
    }
  }

  info(fact: string, facts: Readonly<Record<string, unknown>>): void {
    this.#write({ at: new Date().toISOString(), fact, ...facts });
  }

  trouble(what: string, error: unknown): void {
    const code = error instanceof ArwError ? { code: error.code } : {};
    const reason = error instanceof Error ? error.message : error;
    const stack = error instanceof Error && !(error instanceof ArwError) ? { stack: error.stack } : {};
    this.#write({ at: new Date().toISOString(), trouble: what, ...code, reason, ...stack });
  }

  async close(): Promise<void> {
    await this.#tail;
    if (this.#dropped > 0) this.info("lines were dropped", {});
    await this.#tail;
    await this.#file?.close();
    this.#file = undefined;
  }

  #write(line: Readonly<Record<string, unknown>>): void {
    if (this.#pending >= LOG_PENDING_MAX) {
      this.#dropped += 1;
      return;
    }
    const dropped = this.#dropped === 0 ? {} : { dropped: this.#dropped };
    this.#dropped = 0;
    this.#pending += 1;
    const text = `${textOf({ ...line, ...dropped }, this.#redactor())}\n`;
    this.#tail = this.#tail
      .then(() => this.#append(text))
      .catch(() => undefined)
      .finally(() => {
        this.#pending -= 1;
      });
  }

  async #append(text: string): Promise<void> {
    if (this.#bytes >= LOG_BYTES_MAX) await this.#setAside();
    await this.#file?.appendFile(text);
    this.#bytes += Buffer.byteLength(text);
  }

  async #setAside(): Promise<void> {
    await this.#file?.close();
    this.#file = undefined;
    await rename(this.#path, `${this.#path}.1`);
    await this.#open();
  }

  async #open(): Promise<void> {
    const flags = constants.O_WRONLY | constants.O_APPEND | constants.O_CREAT | constants.O_NOFOLLOW;
    this.#file = await open(this.#path, flags, 0o600);
    this.#bytes = (await this.#file.stat()).size;
  }
}

/** One line, whatever it was given. */
function textOf(line: Readonly<Record<string, unknown>>, redactor: Redactor): string {
  try {
    const text = redactedJson(line, redactor);
    if (text.length <= LOG_LINE_CHARACTERS_MAX) return text;
    return JSON.stringify({ cut: text.slice(0, LOG_LINE_CHARACTERS_MAX).toWellFormed() });
  } catch {
    return JSON.stringify({ at: line["at"], trouble: "a line of the log could not be written as JSON" });
  }
}
