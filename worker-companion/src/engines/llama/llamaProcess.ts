// The worker's side of the llama child: starts it when it is needed, asks it one question, ends it when it hangs.
// It never lets a child outlive `end`, and hands it no environment beyond what a program needs to start.
import { type ChildProcess, fork } from "node:child_process";
import { decode } from "#protocol/decode.ts";
import { ArwError } from "#protocol/errors.ts";
import type { EngineGpu } from "../../core/engine.ts";
import type { EngineClock } from "../engineClock.ts";
import { gpuOfModule, holdModule } from "./engineFolder.ts";
import { LLAMA_ADVICE } from "./resolveLlama.ts";
import { type FromLlamaChild, fromLlamaChildSchema, type LlamaQuestion, type ToLlamaChild } from "./llamaMessages.ts";

/** Loading llama.cpp takes a second, on a loaded machine ten. */
const START_MS_MAX = 60_000;
/** A stopped answer ends within one token; a child that does not is killed. */
const STOP_MS_MAX = 5_000;
const COMPLAINT_CHARACTERS_MAX = 2_048;

export type LlamaAnswer = Extract<FromLlamaChild, { kind: "answered" | "refused" }>;

export interface LlamaProcess {
  readonly pid: number | undefined;
  isAlive(): boolean;
  /** Asks and answers the child's last word. Aborting stops the answer. Throws ArwError `engine-crashed`. */
  ask(
    question: Omit<LlamaQuestion, "kind" | "id">,
    onText: (text: string) => void,
    signal: AbortSignal,
  ): Promise<LlamaAnswer>;
  end(): Promise<void>;
}

/** Resolves once the child can answer. Throws ArwError `engine-broken` where llama.cpp does not load. */
export async function startLlamaProcess(
  childPath: string,
  modulePath: string,
  clock: EngineClock,
): Promise<LlamaProcess> {
  const release = holdModule(modulePath);
  const gpu = gpuOfModule(modulePath);
  const child = fork(childPath, [modulePath, gpu], {
    env: startingEnvironment(),
    execArgv: [],
    stdio: ["ignore", "ignore", "pipe", "ipc"],
  });
  let complaint = "";
  child.stderr?.on("data", (bytes: Buffer) => {
    complaint = (complaint + bytes.toString()).slice(-COMPLAINT_CHARACTERS_MAX);
  });
  const exited = new Promise<void>((resolve) => {
    child.on("exit", () => resolve());
    child.on("error", () => resolve());
  });
  void exited.then(release);
  const listeners = new Set<(message: FromLlamaChild) => void>();
  child.on("message", (message: unknown) => {
    const decoded = decode(fromLlamaChildSchema, message);
    // A child that talks nonsense is as good as crashed.
    if (!decoded.ok) child.kill("SIGKILL");
    else for (const listener of listeners) listener(decoded.value);
  });
  const crash = (): ArwError =>
    new ArwError(
      "engine-crashed",
      `llama.cpp ended unexpectedly (${child.signalCode ?? child.exitCode ?? "no exit code"})${complaint === "" ? "" : `: ${complaint.trim()}`}`,
      "ask again; a fresh engine is started",
    );

  await untilReady(child, listeners, exited, clock, { crash, broken: (reason) => brokenBuild(gpu, reason) });
  let questions = 0;
  return {
    pid: child.pid,
    isAlive: () => child.connected && child.exitCode === null && child.signalCode === null,
    async ask(question, onText, signal) {
      const id = questions++;
      let forgetTimer = (): void => {};
      let listener = (_message: FromLlamaChild): void => {};
      const stop = (): void => {
        send(child, { kind: "stop", id });
        forgetTimer = clock.after(STOP_MS_MAX, () => child.kill("SIGKILL"));
      };
      try {
        const answered = new Promise<LlamaAnswer>((resolve) => {
          listener = (message) => {
            if (message.kind === "text" && message.id === id) onText(message.text);
            else if ((message.kind === "answered" || message.kind === "refused") && message.id === id) resolve(message);
          };
        });
        listeners.add(listener);
        signal.addEventListener("abort", stop, { once: true });
        send(child, { kind: "question", id, ...question });
        return await Promise.race([answered, exited.then(() => Promise.reject(crash()))]);
      } finally {
        forgetTimer();
        listeners.delete(listener);
        signal.removeEventListener("abort", stop);
      }
    },
    async end() {
      child.kill("SIGKILL");
      await exited;
    },
  };
}

async function untilReady(
  child: ChildProcess,
  listeners: Set<(message: FromLlamaChild) => void>,
  exited: Promise<void>,
  clock: EngineClock,
  endings: { readonly crash: () => ArwError; readonly broken: (reason: string) => ArwError },
): Promise<void> {
  const forgetTimer = clock.after(START_MS_MAX, () => child.kill("SIGKILL"));
  let first = (_message: FromLlamaChild): void => {};
  try {
    const message = await Promise.race([
      new Promise<FromLlamaChild>((resolve) => {
        first = resolve;
        listeners.add(first);
      }),
      exited.then(() => Promise.reject(endings.crash())),
    ]);
    if (message.kind === "broken") {
      await exited;
      throw endings.broken(message.reason);
    }
  } finally {
    forgetTimer();
    listeners.delete(first);
  }
}

/** A build for a graphics card that does not load is no reason to install the same one again. */
function brokenBuild(gpu: EngineGpu, reason: string): ArwError {
  if (gpu === "cpu") return new ArwError("engine-broken", `llama.cpp does not load: ${reason}`, LLAMA_ADVICE);
  return new ArwError(
    "engine-broken",
    `the ${gpu} build of llama.cpp does not load here: ${reason}`,
    `install or mend the ${gpu} driver of the graphics card; or let the processor answer: ${LLAMA_ADVICE}`,
  );
}

function send(child: ChildProcess, message: ToLlamaChild): void {
  // A child that has just died cannot be told; its exit is what the caller waits for.
  if (child.connected) child.send(message, () => {});
}

function startingEnvironment(): NodeJS.ProcessEnv {
  const kept = ["PATH", "HOME", "SystemRoot", "TMPDIR", "TEMP"].flatMap((name) => {
    const value = process.env[name];
    return value === undefined ? [] : [[name, value] as const];
  });
  // Inside an editor the runtime is Electron, which is Node only when told so.
  return { ...Object.fromEntries(kept), LANG: "C.UTF-8", ELECTRON_RUN_AS_NODE: "1" };
}
