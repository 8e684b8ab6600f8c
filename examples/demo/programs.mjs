// Starts the real programs as a person at a terminal would, and sees to it that none of them outlives the demo.
// It must never print a secret, nor leave a process or a file behind, on whatever path the demo ends.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { StringDecoder } from "node:string_decoder";
import { Bar, colourEnvironment } from "./story.mjs";

const ROOT = resolve(import.meta.dirname, "..", "..");
const PROGRAMS = {
  "arw-home": join(ROOT, "dist", "arw-home.js"),
  "arw-worker": join(ROOT, "dist", "worker-companion", "arw-worker.js"),
};

/** A program that was asked to end gets this long before it is made to. */
const GRACE_MS = 3_000;
/** What a program says on the way to being ready comes within this, or something hangs. */
const READY_MS_MAX = 30_000;

/** Every process of the demo and its one temporary folder. */
export class Programs {
  /** The temporary folder; everything the demo writes is in it. */
  folder = realpathSync(mkdtempSync(join(tmpdir(), "arw-demo-")));
  /** Everything that any program printed and that came through here. */
  printed = [];
  /** Whether the demo is being stopped: nothing is started any more. */
  stopping = false;
  #running = new Set();

  constructor() {
    // Whatever happens, even an exception nobody caught: no process and no file stays.
    process.on("exit", () => this.#removeAll());
  }

  /**
   * Runs a program to its end. With `show` its output appears as it comes; with `asks` it may ask at the terminal.
   * @returns {Promise<{exitCode: number, stdout: string, stderr: string}>}
   */
  async run(name, words, { folder, environment = {}, show = false, asks = false }) {
    const atTerminal = asks && process.stdin.isTTY === true && process.stderr.isTTY === true;
    const child = this.#spawn(name, words, folder, show ? { ...colourEnvironment, ...environment } : environment, [
      atTerminal ? "inherit" : "ignore",
      "pipe",
      atTerminal ? "inherit" : "pipe",
    ]);
    const bar = new Bar();
    const told = { stdout: "", stderr: "" };
    for (const stream of ["stdout", "stderr"]) {
      this.#listen(child, stream, (text) => {
        told[stream] += text;
        // At a terminal the program itself says what stands on stderr, so the bar would break its lines.
        if (show) bar.write(stream, text);
      });
    }
    const [exitCode] = await once(child, "close");
    if (show) bar.end();
    return { exitCode: exitCode ?? 1, ...told };
  }

  /** Starts a program that goes on running. `line` waits for the first line that `found` makes something of. */
  start(name, words, { folder, environment = {} }) {
    const child = this.#spawn(name, words, folder, environment, ["ignore", "pipe", "pipe"]);
    const told = { stdout: "", stderr: "" };
    for (const stream of ["stdout", "stderr"]) this.#listen(child, stream, (text) => (told[stream] += text));
    const line = async (found) => {
      const late = AbortSignal.timeout(READY_MS_MAX);
      for (;;) {
        const lines = `${told.stdout}\n${told.stderr}`.split("\n");
        const hit = lines.map(found).find((value) => value !== undefined);
        if (hit !== undefined) return hit;
        if (child.exitCode !== null || child.signalCode !== null || late.aborted) {
          throw new Error(`${name} ${words[0]} did not get ready: ${told.stderr || told.stdout || "it said nothing"}`);
        }
        await Promise.race([
          once(child.stdout, "data"),
          once(child.stderr, "data"),
          once(child, "close"),
          once(late, "abort"),
        ]);
      }
    };
    return { line, told };
  }

  /** Asks every program to end, in turn, and then makes them. */
  async endAll() {
    this.stopping = true;
    for (const child of [...this.#running].reverse()) {
      child.kill("SIGTERM");
      const cut = setTimeout(() => killGroup(child), GRACE_MS);
      await once(child, "close");
      clearTimeout(cut);
    }
  }

  #spawn(name, words, cwd, environment, stdio) {
    if (this.stopping) throw new Error("the demo was stopped");
    const [program, before] = name in PROGRAMS ? [process.execPath, [PROGRAMS[name]]] : [name, []];
    // A group of its own where it does not ask: Ctrl-C reaches the demo alone, which ends the others in order.
    const detached = stdio[0] !== "inherit" && process.platform !== "win32";
    const child = spawn(program, [...before, ...words], {
      cwd,
      env: { ...inherited(), ...environment },
      stdio,
      detached,
      windowsHide: true,
    });
    this.#running.add(child);
    child.once("error", () => this.#running.delete(child));
    child.once("close", () => this.#running.delete(child));
    return child;
  }

  #listen(child, stream, take) {
    if (child[stream] === null) return;
    const decoder = new StringDecoder("utf8");
    child[stream].on("data", (bytes) => {
      this.printed.push(bytes);
      take(decoder.write(bytes));
    });
  }

  #removeAll() {
    for (const child of this.#running) killGroup(child);
    rmSync(this.folder, { recursive: true, force: true, maxRetries: 5 });
  }
}

/** The person's environment, without what would lead the programs to the person's own Home. */
function inherited() {
  const { ARW_STATE_HOME: _state, ARW_OWNER_SECRET: _secret, FORCE_COLOR: _colour, ...environment } = process.env;
  return environment;
}

function killGroup(child) {
  try {
    if (child.pid !== undefined && process.platform !== "win32" && child.spawnargs !== undefined)
      process.kill(-child.pid, "SIGKILL");
  } catch {
    // It has no group of its own, or is gone.
  }
  child.kill("SIGKILL");
}
