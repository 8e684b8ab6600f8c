// The request that runs here instead is the very one of the preview, or none.
import assert from "node:assert/strict";
import { test } from "node:test";
import { canonicalJson } from "#protocol/canonicalJson.ts";
import { decode } from "#protocol/decode.ts";
import { type Digest, digestOf, digestOfJson } from "#protocol/digest.ts";
import type { EgressPreview } from "#protocol/egress.ts";
import { episodeId, jobId, nodeId, previewId } from "#protocol/ids.ts";
import type { ChatMessage, JobSpec } from "#protocol/job.ts";
import { byteCount, durationMs } from "#protocol/quantities.ts";
import type { Method } from "#protocol/wire/client.ts";
import { sameRequest } from "./sameRequest.ts";

const ENTROPY = Buffer.alloc(32, 6);
const LIMITS = { wallMs: durationMs(60_000), memoryBytes: byteCount(1_000_000), outputBytes: byteCount(1_000_000) };

function homeOf(blobs: ReadonlyMap<Digest, Buffer>): { call<P, R>(method: Method<P, R>, params: P): Promise<R> } {
  return {
    call: async (method, params) => {
      const wanted = Object.getOwnPropertyDescriptor(params, "digest")?.value;
      const from = Number(Object.getOwnPropertyDescriptor(params, "fromByte")?.value);
      // Pages of seven bytes: no reader may count on more.
      const base64 = (blobs.get(wanted) ?? Buffer.alloc(0)).subarray(from, from + 7).toString("base64");
      const decoded = decode(method.result, { base64 });
      assert.ok(decoded.ok);
      return decoded.value;
    },
  };
}

function previewOf(payload: Digest): EgressPreview {
  return {
    kind: "egress-preview",
    previewId: previewId.from(ENTROPY),
    episodeId: episodeId.from(ENTROPY),
    jobId: jobId.from(ENTROPY),
    title: "ask",
    payload,
    payloadBytes: byteCount(1),
    items: [],
    leftOut: [],
    destination: { nodeId: nodeId.from(ENTROPY), name: "box", keyWords: ["a", "b"], carrier: "direct" },
    why: { rule: "asked-for", localAlternative: "here" },
    cost: { kind: "unknown", reason: "no card" },
    leaseMs: durationMs(1),
  };
}

function ask(messages: readonly ChatMessage[]): { readonly job: JobSpec; readonly blobs: Map<Digest, Buffer> } {
  const prompt = digestOfJson(messages);
  const job: JobSpec = {
    kind: "ask",
    model: digestOf("model"),
    prompt,
    outputTokensMax: 64,
    temperatureMilli: 100,
    seed: 3,
    limits: LIMITS,
  };
  return {
    job,
    blobs: new Map([
      [digestOfJson(job), Buffer.from(canonicalJson(job))],
      [prompt, Buffer.from(canonicalJson(messages))],
    ]),
  };
}

test("a question comes back with its prompt, its system text and the model by its digest", async () => {
  const { blobs, job } = ask([
    { role: "system", content: "Be brief." },
    { role: "user", content: "Was läuft?" },
  ]);
  assert.deepEqual(await sameRequest(homeOf(blobs), previewOf(digestOfJson(job))), {
    kind: "ask",
    prompt: "Was läuft?",
    system: "Be brief.",
    model: digestOf("model"),
    outputTokensMax: 64,
    temperatureMilli: 100,
    seed: 3,
  });
});

test("bytes of another digest, a conversation, and what is gone make no request", async () => {
  const { blobs, job } = ask([{ role: "user", content: "x" }]);
  const payload = digestOfJson(job);
  assert.equal(await sameRequest(homeOf(new Map([[payload, Buffer.from("{}")]])), previewOf(payload)), undefined);
  assert.equal(await sameRequest(homeOf(new Map()), previewOf(payload)), undefined);
  assert.equal((await sameRequest(homeOf(blobs), previewOf(payload)))?.kind, "ask");
  const talk = ask([
    { role: "user", content: "x" },
    { role: "assistant", content: "y" },
    { role: "user", content: "z" },
  ]);
  assert.equal(await sameRequest(homeOf(talk.blobs), previewOf(digestOfJson(talk.job))), undefined);
});
