// A scoped lease in real processes: granted with an approval, used without a question, kept over a killed Home, asked again
// past its bounds with the reason, and gone at once when it is revoked.
import assert from "node:assert/strict";
import { test } from "node:test";
import { METHODS } from "#protocol/wire/client.ts";
import type { LeaseView } from "#protocol/wire/clientViews.ts";
import { Bench, nodeInState, sandboxProblem, timeline } from "./bench.ts";

const RUN = ["run", "--on", "box"];
const WORK = ["--", "sh", "-c", "echo done"];

test("a lease covers jobs without a question, over a killed Home, and not one past its bounds", async (t) => {
  const bench = await Bench.open(t);
  const home = await bench.serve();
  const before = await bench.client();
  const problem = await sandboxProblem(before);
  if (problem !== undefined) return t.skip(problem);
  await bench.pair(before, "box");

  const first = await bench.cli([...RUN, "--yes", "--lease", "uses=3,minutes=30,bytes=5MB", ...WORK]);
  assert.equal(first.exitCode, 0, first.stderr);
  assert.match(first.stderr, /Until — up to 3 jobs of this kind, this one included; 5 MB in all; internal files/u);
  const granted = await onlyLease(bench);
  assert.deepEqual([granted.state, granted.usesLeft, granted.node], ["live", 2, "box"]);

  const second = await bench.cli([...RUN, ...WORK]);
  assert.equal(second.exitCode, 0, second.stderr);
  assert.match(second.stderr, new RegExp(`Not asked: ${granted.lease.leaseId} covers it; 1 of 3 jobs, `, "u"));

  await home.kill();
  await bench.serve();
  await nodeInState(await bench.client(), "box", "ready");
  const kept = await onlyLease(bench);
  assert.deepEqual([kept.state, kept.usesLeft], ["live", 1]);
  assert.ok(kept.remainingMs <= granted.remainingMs, "the time that remains never grows");

  const narrow = await bench.cli(["ask", "--on", "box", "hello"]);
  assert.deepEqual([narrow.exitCode, /it is for jobs of another kind/u.test(narrow.stderr)], [74, true], narrow.stderr);
  const third = await bench.cli([...RUN, ...WORK]);
  assert.equal(third.exitCode, 0, third.stderr);
  const fourth = await bench.cli([...RUN, ...WORK]);
  assert.deepEqual([fourth.exitCode, /its uses are spent/u.test(fourth.stderr)], [74, true], fourth.stderr);

  const client = await bench.client();
  const { rows } = await client.call(METHODS.listEgress, {});
  assert.deepEqual(
    rows.map((row) => [row.decision, row.reason_code, row.lease_id, row.received_digest === row.digest]),
    ["approved-scoped", "lease", "lease"].map((reason) => ["allow", reason, granted.lease.leaseId, true]),
  );
  const texts = (await timeline(client)).map(({ text }) => text);
  assert.ok(texts.some((text) => text.startsWith(`Lease ${granted.lease.leaseId} covers this`)));
});

test("a lease that is granted alone and revoked covers nothing more", async (t) => {
  const bench = await Bench.open(t);
  await bench.serve();
  const client = await bench.client();
  const problem = await sandboxProblem(client);
  if (problem !== undefined) return t.skip(problem);
  await bench.pair(client, "box");
  const granting = ["lease", "grant", "box", "uses=9,bytes=5MB", "--for", "command"];
  assert.equal((await bench.cli(granting, { ARW_OWNER_SECRET: "guessed" })).exitCode, 73);
  const granted = await bench.cli(granting);
  assert.equal(granted.exitCode, 0, granted.stderr);
  assert.equal((await bench.cli([...RUN, ...WORK])).exitCode, 0);
  const { lease } = await onlyLease(bench);
  assert.equal((await bench.cli(["lease", "revoke", lease.leaseId])).exitCode, 0);
  const asked = await bench.cli([...RUN, ...WORK]);
  assert.deepEqual([asked.exitCode, /it was revoked/u.test(asked.stderr)], [74, true], asked.stderr);
  const shown = await bench.cli(["leases", "--all"]);
  assert.match(shown.stdout, /8 of 9 .*✗ revoked/u);
});

async function onlyLease(bench: Bench): Promise<LeaseView> {
  const { leases } = await (await bench.client()).call(METHODS.listLeases, {});
  const [lease, ...more] = leases;
  assert.ok(lease !== undefined && more.length === 0);
  return lease;
}
