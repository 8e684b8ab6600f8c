// Brings an attempt's output from the Home to stdout and stderr, byte for byte and in the order it became durable.
// The timeline only says that there is more; `OrderedOutput` has the order, and no byte comes twice.
import { ArwError } from "#protocol/errors.ts";
import type { AttemptId } from "#protocol/ids.ts";
import { OrderedOutput } from "#protocol/orderedOutput.ts";
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

  constructor(home: HomeClient, terminal: Terminal) {
    this.#output = new OrderedOutput(async (attemptId, stream, fromByte) => {
      const { base64 } = await home.call(METHODS.readOutput, { attemptId, stream, fromByte });
      return Buffer.from(base64, "base64");
    });
    this.#terminal = terminal;
  }

  /** Shows what was not shown yet, up to the end of this range. Throws ArwError `output-missing` where the Home has less than it said. */
  async show(attemptId: AttemptId, range: NonNullable<TimelineEntry["output"]>): Promise<void> {
    for await (const part of this.#output.take(attemptId, range)) {
      if (part.kind === "missing") throw missing(range.stream, part.fromByte, part.endByte);
      await this.#write(range.stream, part.fromByte, Buffer.from(part.bytes));
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
