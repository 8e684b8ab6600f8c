// The real programs of dist/ as processes of their own: started, listened to, and certainly gone after the test.
// It must never let a process outlive the test that started it, whichever way that test ends.
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { resolve } from "node:path";
import * as z from "zod";
import { decodeJson } from "#protocol/decode.ts";

/** Longer than this nothing of these tests takes on two busy cores; past it a test says what it waited for. */
export const PATIENCE_MS = 30_000;
const POLL_MS = 20;

/** A test, at whose end what belongs to it ends. */
export interface Scope {
  readonly after: (end: () => Promise<unknown>) => void;
}

type ProgramName = "home" | "worker";
const PROGRAMS: Readonly<Record<ProgramName, string>> = {
  home: resolve("dist/arw-home.js"),
  worker: resolve("dist/worker-companion/arw-worker.js"),
};

export interface Ended {
  readonly exitCode: number | undefined;
  readonly signal: NodeJS.Signals | undefined;
  readonly stdout: string;
  readonly stderr: string;
}

export type Environment = Readonly<Record<string, string | undefined>>;

const alive = new Set<ChildProcess>();
const endAll = (): void => {
  for (const child of alive) killGroup(child);
};
process.on("exit", endAll);
for (const signal of ["SIGINT", "SIGTERM"] as const) {
  process.once(signal, () => {
    endAll();
    process.exit(1);
  });
}

/** One of our programs, running. It has a process group of its own. */
export class Program {
  readonly child: ChildProcess;
  readonly ended: Promise<Ended>;
  #stdout = "";
  #stderr = "";

  constructor(
    name: ProgramName,
    words: readonly string[],
    options: { readonly folder: string; readonly environment: Environment },
  ) {
    if (!existsSync(PROGRAMS[name])) throw new Error(`${PROGRAMS[name]} is missing: run npm run build first`);
    this.child = spawn(process.execPath, [PROGRAMS[name], ...words], {
      cwd: options.folder,
      // Without the variables of the test run around it, which would make node:test talk to that one.
      env: { PATH: process.env["PATH"], HOME: process.env["HOME"], ...options.environment },
      stdio: ["ignore", "pipe", "pipe"],
      detached: true,
    });
    alive.add(this.child);
    this.child.stdout?.setEncoding("utf8").on("data", (text: string) => {
      this.#stdout += text;
    });
    this.child.stderr?.setEncoding("utf8").on("data", (text: string) => {
      this.#stderr += text;
    });
    this.ended = once(this.child, "close").then(() => {
      alive.delete(this.child);
      return this.#endedNow();
    });
  }

  get stdout(): string {
    return this.#stdout;
  }

  get stderr(): string {
    return this.#stderr;
  }

  get processId(): number {
    if (this.child.pid === undefined) throw new Error("the process did not start");
    return this.child.pid;
  }

  get isRunning(): boolean {
    return this.child.exitCode === null && this.child.signalCode === null;
  }

  /** The facts of one kind that it said with --json, so far. */
  facts<Fact>(kind: string, schema: z.ZodType<Fact>): readonly Fact[] {
    return factsIn(this.#stdout, kind, schema);
  }

  /** Waits for the first fact of this kind; fails when the program ends without it. */
  async fact<Fact>(kind: string, schema: z.ZodType<Fact>): Promise<Fact> {
    return until(`"${kind}" of a program`, () => {
      const [first] = this.facts(kind, schema);
      if (first === undefined && !this.isRunning) throw new Error(`it ended first: ${this.#stdout}${this.#stderr}`);
      return first;
    });
  }

  signal(signal: NodeJS.Signals): void {
    this.child.kill(signal);
  }

  /** Its whole process group, at once; resolves when it is gone. */
  async kill(): Promise<Ended> {
    if (this.isRunning) {
      const gone = once(this.child, "exit");
      killGroup(this.child);
      this.child.kill("SIGKILL");
      await gone;
    }
    // A process that fled the group may hold the pipes: nobody waits for what it might still say, nor for its end.
    this.child.stdout?.destroy();
    this.child.stderr?.destroy();
    this.child.unref();
    alive.delete(this.child);
    return this.#endedNow();
  }

  #endedNow(): Ended {
    const { exitCode, signalCode } = this.child;
    return {
      exitCode: exitCode ?? undefined,
      signal: signalCode ?? undefined,
      stdout: this.#stdout,
      stderr: this.#stderr,
    };
  }
}

/** The facts of one kind among lines of --json output. */
export function factsIn<Fact>(text: string, kind: string, schema: z.ZodType<Fact>): readonly Fact[] {
  const ofKind = z.looseObject({ kind: z.literal(kind) });
  return text.split("\n").flatMap((line) => {
    if (!decodeJson(ofKind, line).ok) return [];
    const fact = decodeJson(schema, line);
    if (!fact.ok) throw new Error(`a ${kind} line is not as expected: ${fact.path} ${fact.problem}: ${line}`);
    return [fact.value];
  });
}

/** Asks again and again until there is an answer. Fails by name once the patience is over. */
export async function until<Answer>(
  what: string,
  ask: () => Promise<Answer | undefined> | Answer | undefined,
  patienceMs: number = PATIENCE_MS,
): Promise<Answer> {
  const lastMs = performance.now() + patienceMs;
  for (;;) {
    const answer = await ask();
    if (answer !== undefined) return answer;
    if (performance.now() > lastMs) throw new Error(`waited ${patienceMs} ms in vain for ${what}`);
    await pause(POLL_MS);
  }
}

export function pause(delayMs: number): Promise<void> {
  return new Promise((wake) => {
    setTimeout(wake, delayMs);
  });
}

function killGroup(child: ChildProcess): void {
  try {
    if (child.pid !== undefined) process.kill(-child.pid, "SIGKILL");
  } catch {
    // The group is gone already.
  }
}
