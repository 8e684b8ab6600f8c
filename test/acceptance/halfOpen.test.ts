// Links that look alive and are not, with real processes: one side is stopped where it stands, and the other notices by
// silence alone. Stopped for long or short, nobody is lost for good, and a Home's own sleep loses nobody.
import assert from "node:assert/strict";
import { test } from "node:test";
import * as z from "zod";
import { sequence } from "#protocol/quantities.ts";
import { METHODS } from "#protocol/wire/client.ts";
import type { HomeClient } from "../../server/src/cli/homeClient.ts";
import { Bench, nodeInState } from "./bench.ts";
import { until } from "./processes.ts";

const HEARTBEAT_MS = 200;
/** Longer than every limit at this heartbeat, and no limit of any test. */
const LONG_MS = HEARTBEAT_MS * 10;
const disconnected = z.looseObject({ reason: z.string() });

async function lossesIn(client: HomeClient): Promise<readonly string[]> {
  const { entries } = await client.call(METHODS.readTimeline, { fromSequence: sequence(0) });
  return entries.filter(({ kind }) => kind === "NodeLost").map(({ text }) => text);
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

test("a stopped worker is noticed by its silence, and is back by itself when it goes on", async (t) => {
  const bench = await Bench.open(t, { environment: { ARW_HEARTBEAT_MS: String(HEARTBEAT_MS) } });
  await bench.serve();
  const client = await bench.client();
  const worker = await bench.pair(client, "box");
  worker.program.signal("SIGSTOP");
  const node = await nodeInState(client, "box", "unreachable");
  assert.match(node.reason, /three heartbeats|link dropped/);
  await until("the loss", async () => {
    const losses = await lossesIn(client);
    return losses.some((text) => text.includes("heartbeat-missed")) ? true : undefined;
  });
  worker.program.signal("SIGCONT");
  await nodeInState(client, "box", "ready");
});

test("a stopped Home is noticed by its workers, and loses none of them to its own sleep", async (t) => {
  const bench = await Bench.open(t, { environment: { ARW_HEARTBEAT_MS: String(HEARTBEAT_MS) } });
  const home = await bench.serve();
  const client = await bench.client();
  const worker = await bench.pair(client, "box");
  home.signal("SIGSTOP");
  t.after(() => home.signal("SIGCONT"));
  const { reason } = await worker.program.fact("disconnected", disconnected);
  assert.match(reason, /heartbeat-missed/);
  // The Home sleeps on, far past its own limits: its timers are all late when it wakes.
  await pause(LONG_MS);
  home.signal("SIGCONT");
  await nodeInState(client, "box", "ready");
  assert.deepEqual(
    (await lossesIn(client)).filter((text) => text.includes("no word for three heartbeats")),
    [],
  );
});
