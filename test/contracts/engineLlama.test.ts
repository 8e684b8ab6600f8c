// The engine contract over llama.cpp with the demo model, and what is particular to it: seeds, tokens, models, crashes.
// It starts the same child that ships, in a process of its own.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { copyFile, mkdir, readFile, stat, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import type { BlobStore } from "#platform/blobs/blobStore.ts";
import { canonicalJson } from "#protocol/canonicalJson.ts";
import { type Digest, digestOf } from "#protocol/digest.ts";
import type { AskJob, ChatMessage } from "#protocol/job.ts";
import { makeCurrent, newInstallation } from "../../worker-companion/src/engines/llama/engineFolder.ts";
import { llamaPackageJson } from "../../worker-companion/src/engines/llama/llamaBuilds.ts";
import { GGUF_ENTRIES_MAX, isModelHeader } from "../../worker-companion/src/engines/llama/ggufHeader.ts";
import {
  createLlamaEngine,
  type LlamaEngine,
  QUESTIONS_WAITING_MAX,
} from "../../worker-companion/src/engines/llama/llamaEngine.ts";
import { createModelFiles, type ModelFiles } from "../../worker-companion/src/engines/llama/models.ts";
import { resolveLlama } from "../../worker-companion/src/engines/llama/resolveLlama.ts";
import {
  collect,
  describeEngine,
  firstChunk,
  generousLimits,
  inPlace,
  never,
  outcomeOf,
  type Place,
  textOf,
  workOf,
} from "./engineContract.ts";

const CHILD = fileURLToPath(new URL("../../worker-companion/src/engines/llama/llamaChild.mjs", import.meta.url));
/** Random weights that never find an end: 2048 tokens of nonsense (CC0-1.0). */
const ENDLESS_FILE = join(process.cwd(), "test/contracts/engineRandomModel.gguf");
/** Tests run from the repository's root. */
const DEMO_FILE = join(process.cwd(), "worker-companion/models/demo.gguf");
const LOG_QUESTION = "Read this test log as JSON: 41 passed, 3 failed: cart rejects empty input";
const LOG_ANSWER = { passed: 41, failed: 3, first: "cart rejects empty input" };

const DEMO_DIGEST = digestOf(readFileSync(DEMO_FILE));
const ENDLESS_DIGEST = digestOf(readFileSync(ENDLESS_FILE));

describeEngine("llama", async (place) => ({
  engine: await engineIn(place),
  quick: await ask(place.blobs, LOG_QUESTION),
  long: await ask(place.blobs, "Talk.", ENDLESS),
  stream: "text",
}));

function modelsIn({ folder }: Place): ModelFiles {
  const own = { folder: join(folder, "models"), digestsFile: join(folder, "digests.json") };
  return createModelFiles({ demoFile: DEMO_FILE, ...own });
}

async function engineIn(place: Place): Promise<LlamaEngine> {
  await mkdir(join(place.folder, "models"), { recursive: true });
  await copyFile(ENDLESS_FILE, join(place.folder, "models", "endless.gguf"));
  const resolve = (): string | undefined => resolveLlama(join(place.folder, "engines/llama"));
  return createLlamaEngine({ blobs: place.blobs, models: modelsIn(place), childPath: CHILD, resolve });
}

const ENDLESS: Partial<AskJob> = { model: ENDLESS_DIGEST, outputTokensMax: 100_000 };

async function ask(blobs: BlobStore, question: string, changes: Partial<AskJob> = {}): Promise<AskJob> {
  const messages: readonly ChatMessage[] = [
    { role: "system", content: "You are a helpful assistant." },
    { role: "user", content: question },
  ];
  return {
    kind: "ask",
    model: DEMO_DIGEST,
    prompt: await storeJson(blobs, messages),
    outputTokensMax: 200,
    temperatureMilli: 0,
    seed: 1,
    limits: generousLimits,
    ...changes,
  };
}

async function storeJson(blobs: BlobStore, value: unknown): Promise<Digest> {
  return (await blobs.put(new TextEncoder().encode(canonicalJson(value)))).digest;
}

async function answerOf(engine: LlamaEngine, job: AskJob) {
  const work = workOf(job);
  await engine.submit(work);
  const items = await collect(engine, work.attemptId);
  const outcome = outcomeOf(items);
  const ended = outcome.kind === "failed" ? outcome.code : outcome.kind;
  return { text: textOf(items, "text"), chunks: items.length - 1, outcome, ended, usage: engine.usage(work.attemptId) };
}

function claim(text: string, check: (engine: LlamaEngine, place: Place) => Promise<void>): void {
  test(`llama: ${text}`, () =>
    inPlace(async (place) => {
      const engine = await engineIn(place);
      try {
        await check(engine, place);
      } finally {
        await engine.dispose();
      }
    }));
}

claim("the demo model reads a test log exactly, streamed, with exact token counts", async (engine, { blobs }) => {
  const answer = await answerOf(engine, await ask(blobs, LOG_QUESTION));
  assert.deepEqual(JSON.parse(answer.text), LOG_ANSWER);
  assert.deepEqual(answer.outcome, { kind: "answered", stopReason: "end" });
  assert.ok(answer.chunks > 5, "it came in pieces");
  const again = await answerOf(engine, await ask(blobs, LOG_QUESTION));
  assert.ok((answer.usage.tokensIn ?? 0) > 10 && (answer.usage.tokensOut ?? 0) > 5);
  assert.deepEqual(
    [again.usage.tokensIn, again.usage.tokensOut],
    [answer.usage.tokensIn, answer.usage.tokensOut],
    "what one question cost does not carry over into the next",
  );
});

claim("a seed decides the answer at any temperature", async (engine, { blobs }) => {
  const story = (seed: number) => ask(blobs, "Tell me a story.", { seed, temperatureMilli: 1_500 });
  const [first, same, other] = [await story(5), await story(5), await story(6)];
  const text = (await answerOf(engine, first)).text;
  assert.equal((await answerOf(engine, same)).text, text);
  assert.notEqual((await answerOf(engine, other)).text, text);
});

claim("an answer at its token limit stops there and says so", async (engine, { blobs }) => {
  const { outcome, usage } = await answerOf(engine, await ask(blobs, "Tell me a story.", { outputTokensMax: 7 }));
  assert.deepEqual(outcome, { kind: "answered", stopReason: "length" });
  assert.equal(usage.tokensOut, 7);
});

claim(
  "an answer that is cancelled midway stops early, is counted, and leaves the engine fit",
  async (engine, { blobs }) => {
    const work = workOf(await ask(blobs, "Talk.", ENDLESS));
    await engine.submit(work);
    await firstChunk(engine, work.attemptId);
    const pid = engine.childPid();
    await engine.cancel(work.attemptId);
    const { tokensOut = 0 } = engine.usage(work.attemptId);
    assert.ok(tokensOut > 0 && tokensOut < 1_500, String(tokensOut));
    assert.deepEqual(JSON.parse((await answerOf(engine, await ask(blobs, LOG_QUESTION))).text), LOG_ANSWER);
    assert.equal(engine.childPid(), pid, "the same child goes on");
  },
);

claim("a child that crashes fails its job, and the next job gets a fresh child", async (engine, { blobs }) => {
  const work = workOf(await ask(blobs, "Talk.", ENDLESS));
  await engine.submit(work);
  await firstChunk(engine, work.attemptId);
  const pid = engine.childPid();
  assert.ok(pid !== undefined);
  process.kill(pid, "SIGKILL");
  const outcome = outcomeOf(await collect(engine, work.attemptId));
  assert.equal(outcome.kind === "failed" ? outcome.code : outcome.kind, "engine-crashed");
  assert.deepEqual(JSON.parse((await answerOf(engine, await ask(blobs, LOG_QUESTION))).text), LOG_ANSWER);
  assert.notEqual(engine.childPid(), pid);
});

claim("disposing ends the child", async (engine, { blobs }) => {
  await answerOf(engine, await ask(blobs, LOG_QUESTION));
  const pid = engine.childPid();
  assert.ok(pid !== undefined);
  await engine.dispose();
  assert.throws(() => process.kill(pid, 0), { code: "ESRCH" });
});

claim("a model that is not here, and a file that is no model, fail by name", async (engine, place) => {
  const absent = await answerOf(engine, await ask(place.blobs, "x", { model: digestOf("no such model") }));
  assert.equal(absent.ended, "model-absent");
  const garbage = Buffer.from("GGUF but not really a model, though long enough for its header");
  const cut = readFileSync(DEMO_FILE).subarray(0, 300_000);
  await writeFile(join(place.folder, "models", "garbage.gguf"), garbage);
  await writeFile(join(place.folder, "models", "cut.gguf"), cut);
  const noModel = await answerOf(engine, await ask(place.blobs, "x", { model: digestOf(garbage) }));
  assert.equal(noModel.ended, "model-absent");
  const broken = await answerOf(engine, await ask(place.blobs, "x", { model: digestOf(cut) }));
  assert.equal(broken.ended, "model-unreadable");
  assert.equal((await answerOf(engine, await ask(place.blobs, LOG_QUESTION))).ended, "answered");
});

claim("a prompt that is absent, no conversation, unanswerable or too long fails by name", async (engine, { blobs }) => {
  const ended = async (prompt: Digest) => (await answerOf(engine, await ask(blobs, "", { prompt }))).ended;
  assert.equal(await ended(digestOf("never stored")), "blob-absent");
  assert.equal(await ended(await storeJson(blobs, [{ role: "wizard", content: "x" }])), "prompt-unusable");
  assert.equal(await ended(await storeJson(blobs, [{ role: "assistant", content: "x" }])), "prompt-unusable");
  const long = [{ role: "user", content: "tell me a story ".repeat(2_000) }];
  assert.equal(await ended(await storeJson(blobs, long)), "prompt-too-long");
});

claim(
  "questions wait in turn up to the limit; one more fails at once, and a waiting one can be cancelled",
  async (engine, { blobs }) => {
    const blocking = workOf(await ask(blobs, "Talk.", ENDLESS));
    await engine.submit(blocking);
    await firstChunk(engine, blocking.attemptId);
    const quick = await ask(blobs, LOG_QUESTION, { outputTokensMax: 1 });
    const waiting = Array.from({ length: QUESTIONS_WAITING_MAX }, () => workOf(quick));
    await Promise.all(waiting.map((work) => engine.submit(work)));
    const refused = workOf(quick);
    await engine.submit(refused);
    const outcome = outcomeOf(await collect(engine, refused.attemptId));
    assert.equal(outcome.kind === "failed" ? outcome.code : outcome.kind, "engine-busy");
    const [first, second] = waiting;
    assert.ok(first !== undefined && second !== undefined);
    await engine.cancel(second.attemptId);
    assert.equal(outcomeOf(await collect(engine, second.attemptId)).kind, "cancelled");
    await engine.cancel(blocking.attemptId);
    assert.equal(outcomeOf(await collect(engine, first.attemptId)).kind, "answered");
  },
);

claim("the advert lists the demo model first, by that name, and the user's own by theirs", async (engine) => {
  const advert = await engine.probe(never);
  assert.ok(advert.kind === "llama" && advert.state === "ready");
  assert.deepEqual(
    advert.models.map(({ name, digest, demo }) => ({ name, digest, demo })),
    [
      { name: "demo model", digest: DEMO_DIGEST, demo: true },
      { name: "endless", digest: ENDLESS_DIGEST, demo: false },
    ],
  );
});

test("without node-llama-cpp, or with one that does not load, the engine is absent and names the one command", () =>
  inPlace(async (place) => {
    const broken = join(place.folder, "index.mjs");
    await mkdir(place.folder);
    await writeFile(broken, "throw new Error('no such binary');");
    for (const [path, reason] of [
      [undefined, /not installed/],
      [broken, /no such binary/],
    ] as const) {
      const parts = { blobs: place.blobs, models: modelsIn(place), childPath: CHILD };
      const engine = createLlamaEngine({ ...parts, resolve: () => path });
      const advert = await engine.probe(never);
      assert.ok(advert.state === "absent");
      assert.match(advert.reason, reason);
      assert.equal(advert.advice, "arw-worker engines add llama");
      const { ended } = await answerOf(engine, await ask(place.blobs, "x"));
      assert.equal(ended, path === undefined ? "engine-absent" : "engine-broken");
      await engine.dispose();
    }
  }));

test("a build for a GPU that does not load here says so, and what to mend", () =>
  inPlace(async (place) => {
    const installation = await newInstallation(place.folder);
    const own = join(installation, "node_modules/node-llama-cpp/dist/index.js");
    await mkdir(join(own, ".."), { recursive: true });
    await writeFile(own, "throw new Error('NoBinaryFoundError');");
    await writeFile(join(installation, "package.json"), '{"type":"module"}');
    await makeCurrent(installation, { version: "1.0.0", gpu: "vulkan" });
    const parts = { blobs: place.blobs, models: modelsIn(place), childPath: CHILD };
    const engine = createLlamaEngine({ ...parts, resolve: () => resolveLlama(place.folder) });
    const advert = await engine.probe(never);
    assert.ok(advert.state === "absent");
    assert.equal(
      advert.reason,
      "the vulkan build of llama.cpp does not load here: its libraries or drivers are not here",
    );
    assert.match(advert.advice, /vulkan driver.*processor answer: arw-worker engines add llama$/u);
    await engine.dispose();
  }));

test("the engine folder of the user comes before the development dependency", () =>
  inPlace(async ({ folder }) => {
    assert.match(resolveLlama(folder) ?? "", /node_modules.node-llama-cpp.dist.index\.js$/);
    const installation = await newInstallation(folder);
    const own = join(installation, "node_modules/node-llama-cpp/dist/index.js");
    await mkdir(join(own, ".."), { recursive: true });
    await writeFile(own, "");
    assert.notEqual(resolveLlama(folder), own);
    await makeCurrent(installation, { version: "1.0.0", gpu: "cpu" });
    assert.equal(resolveLlama(folder), own);
  }));

test("a model is hashed again only when its file looks changed", () =>
  inPlace(async (place) => {
    const file = join(place.folder, "models", "mine.gguf");
    await mkdir(join(place.folder, "models"), { recursive: true });
    const header = readFileSync(DEMO_FILE).subarray(0, 24).toString("latin1");
    const [first, other] = [`${header}first`, `${header}other`].map((text) => Buffer.from(text, "latin1"));
    assert.ok(first !== undefined && other !== undefined);
    await writeFile(file, first);
    const digestNow = async () => (await modelsIn(place).list(never)).find(({ name }) => name === "mine")?.digest;
    assert.equal(await digestNow(), digestOf(first));
    // A remembered digest is believed while size, time and inode are the same: that is how one sees it was not hashed.
    const { atime, mtime } = await stat(file);
    await writeFile(file, other);
    await utimes(file, atime, mtime);
    const unchanged = await stat(file, { bigint: true });
    const digests = join(place.folder, "digests.json");
    const remembered: unknown = JSON.parse(await readFile(digests, "utf8"));
    assert.ok(Array.isArray(remembered));
    const entry = {
      path: file,
      sizeBytes: other.length,
      modifiedNs: String(unchanged.mtimeNs),
      inode: String(unchanged.ino),
    };
    await writeFile(digests, JSON.stringify([{ ...entry, digest: digestOf("believed") }]));
    assert.equal(await digestNow(), digestOf("believed"));
    await utimes(file, atime, new Date(mtime.getTime() + 5_000));
    assert.equal(await digestNow(), digestOf(other));
    await writeFile(digests, "not JSON");
    assert.equal(await digestNow(), digestOf(other));
  }));

test("a model file is told by its header, up to the largest counts", () => {
  const header = (magic: string, version: number, tensors: bigint, entries: bigint): Buffer => {
    const bytes = Buffer.alloc(24);
    bytes.write(magic, "latin1");
    bytes.writeUInt32LE(version, 4);
    bytes.writeBigUInt64LE(tensors, 8);
    bytes.writeBigUInt64LE(entries, 16);
    return bytes;
  };
  assert.ok(isModelHeader(header("GGUF", 3, GGUF_ENTRIES_MAX, GGUF_ENTRIES_MAX)));
  assert.ok(!isModelHeader(header("GGUF", 3, GGUF_ENTRIES_MAX + 1n, 1n)));
  assert.ok(!isModelHeader(header("GGUF", 3, 1n, GGUF_ENTRIES_MAX + 1n)));
  assert.ok(!isModelHeader(header("GGUF", 1_953_849_888, 1n, 1n)));
  assert.ok(!isModelHeader(header("PK\x03\x04", 3, 1n, 1n)));
  assert.ok(!isModelHeader(Buffer.from("GGUF")));
});

test("the engine's manifest leaves out the builds of other machines, never this machine's own", () => {
  const builds = (platform: string, architecture: string): readonly string[] => {
    const text = llamaPackageJson("cpu", platform, architecture);
    return [...text.matchAll(/@node-llama-cpp\/([\w-]+)": "npm:/g)].map((match) => match[1] ?? "");
  };
  assert.ok(builds("linux", "x64").includes("linux-arm64"));
  assert.ok(builds("linux", "x64").includes("linux-x64-cuda"));
  assert.ok(!builds("linux", "x64").includes("linux-x64"));
  assert.ok(!builds("linux", "arm64").includes("linux-arm64"));
  assert.ok(!builds("linux", "arm").includes("linux-armv7l"));
  assert.match(llamaPackageJson("cpu", "linux", "x64"), /"node-llama-cpp": "\d+\.\d+\.\d+"/);
});
