// A second worker on this machine, as a real process of its own group: started so that it outlives this window, told its
// invite over standard input, and ended whole. It must never leave a process behind that nobody can find again.
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { open, readFile } from "node:fs/promises";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";
import * as z from "zod";
import { openPrivateFolder } from "#platform/state/privateFolder.ts";
import { identityOfProcess, isRunning, type ProcessIdentity } from "#platform/state/processIdentity.ts";
import { decodeJson } from "#protocol/decode.ts";
import { ArwError } from "#protocol/errors.ts";
import { type NodeId, nodeId } from "#protocol/ids.ts";
import type { PracticeFolder } from "./practiceRecord.ts";

/** How the worker's program is run. */
export interface WorkerProgram {
  readonly command: string;
  /** The words before the worker's own. */
  readonly words: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
}

export interface StartedPractice {
  readonly process: ProcessIdentity;
  /** The four words that the worker would show on its screen. */
  words(): Promise<readonly string[]>;
  /** Resolves with its node once the owner has admitted it. */
  joined(): Promise<NodeId>;
  connected(): Promise<void>;
  /** From then on nothing ties it to this window. */
  release(): void;
}

/** A worker that has not left by itself by then is ended. */
const LEAVE_MS_MAX = 10_000;
const END_MS_MAX = 3_000;
const END_POLL_MS = 50;
/** What a worker says on the way to its Home are a few short lines. */
const FACTS_MAX = 1_000;

type WorkerFact =
  | { readonly kind: "words"; readonly words: readonly string[] }
  | { readonly kind: "joined"; readonly nodeId: NodeId }
  | { readonly kind: "connected" };
const factSchema: z.ZodType<WorkerFact> = z.discriminatedUnion("kind", [
  z.looseObject({ kind: z.literal("words"), words: z.array(z.string()).min(1).max(16) }),
  z.looseObject({ kind: z.literal("joined"), nodeId: nodeId.schema }),
  z.looseObject({ kind: z.literal("connected") }),
]);
const errorSchema: z.ZodType<{ readonly code: string; readonly message: string; readonly advice: string }> =
  z.looseObject({ kind: z.literal("error"), code: z.string(), message: z.string(), advice: z.string() });

/** Starts the worker and writes its record. Throws ArwError `practice-not-started`. */
export async function startPractice(
  program: WorkerProgram,
  folder: PracticeFolder,
  { invite, name }: { readonly invite: string; readonly name: string },
): Promise<StartedPractice> {
  await openPrivateFolder(folder.stateHome);
  const log = await open(folder.logPath, "w", 0o600);
  try {
    const child = spawn(program.command, [...program.words, "--json", "join", "-", "--name", name], {
      detached: true,
      stdio: ["pipe", "pipe", log.fd],
      cwd: folder.stateHome,
      env: { ...program.env, ARW_STATE_HOME: folder.stateHome },
      windowsHide: true,
    });
    const { stdin, stdout } = child;
    if (stdin === null || stdout === null) throw new Error("a practice worker was started without its pipes");
    const facts = new WorkerFacts(child, stdout, folder.logPath);
    // The invite is a secret: an argument would stand in every list of processes.
    stdin.on("error", () => undefined).end(invite);
    if (child.pid === undefined) throw await facts.problem();
    const process = await identityOfProcess(child.pid);
    await folder.write({ process });
    return {
      process,
      words: async () => (await facts.first("words")).words,
      joined: async () => (await facts.first("joined")).nodeId,
      connected: async () => void (await facts.first("connected")),
      release: () => {
        stdout.destroy();
        child.unref();
      },
    };
  } finally {
    await log.close();
  }
}

/** Lets the worker leave its Home and forget everything, then ends what is left of its group. Resolves when nothing runs. */
export async function endPractice(program: WorkerProgram, folder: PracticeFolder): Promise<NodeId | undefined> {
  const record = await folder.read();
  const left = await leave(program, folder);
  if (record !== undefined) await endGroup(record.process);
  await folder.removeState();
  return record?.nodeId ?? left;
}

/** The worker's own `leave`, which also stops a running one; its node where it had joined. */
async function leave(program: WorkerProgram, folder: PracticeFolder): Promise<NodeId | undefined> {
  await openPrivateFolder(folder.stateHome);
  const child = spawn(program.command, [...program.words, "--json", "leave", "--yes"], {
    stdio: ["ignore", "pipe", "ignore"],
    env: { ...program.env, ARW_STATE_HOME: folder.stateHome },
    windowsHide: true,
  });
  const late = setTimeout(() => child.kill("SIGKILL"), LEAVE_MS_MAX);
  let text = "";
  child.stdout.setEncoding("utf8").on("data", (part: string) => {
    text = (text + part).slice(0, 65_536);
  });
  try {
    await once(child, "close");
  } catch {
    // It could not even be started: the group is ended without it.
  } finally {
    clearTimeout(late);
  }
  const decoded = decodeJson(z.looseObject({ kind: z.literal("left"), nodeId: nodeId.schema }), text.trim());
  return decoded.ok ? decoded.value.nodeId : undefined;
}

async function endGroup(leader: ProcessIdentity): Promise<void> {
  for (const signal of ["SIGTERM", "SIGKILL"] as const) {
    // Where the leader has ended its number may be somebody else's by now: it is not signalled again.
    if (!(await isRunning(leader))) return;
    signalGroup(leader.pid, signal);
    for (let waitedMs = 0; waitedMs < END_MS_MAX && (await isRunning(leader)); waitedMs += END_POLL_MS) {
      await sleep(END_POLL_MS);
    }
  }
}

function signalGroup(pid: number, signal: "SIGTERM" | "SIGKILL"): void {
  try {
    // Windows has no groups to signal; there the worker ends its own children.
    process.kill(process.platform === "win32" ? pid : -pid, signal);
  } catch {
    // It ended just now.
  }
}

/** What a worker says, kept until somebody asks for it. */
class WorkerFacts {
  readonly #logPath: string;
  readonly #facts: WorkerFact[] = [];
  readonly #ended: Promise<void>;
  #waiting: (() => void) | undefined;
  #hasEnded = false;

  constructor(child: ChildProcess, output: Readable, logPath: string) {
    this.#logPath = logPath;
    this.#ended = new Promise((resolve) => {
      child.once("error", () => resolve());
      child.once("exit", () => resolve());
    });
    void this.#ended.then(() => {
      this.#hasEnded = true;
      this.#wake();
    });
    createInterface({ input: output }).on("line", (line) => {
      const fact = decodeJson(factSchema, line);
      if (fact.ok && this.#facts.length < FACTS_MAX) this.#facts.push(fact.value);
      this.#wake();
    });
  }

  /** Throws ArwError, the worker's own where it said one, when it ends without it. */
  async first<Kind extends WorkerFact["kind"]>(kind: Kind): Promise<WorkerFact & { readonly kind: Kind }> {
    for (;;) {
      const found = this.#facts.find((fact): fact is WorkerFact & { readonly kind: Kind } => fact.kind === kind);
      if (found !== undefined) return found;
      if (this.#hasEnded) throw await this.problem();
      await new Promise<void>((resolve) => {
        this.#waiting = resolve;
      });
    }
  }

  async problem(): Promise<ArwError> {
    const lines = (await readFile(this.#logPath, "utf8").catch(() => "")).trim().split("\n");
    for (const line of lines.toReversed()) {
      const said = decodeJson(errorSchema, line);
      if (said.ok) return new ArwError(said.value.code, said.value.message, said.value.advice);
    }
    return new ArwError(
      "practice-not-started",
      "The practice worker ended before it had joined.",
      `Look into ${this.#logPath}, then start it again.`,
    );
  }

  #wake(): void {
    this.#waiting?.();
    this.#waiting = undefined;
  }
}
