// Answers `ask` jobs with llama.cpp in a child process: one question at a time, the others wait in a queue.
// A crash of the child fails one job; the next one gets a fresh child. Idle children are ended, not kept for ever.
import type { BlobStore } from "#platform/blobs/blobStore.ts";
import { decodeJson } from "#protocol/decode.ts";
import type { Digest } from "#protocol/digest.ts";
import { ArwError, messageOf } from "#protocol/errors.ts";
import { type AskJob, type ChatMessage, chatMessagesSchema } from "#protocol/job.ts";
import type { EngineAdvert } from "#protocol/node.ts";
import { byteCount, tokenCount } from "#protocol/quantities.ts";
import type { Engine, EngineEnding, EngineWork } from "../../core/engine.ts";
import { type EngineClock, systemEngineClock } from "../engineClock.ts";
import { createEngineRuns, failed, type RunSession } from "../engineRuns.ts";
import { type LlamaProcess, startLlamaProcess } from "./llamaProcess.ts";
import type { Model, ModelFiles } from "./models.ts";
import { LLAMA_ADVICE } from "./resolveLlama.ts";

/** So many questions wait at most; one more fails at once, so that its Home can ask elsewhere. */
export const QUESTIONS_WAITING_MAX = 64;
/** A longer conversation than this is no prompt. */
export const PROMPT_BYTES_MAX: number = 16 * 1024 ** 2;
/** A child without a question is ended after this long: it holds a model in memory. */
const IDLE_MS_MAX = 120_000;

export interface LlamaEngineOptions {
  readonly blobs: BlobStore;
  readonly models: ModelFiles;
  /** The bundled llamaChild.ts. */
  readonly childPath: string;
  /** The path of node-llama-cpp, looked up anew each time: it may be installed while the worker runs. */
  readonly resolve: () => string | undefined;
  readonly clock?: EngineClock;
}

export interface LlamaEngine extends Engine {
  /** The process id of the child, for whoever watches it. */
  childPid(): number | undefined;
}

export function createLlamaEngine(options: LlamaEngineOptions): LlamaEngine {
  const clock = options.clock ?? systemEngineClock;
  const keeper = createChildKeeper(options, clock);
  const queue = createQueue();
  const runs = createEngineRuns(
    { run: (work, session) => runJob(options, clock, keeper, queue, work, session), clear: async () => {} },
    clock,
  );
  return {
    kind: "ask",
    ...runs,
    probe: (signal) => probe(options, keeper, queue, signal),
    childPid: () => keeper.pid(),
    async dispose() {
      await runs.dispose();
      await keeper.end();
    },
  };
}

/** Starts llama.cpp once to be sure: a package that is there but cannot load is absent. */
async function probe(
  options: LlamaEngineOptions,
  keeper: ChildKeeper,
  queue: Queue,
  signal: AbortSignal,
): Promise<EngineAdvert> {
  const absent = (reason: string, advice: string = LLAMA_ADVICE): EngineAdvert => ({
    kind: "llama",
    state: "absent",
    reason: reason.slice(0, 1_024),
    advice,
  });
  if (options.resolve() === undefined) return absent("node-llama-cpp is not installed");
  try {
    const models = await options.models.list(signal);
    if (!keeper.hasProved()) await queue(signal, () => keeper.borrow(async () => {}));
    const adverts = models.map(({ name, digest, bytes, demo }) => ({ name, digest, bytes, demo }));
    return { kind: "llama", state: "ready", models: adverts };
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof ArwError) return absent(error.message, error.advice);
    return absent(messageOf(error));
  }
}

async function runJob(
  options: LlamaEngineOptions,
  clock: EngineClock,
  keeper: ChildKeeper,
  queue: Queue,
  { job }: EngineWork,
  session: RunSession,
): Promise<EngineEnding> {
  if (job.kind !== "ask") return failed("wrong-kind", `a ${job.kind} job is no question`, "send it to its engine");
  const messages = await readPrompt(options.blobs, job.prompt);
  const model = await findModel(options.models, job.model, session.signal);
  const turn = queue(session.signal, () =>
    keeper.borrow((child) => answer(child, model, messages, job, clock, session)),
  );
  session.begun();
  return turn;
}

async function answer(
  child: LlamaProcess,
  model: Model,
  messages: readonly ChatMessage[],
  job: AskJob,
  clock: EngineClock,
  session: RunSession,
): Promise<EngineEnding> {
  session.signal.throwIfAborted();
  const stop = new AbortController();
  let limit: EngineEnding | undefined;
  const forgetTimer = clock.after(job.limits.wallMs, () => {
    limit ??= failed("wall-limit", `the answer took longer than its ${job.limits.wallMs} ms`, "allow it more time");
    stop.abort();
  });
  const onText = (text: string): void => {
    if (limit !== undefined || session.output("text", new TextEncoder().encode(text))) return;
    const message = `the answer is longer than its ${job.limits.outputBytes} bytes`;
    limit = failed("output-limit", message, "allow it more output, or fewer tokens");
    stop.abort();
  };
  try {
    const { outputTokensMax, temperatureMilli, seed } = job;
    const question = { modelPath: model.path, messages, outputTokensMax, temperatureMilli, seed };
    const last = await child.ask(question, onText, AbortSignal.any([session.signal, stop.signal]));
    if (last.kind === "refused") return failed(last.code, last.message, last.advice);
    session.countTokens({ tokensIn: tokenCount(last.tokensIn), tokensOut: tokenCount(last.tokensOut) });
    if (limit !== undefined) return limit;
    if (last.stopReason === "stopped" || session.signal.aborted) return { outcome: { kind: "cancelled" } };
    return { outcome: { kind: "answered", stopReason: last.stopReason } };
  } catch (error) {
    // A child that had to be killed to stop is not a crash: the reason to stop is.
    if (limit !== undefined) return limit;
    throw error;
  } finally {
    forgetTimer();
  }
}

async function readPrompt(blobs: BlobStore, digest: Digest): Promise<readonly ChatMessage[]> {
  const sizeBytes = (await blobs.size(digest)) ?? 0;
  if (sizeBytes > PROMPT_BYTES_MAX) {
    throw new ArwError("prompt-too-long", `the prompt has ${sizeBytes} bytes`, `stay below ${PROMPT_BYTES_MAX}`);
  }
  const text = new TextDecoder().decode(await blobs.read(digest, byteCount(0), PROMPT_BYTES_MAX));
  const decoded = decodeJson(chatMessagesSchema, text);
  if (decoded.ok) return decoded.value;
  const message = `the prompt is no conversation at ${decoded.path}: ${decoded.problem}`;
  throw new ArwError("prompt-unusable", message, "send it again; report it when it happens twice");
}

async function findModel(models: ModelFiles, digest: Digest, signal: AbortSignal): Promise<Model> {
  const found = (await models.list(signal)).find((model) => model.digest === digest);
  if (found !== undefined) return found;
  throw new ArwError(
    "model-absent",
    `no model with the digest ${digest} is on this machine`,
    "ask one of the models that this node lists, or put the file into its model folder",
  );
}

type Queue = <T>(signal: AbortSignal, work: () => Promise<T>) => Promise<T>;

/** One after the other. Who gives up while waiting is let go at once; its turn then does nothing. */
function createQueue(): Queue {
  let tail: Promise<unknown> = Promise.resolve();
  let waiting = 0;
  return async (signal, work) => {
    if (waiting >= QUESTIONS_WAITING_MAX) {
      const message = `${QUESTIONS_WAITING_MAX} questions already wait for this engine`;
      throw new ArwError("engine-busy", message, "ask later, or ask another node");
    }
    waiting++;
    let forget = (): void => {};
    const givenUp = new Promise<never>((_resolve, reject) => {
      const giveUp = (): void => reject(signal.reason);
      signal.addEventListener("abort", giveUp, { once: true });
      forget = () => signal.removeEventListener("abort", giveUp);
    });
    const turn = tail.then(() => {
      waiting--;
      // From here on it is the work that answers, however it ends.
      forget();
      signal.throwIfAborted();
      return work();
    });
    tail = turn.catch(() => {});
    return Promise.race([turn, givenUp]);
  };
}

interface ChildKeeper {
  /** Gives the child to `use`, starting one where none lives. Only one borrower at a time. */
  borrow<T>(use: (child: LlamaProcess) => Promise<T>): Promise<T>;
  /** Whether a child has ever started here. */
  hasProved(): boolean;
  pid(): number | undefined;
  end(): Promise<void>;
}

function createChildKeeper(options: LlamaEngineOptions, clock: EngineClock): ChildKeeper {
  let child: LlamaProcess | undefined;
  let proved = false;
  let forgetIdle = (): void => {};

  const living = async (): Promise<LlamaProcess> => {
    if (child?.isAlive() === true) return child;
    const modulePath = options.resolve();
    if (modulePath === undefined) {
      throw new ArwError("engine-absent", "node-llama-cpp is not installed", LLAMA_ADVICE);
    }
    child = await startLlamaProcess(options.childPath, modulePath, clock);
    proved = true;
    return child;
  };

  const end = async (): Promise<void> => {
    forgetIdle();
    const ending = child;
    child = undefined;
    await ending?.end();
  };

  return {
    async borrow(use) {
      forgetIdle();
      try {
        return await use(await living());
      } finally {
        forgetIdle = clock.after(IDLE_MS_MAX, () => void end());
      }
    },
    hasProved: () => proved,
    pid: () => (child?.isAlive() === true ? child.pid : undefined),
    end,
  };
}
