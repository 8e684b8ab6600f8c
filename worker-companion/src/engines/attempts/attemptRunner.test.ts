// The runner over a scripted engine and a Home that is a list of messages: what crosses, in which order, and what is signed.
import assert from "node:assert/strict";
import { once } from "node:events";
import { PassThrough } from "node:stream";
import { test } from "node:test";
import { digestOf, digestOfJson } from "#protocol/digest.ts";
import { ArwError, type Refusal, refuse } from "#protocol/errors.ts";
import { canonicalJson } from "#protocol/canonicalJson.ts";
import type { AskJob } from "#protocol/job.ts";
import { byteCount, durationMs, tokenCount } from "#protocol/quantities.ts";
import { receiptBytes } from "#protocol/receipt.ts";
import { publicKeyOf, sign, signingKey, verify } from "#protocol/signature.ts";
import type { HomeMessage, WorkerMessage } from "#protocol/wire/worker.ts";
import { ASK, offerOf, WORKER } from "../../../../test/simulation/attemptFixtures.ts";
import { MemoryBlobs } from "../../../../test/simulation/memoryBlobs.ts";
import type { Engine, EngineOutput } from "../../core/engine.ts";
import { createAttemptRunner } from "./attemptRunner.ts";

const KEY = signingKey(new Uint8Array(32).fill(7));
const PROMPT = new TextEncoder().encode('[{"content":"hi","role":"user"}]');
const JOB: AskJob = { ...ASK, prompt: digestOf(PROMPT) };
const OFFER = offerOf(1, JOB);
const { attemptId, fencingToken } = OFFER;
const IDS = { attemptId, fencingToken };

/** An engine whose output the test writes; cancel ends it. */
class ScriptedEngine implements Engine {
  readonly kind = "ask";
  readonly calls: string[] = [];
  #script: PassThrough = new PassThrough({ objectMode: true });

  write(...items: readonly EngineOutput[]): void {
    for (const item of items) this.#script.write(item);
  }
  end(): void {
    this.write({ kind: "ended", ending: { outcome: { kind: "answered", stopReason: "end" } } });
  }
  async probe(): ReturnType<Engine["probe"]> {
    return { kind: "llama", state: "ready", models: [] };
  }
  async submit(): Promise<void> {
    this.calls.push("submit");
  }
  async *stream(_id: unknown, _from: number, signal: AbortSignal): AsyncIterable<EngineOutput> {
    signal.addEventListener("abort", () => this.#script.destroy(), { once: true });
    try {
      for await (const item of this.#script) {
        const output: EngineOutput = item;
        yield output;
        if (output.kind === "ended") return;
      }
    } catch (error) {
      if (!signal.aborted) throw error;
    }
  }
  async cancel(): Promise<void> {
    this.calls.push("cancel");
    if (!this.#script.destroyed) this.write({ kind: "ended", ending: { outcome: { kind: "cancelled" } } });
  }
  async reattach(): Promise<"unknown"> {
    return "unknown";
  }
  usage(): ReturnType<Engine["usage"]> {
    return { tokensIn: tokenCount(3), tokensOut: tokenCount(5), busyMs: durationMs(7) };
  }
  async release(): Promise<void> {
    this.calls.push("release");
  }
  async dispose(): Promise<void> {}
}

class Bench {
  readonly engine: ScriptedEngine = new ScriptedEngine();
  readonly blobs: MemoryBlobs = new MemoryBlobs();
  readonly sent: { readonly message: WorkerMessage; readonly text: string }[] = [];
  readonly left: string[] = [];
  readonly #arrivals = new PassThrough({ objectMode: true });
  readonly runner = createAttemptRunner({
    nodeId: WORKER,
    sign: (receipt) => sign("arw-receipt-v1", receiptBytes(receipt), KEY),
    engines: [this.engine],
    blobs: this.blobs,
    slots: 2,
    send: async (message, bytes) => {
      this.sent.push({ message, text: new TextDecoder().decode(bytes) });
      this.#arrivals.emit("sent");
    },
    leave: (reason) => {
      this.left.push(reason);
      this.#arrivals.emit("sent");
    },
    log: () => undefined,
    owner: {
      judge: () => this.objection,
      refused: () => undefined,
      taken: () => this.counted,
      ended: async (_, { busyMs, bytesIn }) => void this.used.push(busyMs, bytesIn),
      released: (id) => void this.used.push(id),
    },
  });
  objection: Refusal | undefined;
  counted: Promise<void> = Promise.resolve();
  readonly used: (number | string)[] = [];

  constructor() {
    this.runner.advertise([{ kind: "llama", state: "ready", models: MODELS }]);
    this.runner.linkUp([]);
  }

  /** Waits, without a clock, until the runner has sent this kind of message so many times. */
  async until(kind: WorkerMessage["kind"], times = 1): Promise<WorkerMessage> {
    for (;;) {
      const found = this.sent.filter(({ message }) => message.kind === kind);
      const wanted = found[times - 1];
      if (wanted !== undefined) return wanted.message;
      await once(this.#arrivals, "sent");
    }
  }

  async untilLeft(): Promise<void> {
    while (this.left.length === 0) await once(this.#arrivals, "sent");
  }

  receive(message: HomeMessage, bytes: Uint8Array = new Uint8Array(0)): Promise<void> {
    return this.runner.receive(message, bytes);
  }

  async sendPrompt(): Promise<void> {
    const head = { kind: "blob", ...IDS, digest: JOB.prompt, blobBytes: byteCount(PROMPT.length) } as const;
    await this.receive({ ...head, fromByte: byteCount(0) }, PROMPT.subarray(0, 5));
    await this.receive({ ...head, fromByte: byteCount(5) }, PROMPT.subarray(5));
  }

  async running(): Promise<void> {
    await this.receive(OFFER);
    await this.until("need");
    await this.sendPrompt();
    await this.until("started");
  }
}

const MODELS = [{ name: "demo", digest: JOB.model, bytes: byteCount(1), demo: true }];

function text(words: string): EngineOutput {
  return { kind: "chunk", stream: "text", bytes: new TextEncoder().encode(words) };
}

test("a job runs from offer to settlement, and its signed receipt names what came and what went", async () => {
  const bench = new Bench();
  await bench.running();
  bench.engine.write(text("hello "), text("world"));
  bench.engine.end();
  const finished = await bench.until("finished");
  assert.ok(finished.kind === "finished");
  const output = bench.sent.filter(({ message }) => message.kind === "output");
  assert.equal(output.map((sent) => sent.text).join(""), "hello world");
  assert.equal(finished.lastNumber, output.length);
  const streams = [{ stream: "text", bytes: 11, digest: digestOf("hello world") }];
  assert.deepEqual(finished.result, { outcome: { kind: "answered", stopReason: "end" }, streams });
  const { receipt, signature } = finished.receipt;
  assert.equal(receipt.received, OFFER.payload);
  assert.equal(receipt.result, digestOfJson(finished.result));
  assert.equal(receipt.receivedBytes, Buffer.byteLength(canonicalJson(JOB)) + PROMPT.length);
  assert.deepEqual(receipt.usage.tokensOut, { tokens: 5, method: "engine-count" });
  assert.equal(receipt.usage.bytesOut.bytes, 11);
  assert.ok(verify("arw-receipt-v1", receiptBytes(receipt), signature, publicKeyOf(KEY)));
  await bench.receive({ kind: "settled", ...IDS, accepted: true });
  assert.deepEqual(bench.runner.held(), []);
  await bench.runner.stop();
  assert.ok(bench.engine.calls.includes("release"));
});

test("an input that does not hash to its digest fails the attempt, and nothing runs", async () => {
  const bench = new Bench();
  await bench.receive(OFFER);
  await bench.until("need");
  const forged = { kind: "blob", ...IDS, digest: JOB.prompt, fromByte: byteCount(0), blobBytes: byteCount(3) } as const;
  await bench.receive(forged, new TextEncoder().encode("lie"));
  const finished = await bench.until("finished");
  assert.ok(finished.kind === "finished" && finished.result.outcome.kind === "failed");
  assert.equal(finished.result.outcome.code, "blob-wrong-digest");
  assert.ok(!bench.engine.calls.includes("submit"));
  await bench.runner.stop();
});

test("a chunk that was fetched for another attempt as well is no gap", async () => {
  const bench = new Bench();
  const second = offerOf(2, JOB);
  await bench.receive(OFFER);
  await bench.receive(second);
  await bench.until("need", 2);
  const head = { kind: "blob", digest: JOB.prompt, blobBytes: byteCount(PROMPT.length) } as const;
  const of = (offer: typeof OFFER, from: number, to: number): Promise<void> => {
    const { attemptId: id, fencingToken: token } = offer;
    const message = { ...head, attemptId: id, fencingToken: token, fromByte: byteCount(from) };
    return bench.receive(message, PROMPT.subarray(from, to));
  };
  await of(OFFER, 0, 5);
  await of(second, 0, 5);
  await of(OFFER, 5, PROMPT.length);
  await of(second, 5, PROMPT.length);
  await bench.until("started", 2);
  await bench.runner.stop();
});

test("output and result that a dropped link lost are sent again on the next, under the same numbers", async () => {
  const bench = new Bench();
  await bench.running();
  bench.engine.write(text("one"));
  await bench.until("output");
  bench.runner.linkDown();
  bench.engine.end();
  while (bench.runner.running() > 0) await new Promise((resolve) => setImmediate(resolve));
  assert.deepEqual(bench.runner.held(), [{ ...IDS, lastNumber: 1 }]);
  bench.runner.linkUp([{ attemptId, acknowledged: 0 }]);
  await bench.until("finished");
  const outputs = bench.sent.filter(({ message }) => message.kind === "output");
  assert.equal(outputs.length, 2);
  assert.deepEqual(outputs[0], outputs[1]);
  await bench.runner.stop();
});

test("a cancelled run says cancelled; a stop ends runs before the goodbye", async () => {
  const bench = new Bench();
  await bench.running();
  await bench.receive({ kind: "cancel", ...IDS, reason: "asked" });
  const finished = await bench.until("finished");
  assert.ok(finished.kind === "finished" && finished.result.outcome.kind === "cancelled");
  const stopped = new Bench();
  await stopped.running();
  await stopped.runner.stop();
  assert.deepEqual(stopped.left, ["stop"]);
  assert.deepEqual(stopped.engine.calls.slice(0, 2), ["submit", "cancel"]);
  assert.ok(stopped.engine.calls.includes("release"));
  await bench.runner.stop();
});

test("a drain waits for the settlement of what runs", async () => {
  const bench = new Bench();
  await bench.running();
  bench.runner.drain();
  await bench.until("leaving");
  bench.engine.end();
  await bench.until("finished");
  assert.deepEqual(bench.left, []);
  await bench.receive({ kind: "settled", ...IDS, accepted: true });
  await bench.untilLeft();
  assert.deepEqual(bench.left, ["drain"]);
});

test("an engine that breaks fails its attempt with the cause", async () => {
  const bench = new Bench();
  bench.engine.submit = async () => {
    throw new ArwError("model-broken", "The model cannot be read.", "Fetch it again.");
  };
  await bench.receive(OFFER);
  await bench.until("need");
  await bench.sendPrompt();
  const finished = await bench.until("finished");
  assert.ok(finished.kind === "finished" && finished.result.outcome.kind === "failed");
  assert.equal(finished.result.outcome.code, "model-broken");
  await bench.runner.stop();
});

test("an owner's objection is the Home's refusal, and nothing is fetched, counted or run", async () => {
  const bench = new Bench();
  bench.objection = refuse("owner-rules", 'rule "no questions" says no', "ask elsewhere");
  await bench.receive(OFFER);
  const refused = await bench.until("refused");
  assert.ok(refused.kind === "refused");
  assert.equal(refused.code, "owner-rules");
  assert.deepEqual(bench.engine.calls, []);
  assert.deepEqual(bench.used, []);
});

test("the Home hears of an attempt once it is counted; one that cannot be counted fails and does not run", async () => {
  const bench = new Bench();
  let count = (): void => undefined;
  bench.counted = new Promise((resolve) => {
    count = resolve;
  });
  await bench.receive(OFFER);
  await new Promise((resolve) => setImmediate(resolve));
  assert.deepEqual(bench.sent, []);
  count();
  await bench.until("accepted");

  const full = new Bench();
  full.counted = Promise.reject(new ArwError("disk-full", "the disk is full", "free some space"));
  await full.receive(OFFER);
  const finished = await full.until("finished");
  assert.ok(finished.kind === "finished");
  assert.equal(finished.result.outcome.kind === "failed" ? finished.result.outcome.code : "", "disk-full");
  assert.deepEqual(full.engine.calls, []);
});

test("what an attempt used is counted before its result leaves, and it is let go when it is settled", async () => {
  const bench = new Bench();
  await bench.running();
  bench.engine.end();
  const finished = await bench.until("finished");
  assert.ok(finished.kind === "finished");
  assert.deepEqual(bench.used, [7, finished.receipt.receipt.receivedBytes]);
  await bench.receive({ kind: "settled", ...IDS, accepted: true });
  while (bench.used.length < 3) await new Promise((resolve) => setImmediate(resolve));
  assert.equal(bench.used[2], attemptId);
});
