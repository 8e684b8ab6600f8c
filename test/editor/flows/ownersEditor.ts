// A person's workspace in a real VS Code with our packaged extension, and the terminal of the same person beside it.
// Everything is real: the .vsix, the Home it starts, arw-home and arw-worker. It must never reach this machine's own state.
import { chmodSync, cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { spawnSync } from "node:child_process";
import * as z from "zod";
import { stateFolders, thisMachine, workspaceIdOf } from "#platform/state/stateFolders.ts";
import { type Ended, type Environment, Program, type Scope } from "../../acceptance/processes.ts";
import type { Editor } from "../host/editor.ts";
import type { VscodeWindow } from "../host/vscodeWindow.ts";

const EXAMPLE = resolve("examples/tally");

/** A copy of the example project under git; removed with the test that opened it. */
export function exampleWorkspace(): string {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), "arw-e-")));
  // For a test whose editor runs as another user.
  chmodSync(folder, 0o755);
  const workspace = join(folder, "tally");
  cpSync(EXAMPLE, workspace, { recursive: true });
  spawnSync("git", ["init", "-q"], { cwd: workspace });
  process.on("exit", () => rmSync(folder, { recursive: true, force: true, maxRetries: 5 }));
  return workspace;
}

/** The terminal commands of the same person on the same machine. */
export class OwnersTerminal {
  readonly #workspace: string;
  readonly #state: string;
  readonly #programs: Program[] = [];

  constructor(scope: Scope, editor: Editor, workspace: string) {
    this.#workspace = workspace;
    this.#state = editor.profile.state;
    scope.after(() => Promise.all(this.#programs.map((program) => program.kill())));
  }

  /** Runs `arw-home` in the workspace until it ends. */
  async home(words: readonly string[], environment: Environment = {}): Promise<Ended> {
    return this.#start("home", this.#workspace, words, { ARW_STATE_HOME: this.#state, ...environment }).ended;
  }

  /** Starts `arw-worker` with a state folder of its own, as on another machine. */
  worker(words: readonly string[], state: string): Program {
    mkdirSync(state, { recursive: true, mode: 0o700 });
    return this.#start("worker", state, words, { ARW_STATE_HOME: state });
  }

  /** The workspace's Homes that run, one at most: their process ids. */
  homes(): readonly number[] {
    return readdirSync("/proc")
      .map(Number)
      .filter(
        (id) =>
          Number.isInteger(id) && commandOf(id).endsWith(`serve\0--background\0--workspace\0${this.#workspace}\0`),
      );
  }

  /** The state folder of the workspace's Home. */
  get homeFolder(): string {
    const folders = stateFolders(thisMachine({ ARW_STATE_HOME: this.#state }));
    return folders.homeFolder(workspaceIdOf(realpathSync(this.#workspace)));
  }

  #start(name: "home" | "worker", folder: string, words: readonly string[], environment: Environment): Program {
    const program = new Program(name, words, { folder, environment });
    this.#programs.push(program);
    return program;
  }
}

/** Which process the window says it is connected to, by the extension's log. */
export function connectedHomes(editor: Editor): readonly number[] {
  const connected = /Connected to the Home, process (\d+)/gu;
  return editor.profile
    .logs()
    .flatMap(([, text]) => [...text.matchAll(connected)])
    .map(([, id]) => z.coerce.number().int().parse(id));
}

/** Waits until the window has connected at least so often, and gives the process of the last connection. */
export async function connection(window: VscodeWindow, editor: Editor, count: number): Promise<number> {
  const ids = await window.until(
    `${count} connections to the Home`,
    () => Promise.resolve(connectedHomes(editor)),
    (found) => found.length >= count,
  );
  return ids.at(-1) ?? 0;
}

function commandOf(processId: number): string {
  try {
    return readFileSync(`/proc/${processId}/cmdline`, "utf8");
  } catch {
    // It ended meanwhile.
    return "";
  }
}
