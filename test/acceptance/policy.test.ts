// The policy in real processes, by the commands that a person types: a posture, a rule that lets a worker receive unasked, the
// same after a killed Home, a workspace that forbids, and a file that cannot be read.
import assert from "node:assert/strict";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { METHODS } from "#protocol/wire/client.ts";
import { Bench, nodeInState, sandboxProblem } from "./bench.ts";

const RUN = ["run", "--on", "box", "--", "sh", "-c", "echo done"];
const TRUSTING = `{
  // One worker that I trust.
  "version": 1,
  "name": "mine",
  "nodes": [{ "node": "box", "trusted": true }],
  "rules": [
    {
      "id": "box-may-receive",
      "effect": "allow",
      "actions": ["offload"],
      "destination": { "trusted": true },
      "reason": "It is my own machine."
    }
  ]
}`;

test("a rule lets a trusted worker receive unasked, over a killed Home, until the workspace forbids it", async (t) => {
  const bench = await Bench.open(t);
  const home = await bench.serve();
  const client = await bench.client();
  const problem = await sandboxProblem(client);
  if (problem !== undefined) return t.skip(problem);
  await bench.pair(client, "box");
  const explained = await bench.cli(["policy", "explain", "--to", "box"]);
  assert.deepEqual([explained.exitCode, /offload-asks/u.test(explained.stdout)], [74, true], explained.stderr);

  const file = join(bench.workspace, "mine.jsonc");
  writeFileSync(file, TRUSTING.replace('"name": "mine",', '"name": "mine"'));
  const broken = await bench.cli(["policy", "adopt", "mine.jsonc"]);
  assert.deepEqual([broken.exitCode, /:5:3 expects a comma/u.test(broken.stderr)], [90, true], broken.stderr);
  writeFileSync(file, TRUSTING);
  const adopted = await bench.cli(["policy", "adopt", "mine.jsonc"]);
  assert.equal(adopted.exitCode, 0, adopted.stderr);

  const allowed = await bench.cli(RUN);
  assert.equal(allowed.exitCode, 0, allowed.stderr);
  assert.match(allowed.stderr, /Not asked: the policy's rule box-may-receive allows it\./u);
  await home.kill();
  await bench.serve();
  const after = await bench.client();
  await nodeInState(after, "box", "ready");
  assert.match((await bench.cli(["policy", "show"])).stdout, /One worker that I trust/u);
  assert.equal((await bench.cli(RUN)).exitCode, 0);
  const { rows } = await after.call(METHODS.listEgress, {});
  assert.deepEqual(
    rows.map((row) => [row.decision, row.reason_code, row.lease_id !== null, row.received_digest === row.digest]),
    [0, 1].map(() => ["allow", "policy", true, true]),
  );

  const workspacePolicy = join(bench.workspace, ".arw", "policy.jsonc");
  mkdirSync(join(bench.workspace, ".arw"));
  writeFileSync(workspacePolicy, '{ "version": 1, "name": "here", "gates": { "noEgress": true }, "rules": [] }');
  const denied = await bench.cli(RUN);
  assert.deepEqual([denied.exitCode, /never sends anything out/u.test(denied.stderr)], [75, true], denied.stderr);
  writeFileSync(workspacePolicy, "{ broken");
  const unreadable = await bench.cli(RUN);
  assert.equal(unreadable.exitCode, 75);
  assert.match(unreadable.stderr, /\.arw\/policy\.jsonc:1:3/u);
  rmSync(workspacePolicy);
  // Whoever can take the file away must not loosen what it forbade: that ends with what the owner adopts next.
  assert.equal((await bench.cli(RUN)).exitCode, 75);
  assert.match((await bench.cli(["policy", "show"])).stdout, /The file is gone\. What it forbade counts until/u);
  const confirmed = await bench.cli(["policy", "adopt", "mine.jsonc"]);
  assert.equal(confirmed.exitCode, 0, confirmed.stderr);
  assert.equal((await bench.cli(RUN)).exitCode, 0);

  const posture = await bench.cli(["policy", "use", "local-only"]);
  assert.equal(posture.exitCode, 0, posture.stderr);
  assert.equal((await bench.cli(RUN)).exitCode, 75);
  assert.equal((await bench.cli(["run", "--on", "local", "--", "true"])).exitCode, 0);
  const history = await bench.cli(["policy", "history"]);
  assert.match(history.stdout, /local-only[^]*mine/u);
});
