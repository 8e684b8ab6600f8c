// What leaves only after the owner's yes: before it, after a no, and for a program that is not the owner.
// The worker's disk and the ledger are looked at, not what anybody says about them.
import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { ArwError } from "#protocol/errors.ts";
import { episodeId, type EpisodeId, type PreviewId } from "#protocol/ids.ts";
import { METHODS } from "#protocol/wire/client.ts";
import type { HomeClient } from "../../server/src/cli/homeClient.ts";
import { Bench, type BenchWorker, command, filesBelow, finished, nodeNamed, timeline } from "./bench.ts";
import { RawClient } from "./rawClient.ts";

const LOCAL_ONLY = readFileSync("server/src/adapters/policy/postures/local-only.jsonc", "utf8");

let bench: Bench;
let client: HomeClient;
let worker: BenchWorker;

before(async () => {
  bench = await Bench.open(undefined);
  await bench.serve();
  client = await bench.client();
  worker = await bench.pair(client, "box");
});
after(() => bench.close());

async function previewed(): Promise<{ readonly episodeId: EpisodeId; readonly previewId: PreviewId }> {
  // An ask needs no sandbox, so this holds on every machine.
  const request = { kind: "ask", prompt: "Read this test log as JSON: 3 passed, 0 failed" } as const;
  const started = await client.call(METHODS.startEpisode, { request, on: "box" });
  assert.ok(started.previewId !== undefined);
  return { episodeId: started.episodeId, previewId: started.previewId };
}

function jobBytesAtWorker(): readonly string[] {
  const folders = ["blobs", "jobs"]
    .map((name) => join(worker.state, "worker", name))
    .filter((path) => existsSync(path));
  // The sandbox's own /etc files are made by its probe and hold nothing of a job.
  return folders.flatMap(filesBelow).flatMap(({ path }) => (/\/jobs\/identity\//u.test(path) ? [] : [path]));
}

test("before the yes not one byte of the job is at the worker, and the worker knows of no job", async () => {
  const { episodeId: id, previewId } = await previewed();
  const held = await client.call(METHODS.readPreview, { previewId });
  assert.equal(held.state, "waiting");
  assert.deepEqual(jobBytesAtWorker(), []);
  const kinds = (await timeline(client, id)).map(({ kind }) => kind);
  for (const sent of ["JobOffered", "LeaseGranted", "EgressRecorded"]) assert.ok(!kinds.includes(sent), sent);
  await client.call(METHODS.cancelEpisode, { episodeId: id });
  assert.equal((await finished(client, id)).outcome?.kind, "cancelled");
});

test("a no leaves no byte, and a record of the no", async () => {
  const { episodeId: id, previewId } = await previewed();
  await client.call(METHODS.denyEgress, { previewId, reason: "not today" });
  await finished(client, id);
  assert.deepEqual(jobBytesAtWorker(), []);
  const { rows } = await client.call(METHODS.listEgress, {});
  const own = rows.filter((row) => row.corr_id === id);
  assert.deepEqual(
    own.map(({ decision, bytes_out: out, lease_id: lease }) => ({ decision, out, lease })),
    [{ decision: "deny", out: 0, lease: null }],
  );
  const late = client.call(METHODS.approveEgress, {
    previewId,
    digest: (await client.call(METHODS.readPreview, { previewId })).digest,
  });
  await assert.rejects(late, ArwError);
  assert.deepEqual(jobBytesAtWorker(), []);
});

test("an approval of anything but the preview that was shown is refused", async () => {
  const { episodeId: id, previewId } = await previewed();
  const other = await previewed();
  const { digest } = await client.call(METHODS.readPreview, { previewId: other.previewId });
  await assert.rejects(client.call(METHODS.approveEgress, { previewId, digest }), ArwError);
  assert.deepEqual(jobBytesAtWorker(), []);
  for (const each of [id, other.episodeId]) await client.call(METHODS.cancelEpisode, { episodeId: each });
});

test("another program of the same user cannot do what needs the owner, over the raw socket either", async () => {
  const { episodeId: id, previewId } = await previewed();
  const { digest } = await client.call(METHODS.readPreview, { previewId });
  const node = await nodeNamed(client, "box");
  const reason = "because";
  const raw = await RawClient.open(bench.socketPath);
  try {
    assert.equal((await raw.call("home/hello", { v: 1, client: "stranger" })).code, undefined);
    const budget = { uses: 1, bytes: 1 };
    const terms = { paths: ["**"], ceiling: "internal", budget, leaseMs: 1 };
    const attempts: readonly (readonly [string, object])[] = [
      ["egress/approve", { previewId, digest }],
      ["invite/create", {}],
      ["node/approve", { nodeId: node.nodeId }],
      ["node/refuse", { nodeId: node.nodeId, reason }],
      ["node/revoke", { nodeId: node.nodeId, reason }],
      ["lease/grant", { nodeId: node.nodeId, job: "command", terms, reason }],
      ["lease/revoke", { leaseId: `lease_${"a".repeat(26)}`, reason }],
      ["proposal/apply", { proposalId: `prop_${"a".repeat(26)}`, digest }],
      ["result/show", { episodeId: id }],
      ["result/review", { episodeId: id, verdict: "accepted" }],
      ["staged/approve", { items: [{ stagedId: `staged_${"a".repeat(26)}`, digest }] }],
      ["staged/reject", { stagedId: `staged_${"a".repeat(26)}`, digest, reason }],
      ["clustering/turnOn", {}],
      ["clustering/turnOff", {}],
      ["offloads/resume", {}],
      ["neverLeaves/unmark", { globs: ["secrets/"] }],
      ["classes/declare", { paths: ["docs"], classification: "public" }],
      ["classes/clear", { paths: ["docs"] }],
      ["policy/adopt", { text: LOCAL_ONLY }],
      ["policy/use", { posture: "trusted-workers" }],
      ["home/stop", {}],
      ["storage/collect", { dryRun: true }],
    ];
    const owners = Object.values(METHODS).flatMap(({ name, owner }) => (owner ? [name] : []));
    assert.deepEqual(new Set(attempts.map(([name]) => name)), new Set(owners));
    const staging = new Set(Object.values(METHODS).flatMap(({ name, stages }) => (stages ? [name] : [])));
    for (const [name, params] of attempts) {
      const { code } = await raw.call(name, params);
      // What stages becomes a question to the owner; there is no such proposal to ask about.
      const asked = name === "proposal/apply" ? "proposal-unknown" : "waits-for-owner";
      assert.equal(code, staging.has(name) ? asked : "owner-session-required", name);
    }
    assert.equal((await raw.call("home/openOwnerSession", { secret: "arw-owner-guess" })).code, "owner-secret-wrong");
    assert.equal((await raw.call("egress/approve", { previewId, digest })).code, "owner-session-required");
  } finally {
    raw.close();
  }
  const withoutSecret = await bench.cli(["egress", "approve", previewId, "--yes"], { ARW_OWNER_SECRET: undefined });
  assert.equal(withoutSecret.exitCode, 73);
  assert.equal((await client.call(METHODS.readPreview, { previewId })).state, "waiting");
  assert.deepEqual(jobBytesAtWorker(), []);
  await client.call(METHODS.cancelEpisode, { episodeId: id });
});

test("without a terminal the command waits for an approval and says how to give it", async () => {
  const { exitCode, stderr } = await bench.cli(["ask", "--on", "box", "Tell me a story."]);
  assert.equal(exitCode, 74);
  assert.match(stderr, /arw-home egress approve prev_/u);
  const { episodes } = await client.call(METHODS.listEpisodes, {});
  assert.ok(episodes.some(({ state }) => state === "waiting-for-approval"));
});

test("a command line with a secret in it does not leave", async () => {
  const secret = bench.secrets[0] ?? "";
  const refused = client.call(METHODS.startEpisode, { request: command(["echo", secret]), on: "box" });
  await assert.rejects(refused, (error: unknown) => {
    assert.ok(error instanceof ArwError);
    return !error.message.includes(secret) && !error.advice.includes(secret);
  });
  const unknown = episodeId.from(new Uint8Array(17));
  await assert.rejects(client.call(METHODS.showEpisode, { episodeId: unknown }), { code: "episode-unknown" });
});
