// Off is off: no listening socket and no link of the Home's process remains, and the work goes on locally.
import assert from "node:assert/strict";
import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import { after, before, test } from "node:test";
import { METHODS } from "#protocol/wire/client.ts";
import type { HomeClient } from "../../server/src/cli/homeClient.ts";
import { Bench, type BenchWorker } from "./bench.ts";
import { until } from "./processes.ts";

let bench: Bench;
let client: HomeClient;
let worker: BenchWorker;

before(async () => {
  bench = await Bench.open(undefined);
  await bench.serve();
  client = await bench.client();
});
after(() => bench.close());

/** The TCP sockets of a process, by the kernel's own tables: one line each. */
function tcpSocketsOf(processId: number): readonly string[] {
  const inodes = new Set<string>();
  for (const name of readdirSync(`/proc/${processId}/fd`)) {
    try {
      const inode = /^socket:\[(\d+)\]$/u.exec(readlinkSync(`/proc/${processId}/fd/${name}`))?.[1];
      if (inode !== undefined) inodes.add(inode);
    } catch {
      // Closed meanwhile.
    }
  }
  return ["tcp", "tcp6"].flatMap((table) =>
    readFileSync(`/proc/${processId}/net/${table}`, "utf8")
      .split("\n")
      .slice(1)
      .filter((line) => inodes.has(line.trim().split(/\s+/u)[9] ?? "")),
  );
}

test("a Home that never invited anybody has no TCP socket at all", (t) => {
  if (process.platform !== "linux") return t.skip("/proc is a thing of Linux");
  assert.deepEqual(tcpSocketsOf(bench.home?.processId ?? 0), []);
});

test("after clustering off no socket remains, the old port answers nobody, and local work goes on", async (t) => {
  if (process.platform !== "linux") return t.skip("/proc is a thing of Linux");
  worker = await bench.pair(client, "box");
  const homeProcess = bench.home?.processId ?? 0;
  assert.ok(tcpSocketsOf(homeProcess).length >= 2, "a listener and a link");
  assert.equal((await bench.cli(["clustering", "off"])).exitCode, 0);
  await until("every socket to be closed", () => (tcpSocketsOf(homeProcess).length === 0 ? true : undefined));
  const { exitCode, stdout } = await bench.cli(["ask", "Read this test log as JSON: 5 passed, 1 failed: a"]);
  assert.equal(exitCode, 0);
  assert.match(stdout, /"passed": 5/u);
  const away = await bench.cli(["ask", "--on", "box", "--yes", "Tell me a story."]);
  assert.notEqual(away.exitCode, 0);
  assert.match(away.stderr, /^error: .+\nfix: .+/u);
});

test("off survives a restart, and an invite turns it on again for the worker that was there", async (t) => {
  if (process.platform !== "linux") return t.skip("/proc is a thing of Linux");
  await bench.cli(["stop"]);
  await bench.home?.ended;
  const home = await bench.serve();
  assert.deepEqual(tcpSocketsOf(home.processId), []);
  const again = await bench.client();
  assert.equal(again.hello.clustering.on, false);
  await again.call(METHODS.createInvite, {});
  // The worker has dialled all the while; it waits longer and longer between tries, for at most half a minute.
  await until(
    "the worker to come back",
    async () => {
      const { nodes } = await again.call(METHODS.listNodes, {});
      return nodes.find(({ name, state }) => name === worker.name && state === "ready");
    },
    60_000,
  );
});
