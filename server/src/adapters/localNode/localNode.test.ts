// The node `local` with the real command engine: a job runs by direct calls, and its result is what a worker's would be.
import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { identityOf } from "#platform/identity/identityFile.ts";
import { canonicalJson } from "#protocol/canonicalJson.ts";
import { digestOf } from "#protocol/digest.ts";
import type { CommandJob } from "#protocol/job.ts";
import { receiptBytes } from "#protocol/receipt.ts";
import { verify } from "#protocol/signature.ts";
import type { WorkerMessage } from "#protocol/wire/worker.ts";
import { COMMAND, offerOf } from "../../../../test/simulation/attemptFixtures.ts";
import { MemoryBlobs } from "../../../../test/simulation/memoryBlobs.ts";
import { createCommandEngine } from "../../../../worker-companion/src/engines/command/commandEngine.ts";
import { createLocalNode, type LocalNode } from "./localNode.ts";

const IDENTITY = identityOf(new Uint8Array(32).fill(5));
const NEVER = new AbortController().signal;

interface Place {
  readonly node: LocalNode;
  readonly blobs: MemoryBlobs;
  readonly messages: WorkerMessage[];
  readonly text: () => string;
  readonly until: (kind: WorkerMessage["kind"]) => Promise<WorkerMessage>;
}

async function open(t: TestContext): Promise<Place> {
  const folder = await mkdtemp(join(tmpdir(), "arw-local-"));
  const blobs = new MemoryBlobs();
  const engine = createCommandEngine({ blobs, folder, sandbox: "unsandboxed" });
  const messages: WorkerMessage[] = [];
  const output: Uint8Array[] = [];
  let wake = (): void => undefined;
  const node = createLocalNode({
    identity: IDENTITY,
    engines: [engine],
    blobs,
    folder,
    onMessage: (message, bytes) => {
      messages.push(message);
      if (message.kind === "output") output.push(bytes);
      wake();
    },
    log: () => undefined,
  });
  t.after(async () => {
    await node.dispose();
    await engine.dispose();
    await rm(folder, { recursive: true, force: true });
  });
  const until = async (kind: WorkerMessage["kind"]): Promise<WorkerMessage> => {
    for (;;) {
      const found = messages.find((message) => message.kind === kind);
      if (found !== undefined) return found;
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
  };
  return { node, blobs, messages, text: () => Buffer.concat(output).toString("utf8"), until };
}

async function jobOf(blobs: MemoryBlobs, argv: readonly string[]): Promise<CommandJob> {
  const file = await blobs.put(Buffer.from("hello"));
  const entry = { kind: "file", path: "a.txt", digest: file.digest, bytes: file.bytes, executable: false };
  const tree = await blobs.put(Buffer.from(canonicalJson({ kind: "tree", entries: [entry] })));
  return { ...COMMAND, argv, tree: tree.digest };
}

test("a command runs here without a word on any wire, and its receipt is signed by this Home", async (t) => {
  const { node, blobs, messages, text, until } = await open(t);
  const offer = offerOf(1, await jobOf(blobs, ["cat", "a.txt"]));
  const capabilities = await node.capabilities(NEVER);
  assert.ok(capabilities.cpuCount >= 1 && capabilities.engines.length === 1);
  assert.equal(await node.carry(offer), true);
  const finished = await until("finished");
  assert.ok(finished.kind === "finished");
  assert.equal(text(), "hello");
  assert.deepEqual(finished.result.outcome, { kind: "exited", exitCode: 0 });
  assert.deepEqual(finished.result.streams, [{ stream: "stdout", bytes: 5, digest: digestOf("hello") }]);
  const { receipt, signature } = finished.receipt;
  assert.equal(receipt.received, offer.payload);
  assert.ok(verify("arw-receipt-v1", receiptBytes(receipt), signature, IDENTITY.publicKey));
  assert.ok(!messages.some(({ kind }) => kind === "need"), "inputs are here already");
});

test("before it was asked what it can do, it takes nothing", async (t) => {
  const { node, blobs, until } = await open(t);
  await node.carry(offerOf(1, await jobOf(blobs, ["true"])));
  const refused = await until("refused");
  assert.ok(refused.kind === "refused" && refused.code === "engine-absent");
});

test("disposing it ends what runs, and nothing is delivered any more", async (t) => {
  const { node, blobs, until } = await open(t);
  await node.capabilities(NEVER);
  await node.carry(offerOf(1, await jobOf(blobs, ["sleep", "987655"])));
  await until("started");
  assert.equal(node.running(), 1);
  await node.dispose();
  assert.equal(node.running(), 0);
  assert.equal(await node.deliver({ kind: "heartbeat-acknowledged" }), false);
});
