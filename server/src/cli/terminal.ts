// How a command speaks: results to stdout, everything said to a person to stderr, and with --json one object a line.
// It must never ask where nobody can answer, nor let a secret that is typed appear.
import { once } from "node:events";
import { createInterface } from "node:readline";
import { Writable } from "node:stream";
import { ArwError } from "#protocol/errors.ts";
import type { CliHost, OutputChannel } from "./cliHost.ts";
import { type Style, styleOf } from "./render/style.ts";

/** Thrown when whoever read stdout has gone (`| head`): there is nobody left to tell. */
export class StdoutClosed extends Error {}

export class Terminal {
  readonly json: boolean;
  /** For what goes to stdout, and to stderr. */
  readonly style: Style;
  readonly errorStyle: Style;
  readonly #host: CliHost;
  #stdoutClosed = false;

  constructor(host: CliHost, options: { readonly json: boolean; readonly colour: boolean }) {
    this.#host = host;
    this.json = options.json;
    const wanted = options.colour && !options.json && (host.env["NO_COLOR"] ?? "") === "";
    this.style = styleOf(wanted && host.stdout.isTTY === true);
    this.errorStyle = styleOf(wanted && host.stderr.isTTY === true);
    host.stdout.on("error", () => {
      this.#stdoutClosed = true;
    });
  }

  /** Whether somebody sits at a terminal and can be asked. */
  get canAsk(): boolean {
    return !this.json && this.#host.stdin.isTTY === true && this.#host.stderr.isTTY === true;
  }

  /** Results for a person. Nothing with --json. */
  async print(lines: readonly string[]): Promise<void> {
    if (!this.json && lines.length > 0) await this.write("stdout", `${lines.join("\n")}\n`);
  }

  /** A fact for a program: one object a line. Nothing without --json. */
  async emit(kind: string, facts: object): Promise<void> {
    if (this.json) await this.write("stdout", `${JSON.stringify({ kind, ...facts })}\n`);
  }

  /** Words to a person beside the result. Nothing with --json. */
  async say(...lines: readonly string[]): Promise<void> {
    if (!this.json && lines.length > 0) await this.write("stderr", `${lines.join("\n")}\n`);
  }

  /** Waits until the channel has taken it, so that a slow reader slows us rather than filling memory. */
  async write(channel: "stdout" | "stderr", data: string | Uint8Array): Promise<void> {
    const stream: OutputChannel = this.#host[channel];
    if (channel === "stdout" && this.#stdoutClosed) throw new StdoutClosed();
    if (stream.write(data)) return;
    const given = new AbortController();
    try {
      // `once` rejects on an error, and the reader's leaving is one.
      await Promise.race([once(stream, "drain", given), once(stream, "close", given)]);
    } catch {
      if (channel === "stdout") throw new StdoutClosed();
    } finally {
      given.abort();
    }
  }

  /** True only for an explicit yes. False at the end of input and at Ctrl-C. */
  async confirm(question: string): Promise<boolean> {
    const answer = await this.#ask(`${question} [y/N] `, false);
    return /^y(es)?$/i.test(answer?.trim() ?? "");
  }

  /** Asks without showing what is typed. Throws ArwError `owner-session-required` where nobody answers. */
  async askSecret(question: string): Promise<string> {
    const answer = this.canAsk ? await this.#ask(`${question}: `, true) : undefined;
    if (answer !== undefined && answer.trim() !== "") return answer.trim();
    throw new ArwError(
      "owner-session-required",
      "This needs the owner secret of the Home, and none was given.",
      "Set ARW_OWNER_SECRET, or run it on a terminal and type the secret; arw-home owner explains it.",
    );
  }

  async #ask(question: string, hidden: boolean): Promise<string | undefined> {
    const { stderr, stdin } = this.#host;
    let muted = false;
    const output = new Writable({
      write: (chunk: Uint8Array, _encoding, done) => {
        if (!muted) stderr.write(chunk);
        done();
      },
    });
    const lines = createInterface({ input: stdin, output, terminal: stderr.isTTY === true });
    try {
      return await new Promise<string | undefined>((resolve) => {
        lines.on("close", () => resolve(undefined));
        lines.on("SIGINT", () => resolve(undefined));
        lines.question(question, resolve);
        muted = hidden;
      });
    } finally {
      lines.close();
      if (hidden) stderr.write("\n");
    }
  }
}
