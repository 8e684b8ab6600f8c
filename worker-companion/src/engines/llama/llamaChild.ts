// The process that holds llama.cpp: a crash of native code or of a hostile model file ends this process, not the worker.
// It answers one question at a time, on one thread, and may neither compile nor download anything.
// The only file that loads node-llama-cpp, from the path that the parent found.
import { pathToFileURL } from "node:url";
import type * as llamaCpp from "node-llama-cpp";
import type { ChatHistoryItem, Llama, LLamaChatPromptOptions, LlamaChatSession, LlamaModel } from "node-llama-cpp";
import { messageOf } from "#protocol/errors.ts";
import { decode } from "#protocol/decode.ts";
import type { ChatMessage } from "#protocol/job.ts";
import { type FromLlamaChild, type LlamaQuestion, toLlamaChildSchema } from "./llamaMessages.ts";

/** A longer context costs memory that a small machine lacks; questions that do not fit are refused. */
const CONTEXT_TOKENS_MAX = 8_192;

type LlamaModule = typeof llamaCpp;

interface Engine {
  readonly module: LlamaModule;
  readonly llama: Llama;
  loaded: { readonly path: string; readonly model: LlamaModel } | undefined;
}

let current: { readonly id: number; readonly controller: AbortController } | undefined;

// Nobody is left to answer: a worker that was killed takes its engine along, also one that is still being started.
process.on("disconnect", () => process.exit(0));
if (!process.connected) process.exit(0);

const engine = await start(process.argv[2] ?? "", process.argv[3] ?? "cpu");

process.on("message", (message: unknown) => {
  const decoded = decode(toLlamaChildSchema, message);
  if (!decoded.ok) throw new Error(`the worker sent nonsense at ${decoded.path}: ${decoded.problem}`);
  if (decoded.value.kind === "question") void answer(engine, decoded.value);
  else if (current?.id === decoded.value.id) current.controller.abort();
});
say({ kind: "ready" });

async function start(modulePath: string, gpu: string): Promise<Engine> {
  try {
    const module: LlamaModule = await import(pathToFileURL(modulePath).href);
    const llama = await module.getLlama({
      build: "never",
      skipDownload: true,
      // The build that was installed, and never another one in silence: an owner who asked for a GPU must hear that it fails.
      gpu: gpu === "cuda" || gpu === "vulkan" ? gpu : false,
      // More threads spin against each other on a busy small machine, a hundred times slower.
      maxThreads: 1,
      logLevel: module.LlamaLogLevel.error,
    });
    return { module, llama, loaded: undefined };
  } catch (error) {
    // The word must be out before the process goes.
    return new Promise(() => process.send?.({ kind: "broken", reason: reasonOf(error) }, () => process.exit(1)));
  }
}

async function answer(owner: Engine, question: LlamaQuestion): Promise<void> {
  const { id } = question;
  const controller = new AbortController();
  current = { id, controller };
  try {
    const model = await loadModel(owner, question.modelPath);
    if (typeof model === "string") {
      refuse(id, "model-unreadable", `the model cannot be loaded: ${model}`, "replace the model file");
    } else await chat(owner, model, question, controller.signal);
  } catch (error) {
    refuse(id, "engine-broken", `llama.cpp gave up: ${reasonOf(error)}`, "ask again; report it when it happens twice");
  } finally {
    current = undefined;
  }
}

/** The model, or why it cannot be had. One model is held at a time. */
async function loadModel(owner: Engine, path: string): Promise<LlamaModel | string> {
  if (owner.loaded?.path === path) return owner.loaded.model;
  await owner.loaded?.model.dispose();
  owner.loaded = undefined;
  try {
    const model = await owner.llama.loadModel({ modelPath: path });
    owner.loaded = { path, model };
    return model;
  } catch (error) {
    return reasonOf(error);
  }
}

async function chat(
  { module }: Engine,
  model: LlamaModel,
  { id, messages, outputTokensMax, temperatureMilli, seed }: LlamaQuestion,
  signal: AbortSignal,
): Promise<void> {
  const last = messages.at(-1);
  if (last?.role !== "user") {
    refuse(id, "prompt-unusable", "the last message is not the user's", "end the conversation with a question");
    return;
  }
  const contextSize = Math.min(model.trainContextSize, CONTEXT_TOKENS_MAX);
  const context = await model.createContext({ contextSize, threads: 1, sequences: 1 });
  try {
    const contextSequence = context.getSequence();
    const session = new module.LlamaChatSession({ contextSequence });
    session.setChatHistory(messages.slice(0, -1).map(historyItem));
    const room = contextSize - promptTokens(session, model, messages);
    if (room <= 0) {
      const message = `the question fills the model's context of ${contextSize} tokens`;
      refuse(id, "prompt-too-long", message, "shorten the question, or ask a model with a longer context");
      return;
    }
    const stopReason = await generate(session, last.content, {
      maxTokens: Math.min(outputTokensMax, room),
      temperature: temperatureMilli / 1_000,
      seed,
      signal,
      stopOnAbortSignal: true,
      onTextChunk: (text) => say({ kind: "text", id, text }),
    });
    const used = contextSequence.tokenMeter.getState();
    say({ kind: "answered", id, stopReason, tokensIn: used.usedInputTokens, tokensOut: used.usedOutputTokens });
  } finally {
    await context.dispose();
  }
}

async function generate(
  session: LlamaChatSession,
  question: string,
  options: LLamaChatPromptOptions,
): Promise<"end" | "length" | "stopped"> {
  try {
    const { stopReason } = await session.promptWithMeta(question, options);
    if (stopReason === "abort") return "stopped";
    return stopReason === "maxTokens" ? "length" : "end";
  } catch (error) {
    // Before its first token a stopped answer is thrown, whatever the options say.
    if (options.signal?.aborted === true) return "stopped";
    throw error;
  }
}

/** How much of the context the question fills; past the end llama.cpp would silently forget the beginning. */
function promptTokens(session: LlamaChatSession, model: LlamaModel, messages: readonly ChatMessage[]): number {
  const chatHistory: ChatHistoryItem[] = [...messages.map(historyItem), { type: "model", response: [] }];
  return session.chatWrapper.generateContextState({ chatHistory }).contextText.tokenize(model.tokenizer).length;
}

function historyItem({ role, content }: ChatMessage): ChatHistoryItem {
  switch (role) {
    case "system":
      return { type: "system", text: content };
    case "user":
      return { type: "user", text: content };
    case "assistant":
      return { type: "model", response: [content] };
  }
}

function refuse(id: number, code: string, message: string, advice: string): void {
  say({ kind: "refused", id, code, message, advice });
}

function say(message: FromLlamaChild): void {
  process.send?.(message);
}

function reasonOf(error: unknown): string {
  // What node-llama-cpp calls a build whose libraries or drivers are not on this machine.
  if (error instanceof Error && error.message === "NoBinaryFoundError") return "its libraries or drivers are not here";
  return messageOf(error);
}
