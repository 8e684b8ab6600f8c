// Runs the person's own command when something waits and the window is not looked at: an argv without a shell, which learns how
// many things wait and of which kind, and never what they are. One at a time; what it does wrong is in the log and stops nothing.
import { spawn } from "node:child_process";
import { tmpdir } from "node:os";
import type { WaitingKind } from "./waitingKeys.ts";

/** A command that runs longer is ended. */
const NOTIFY_COMMAND_MS = 10_000;

interface NotifyLog {
  warn(message: string): void;
}

export class NotifyCommand implements Disposable {
  readonly #log: NotifyLog;
  readonly #stop = new AbortController();
  #running = false;

  constructor(log: NotifyLog) {
    this.#log = log;
  }

  /** Settles when it has ended; never rejects. Does nothing without a command, or while one runs. */
  async run(argv: readonly string[], count: number, kind: WaitingKind, environment: NodeJS.ProcessEnv): Promise<void> {
    const [program, ...words] = argv;
    if (program === undefined || program === "" || this.#running) return;
    this.#running = true;
    try {
      await ended(program, words, notifyEnvironment(environment, count, kind), this.#stop.signal);
    } catch (error) {
      this.#log.warn(`The notify command did not end well: ${String(error)}`);
    } finally {
      this.#running = false;
    }
  }

  [Symbol.dispose](): void {
    this.#stop.abort();
  }
}

/** The person's environment without anything of ours (a secret may be in it), and the two facts. */
export function notifyEnvironment(
  environment: NodeJS.ProcessEnv,
  count: number,
  kind: WaitingKind,
): Readonly<Record<string, string>> {
  const own = Object.entries(environment).flatMap(([name, value]): readonly [string, string][] =>
    value === undefined || /^(?:ARW|VSCODE|ELECTRON)_/iu.test(name) ? [] : [[name, value]],
  );
  return { ...Object.fromEntries(own), ARW_WAITING_COUNT: String(count), ARW_WAITING_KIND: kind };
}

function ended(
  program: string,
  words: readonly string[],
  env: Readonly<Record<string, string>>,
  signal: AbortSignal,
): Promise<void> {
  return new Promise((resolve, reject) => {
    // Not in the workspace: a program of that name there must not be the one that runs.
    const options = { env, signal, cwd: tmpdir(), shell: false, stdio: "ignore", timeout: NOTIFY_COMMAND_MS } as const;
    const child = spawn(program, [...words], options);
    child.once("error", reject);
    child.once("close", (code, ending) => {
      if (code === 0) resolve();
      else reject(new Error(code === null ? `it was ended by ${String(ending)}` : `exit code ${code}`));
    });
  });
}
