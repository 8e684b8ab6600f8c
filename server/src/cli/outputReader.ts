// Brings an attempt's output from the Home to stdout and stderr, in the order it became durable: without its secrets, or byte
// for byte where that is what was asked for.
// The timeline only says that there is more; `OrderedOutput` has the order, and no byte comes twice.
import { ArwError } from "#protocol/errors.ts";
import type { AttemptId } from "#protocol/ids.ts";
import { OrderedOutput, type OutputPart } from "#protocol/orderedOutput.ts";
import type { OutputStream } from "#protocol/result.ts";
import type { TimelineEntry } from "#protocol/timeline.ts";
import { METHODS } from "#protocol/wire/client.ts";
import type { HomeClient } from "./homeClient.ts";
import type { Terminal } from "./terminal.ts";

const LINE_FEED = 10;

export class OutputReader {
  readonly #output: OrderedOutput;
  readonly #terminal: Terminal;
  #answerIsOpen = false;
  #removed = 0;

  constructor(home: HomeClient, terminal: Terminal, exact: boolean) {
    this.#output = new OrderedOutput(async (attemptId, stream, fromByte) => {
      const asked = { attemptId, stream, fromByte, ...(exact ? { exact } : {}) };
      const { base64, held, removed } = await home.call(METHODS.readOutput, asked);
      return { bytes: Buffer.from(base64, "base64"), removed: removed ?? [], held: held ?? false };
    });
    this.#terminal = terminal;
  }

  /** Shows what was not shown yet, up to the end of this range. Throws ArwError `output-missing` where the Home has less than it said. */
  async show(attemptId: AttemptId, range: NonNullable<TimelineEntry["output"]>): Promise<void> {
    for await (const part of this.#output.take(attemptId, range)) await this.#show(part);
  }

  /**
   * Shows what the Home held back, and ends an answer's last line, which a model does not do, so that what follows starts on
   * one of its own. Throws as `show`.
   */
  async end(): Promise<void> {
    for await (const part of this.#output.rest()) await this.#show(part);
    if (!this.#terminal.json && this.#answerIsOpen) await this.#terminal.write("stdout", "\n");
    if (this.#removed > 0) await this.#terminal.say(removedText(this.#removed));
  }

  async #show(part: OutputPart): Promise<void> {
    if (part.kind === "missing") throw missing(part.stream, part.fromByte, part.endByte);
    this.#removed += part.removed;
    await this.#write(part, Buffer.from(part.shown));
  }

  async #write(part: Extract<OutputPart, { readonly kind: "bytes" }>, bytes: Buffer): Promise<void> {
    const { fromByte, removed, stream } = part;
    if (stream === "text" && bytes.length > 0) this.#answerIsOpen = bytes.at(-1) !== LINE_FEED;
    if (!this.#terminal.json) return this.#terminal.write(stream === "stderr" ? "stderr" : "stdout", bytes);
    const text = utf8Of(bytes);
    const content = text === undefined ? { base64: bytes.toString("base64") } : { text };
    const without = removed === 0 ? {} : { removed };
    await this.#terminal.emit("output", { stream, fromByte, bytes: part.bytes, ...without, ...content });
  }
}

/** The text, or undefined where the bytes are not whole UTF-8: a program must be able to put the very bytes together. */
function utf8Of(bytes: Buffer): string | undefined {
  const text = bytes.toString("utf8");
  return Buffer.from(text, "utf8").equals(bytes) ? text : undefined;
}

function removedText(count: number): string {
  const what = count === 1 ? "What looks like a secret was" : `${count} places that look like secrets were`;
  return `${what} taken out of this output; --exact shows it as it was printed.`;
}

function missing(stream: OutputStream, fromByte: number, endByte: number): ArwError {
  return new ArwError(
    "output-missing",
    `The Home said that ${stream} reaches byte ${endByte}, and has nothing from byte ${fromByte} on.`,
    "It was dropped if `arw-home storage collect` ran since; otherwise check the journal: arw-home journal verify.",
  );
}
