// A terminal for tests of the commands: what was printed, what is typed, and Ctrl-C on demand.
// It decides nothing. It must never be what a program ships.
import { PassThrough } from "node:stream";
import type { CliHost } from "../../server/src/cli/cliHost.ts";

export interface FakeTerminal {
  readonly host: CliHost;
  readonly stdout: () => string;
  readonly stderr: () => string;
  /** The objects that --json printed. */
  readonly lines: () => readonly Record<string, unknown>[];
  /** Types this when stderr next holds the question. */
  readonly answer: (question: string, text: string) => void;
  readonly interrupt: () => void;
  /** Resolves when stdout or stderr holds the text. */
  readonly shows: (text: string) => Promise<void>;
}

export interface FakeTerminalOptions {
  readonly tty?: boolean;
  readonly env?: Readonly<Record<string, string>>;
  readonly currentFolder: string;
  readonly stateFolder: string;
  readonly host?: Partial<CliHost>;
}

export function fakeTerminal(options: FakeTerminalOptions): FakeTerminal {
  const tty = options.tty === true;
  const channel = (): PassThrough & { isTTY: boolean } => Object.assign(new PassThrough(), { isTTY: tty });
  const [stdout, stderr, stdin] = [channel(), channel(), channel()];
  let printed = "";
  let said = "";
  const changed = new Set<() => void>();
  const listen = (stream: PassThrough, add: (text: string) => void): void => {
    stream.setEncoding("utf8").on("data", (text: string) => {
      add(text);
      for (const check of changed) check();
    });
  };
  listen(stdout, (text) => {
    printed += text;
  });
  listen(stderr, (text) => {
    said += text;
  });
  const shows = (text: string): Promise<void> =>
    new Promise((resolve) => {
      const check = (): void => {
        if (!printed.includes(text) && !said.includes(text)) return;
        changed.delete(check);
        resolve();
      };
      changed.add(check);
      check();
    });
  const interrupts = new Set<() => void>();
  return {
    host: {
      serve: async () => undefined,
      verifyJournal: async () => ({ kind: "ok", frames: 3, events: 7, segments: 1, lastSequence: 3, lastDigest: "ab" }),
      stdout,
      stderr,
      stdin,
      env: { PATH: process.env["PATH"] ?? "", ARW_STATE_HOME: options.stateFolder, ...options.env },
      currentFolder: options.currentFolder,
      program: [process.execPath, "-e", "process.exit(1)"],
      onInterrupt: (listener) => {
        interrupts.add(listener);
        return { [Symbol.dispose]: () => void interrupts.delete(listener) };
      },
      ...options.host,
    },
    stdout: () => printed,
    stderr: () => said,
    lines: () =>
      printed
        .split("\n")
        .filter((line) => line !== "")
        .map((line): Record<string, unknown> => JSON.parse(line)),
    answer: (question, text) => void shows(question).then(() => stdin.write(`${text}\n`)),
    interrupt: () => {
      for (const listener of interrupts) listener();
    },
    shows,
  };
}
