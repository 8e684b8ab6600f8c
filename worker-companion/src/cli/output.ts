// How the worker's commands speak: sentences on a terminal, one JSON object a line with --json.
// Results go to stdout, errors to stderr; it never prints a key, an invite or a byte of a job.
import { ArwError, messageOf } from "#protocol/errors.ts";

export interface Output {
  /** One fact, as a sentence and as an object. */
  say(sentence: string, fact: Readonly<Record<string, unknown>>): void;
  /** A line that is an object already: for a person in words, with --json as it is. */
  line(sentence: string, json: string): void;
  fail(error: ArwError): void;
}

export interface OutputStreams {
  readonly out: (text: string) => void;
  readonly error: (text: string) => void;
}

export function createOutput(json: () => boolean, streams: OutputStreams): Output {
  return {
    say: (sentence, fact) => streams.out(json() ? `${JSON.stringify(fact)}\n` : `${sentence}\n`),
    line: (sentence, text) => streams.out(`${json() ? text : sentence}\n`),
    fail: ({ code, message, advice }) => {
      if (json()) streams.error(`${JSON.stringify({ kind: "error", code, message, advice })}\n`);
      else streams.error(`error: ${message}\nfix: ${advice}\n`);
    },
  };
}

/** Whatever was thrown, as an error with advice. A disk that refuses is no bug; everything else unknown is one. */
export function explain(error: unknown): ArwError {
  if (error instanceof ArwError) return error;
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  if (code === "ENOSPC" || code === "EDQUOT" || code === "EROFS") {
    const full = "Free some space, or choose another state folder with --state.";
    return new ArwError("disk-full", `The disk refuses to write (${code}).`, full, { cause: error });
  }
  return new ArwError(
    "worker-fault",
    `The worker met a fault of its own: ${messageOf(error)}`,
    "Try again; if it happens again, report it with this text.",
    { cause: error },
  );
}
