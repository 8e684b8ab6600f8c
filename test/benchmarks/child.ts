// The processes that a benchmark starts beside itself: our worker, and the other ends of the floors.
// It must leave none of them behind, however the run ends.
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";

export type ChildRole = "worker" | "floor-peer" | "queue-worker" | "socket-holder";

const alive = new Set<ChildProcess>();
process.on("exit", () => {
  for (const child of alive) child.kill("SIGKILL");
});

export class Child {
  readonly #process: ChildProcess;

  private constructor(started: ChildProcess) {
    this.#process = started;
  }

  /** `childMain.ts` in a process of its own. */
  static start(role: ChildRole, words: readonly string[]): Child {
    const program = join(import.meta.dirname, "childMain.mjs");
    const started = spawn(process.execPath, [program, role, ...words], { stdio: ["ignore", "ignore", "inherit"] });
    alive.add(started);
    started.once("exit", (code) => {
      alive.delete(started);
      // Whoever waits for its answer would wait for ever.
      if (code !== null && code !== 0) throw new Error(`the benchmark's process ${role} ended with ${code}`);
    });
    return new Child(started);
  }

  /** `kill -9`, without waiting. */
  kill(): void {
    this.#process.kill("SIGKILL");
  }

  async end(): Promise<void> {
    if (this.#process.exitCode !== null || this.#process.signalCode !== null) return;
    const ended = once(this.#process, "exit");
    this.kill();
    await ended;
  }
}
