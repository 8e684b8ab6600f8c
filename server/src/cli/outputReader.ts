// Brings an attempt's output from the Home to stdout and stderr, byte for byte and in the order it became durable.
// The timeline only says that there is more; the bytes are read from where this reader stands, so none comes twice.
import { ArwError } from "#protocol/errors.ts";
import type { AttemptId } from "#protocol/ids.ts";
import { byteCount } from "#protocol/quantities.ts";
import type { OutputStream } from "#protocol/result.ts";
import type { TimelineEntry } from "#protocol/timeline.ts";
import { METHODS } from "#protocol/wire/client.ts";
import type { HomeClient } from "./homeClient.ts";
import type { Terminal } from "./terminal.ts";

const LINE_FEED = 10;

export class OutputReader {
  readonly #home: HomeClient;
  readonly #terminal: Terminal;
  /** Bytes shown so far, by attempt and stream. */
  readonly #shownBytes = new Map<string, number>();
  #answerIsOpen = false;

  constructor(home: HomeClient, terminal: Terminal) {
    this.#home = home;
    this.#terminal = terminal;
  }

  /** Shows all output up to the end of this range. Throws ArwError `output-missing` where the Home has less than it said. */
  async show(attemptId: AttemptId, range: NonNullable<TimelineEntry["output"]>): Promise<void> {
    const key = `${attemptId} ${range.stream}`;
    const endByte = range.fromByte + range.bytes;
    let fromByte = this.#shownBytes.get(key) ?? 0;
    while (fromByte < endByte) {
      const request = { attemptId, stream: range.stream, fromByte: byteCount(fromByte) };
      const { base64 } = await this.#home.call(METHODS.readOutput, request);
      const bytes = Buffer.from(base64, "base64");
      if (bytes.length === 0) throw missing(range.stream, fromByte, endByte);
      await this.#write(range.stream, fromByte, bytes);
      fromByte += bytes.length;
      this.#shownBytes.set(key, fromByte);
    }
  }

  /** Ends an answer's last line, which a model does not do, so that what follows starts on one of its own. */
  async endLine(): Promise<void> {
    if (!this.#terminal.json && this.#answerIsOpen) await this.#terminal.write("stdout", "\n");
  }

  async #write(stream: OutputStream, fromByte: number, bytes: Buffer): Promise<void> {
    if (stream === "text") this.#answerIsOpen = bytes.at(-1) !== LINE_FEED;
    if (!this.#terminal.json) return this.#terminal.write(stream === "stderr" ? "stderr" : "stdout", bytes);
    const text = utf8Of(bytes);
    const content = text === undefined ? { base64: bytes.toString("base64") } : { text };
    await this.#terminal.emit("output", { stream, fromByte, bytes: bytes.length, ...content });
  }
}

/** The text, or undefined where the bytes are not whole UTF-8: a program must be able to put the very bytes together. */
function utf8Of(bytes: Buffer): string | undefined {
  const text = bytes.toString("utf8");
  return Buffer.from(text, "utf8").equals(bytes) ? text : undefined;
}

function missing(stream: OutputStream, fromByte: number, endByte: number): ArwError {
  return new ArwError(
    "output-missing",
    `The Home said that ${stream} reaches byte ${endByte}, and has nothing from byte ${fromByte} on.`,
    "It was dropped if `arw-home storage collect` ran since; otherwise check the journal: arw-home journal verify.",
  );
}
