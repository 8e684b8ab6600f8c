// Row "offload against BullMQ": from the submit, with a scoped lease in hand, to the durable end of a job on our worker, beside
// add → result of a job queue on a Redis that keeps nothing. Theirs has no TLS, no journal, no policy and no receipt.
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { Queue, QueueEvents } from "bullmq";
import { LEASE_USES_MAX } from "#protocol/lease.ts";
import { BenchHome, question } from "../benchHome.ts";
import { Child } from "../child.ts";
import { TOLERANCE_UNALIKE } from "../gate.ts";
import { alternating, type Measured, type Row, type Scale, timed, type Unmeasured } from "../measure.ts";

const NAME = "offload against BullMQ";
const QUEUE = "bench";
const POLL_MS = 20;
const REDIS_PATIENCE_MS = 5_000;

export const jobQueue: Row = { name: NAME, run };

async function run(scale: Scale): Promise<readonly (Measured | Unmeasured)[]> {
  if (spawnSync("redis-server", ["--version"], { stdio: "ignore" }).status !== 0) {
    return [{ name: NAME, reason: "redis-server is not installed: apt-get install redis-server" }];
  }
  const path = join(scale.folder("redis"), "socket");
  const redis = await startRedis(path);
  try {
    return await measure(scale, path);
  } finally {
    redis.kill("SIGKILL");
  }
}

async function measure({ quick, folder }: Scale, path: string): Promise<readonly Measured[]> {
  const home = await BenchHome.open(folder("home"));
  const worker = await home.pair();
  const theirWorker = Child.start("queue-worker", [QUEUE, path]);
  const queue = new Queue(QUEUE, { connection: { path } });
  const events = new QueueEvents(QUEUE, { connection: { path } });
  await Promise.all([queue.waitUntilReady(), events.waitUntilReady()]);
  let [asked, offloaded] = [0, 0];
  const ours = async (): Promise<number> => {
    if (offloaded++ % LEASE_USES_MAX === 0) await home.lend();
    const asking = question(asked++);
    return timed(() => home.offload(asking, "EpisodeFinished"));
  };
  const theirs = (): Promise<number> =>
    timed(async () => {
      const job = await queue.add("ask", question(asked++), { removeOnComplete: { count: 1_000 } });
      await job.waitUntilFinished(events);
    });
  const turns = await alternating({ quick }, quick ? 80 : 1_000, ours, theirs);
  await Promise.all([queue.close(), events.close()]);
  await theirWorker.end();
  await worker.end();
  await home.close();
  const floorName = "BullMQ on Redis, add → result";
  return [
    {
      name: NAME,
      floorName,
      goal: { kind: "at-most", ratio: 1 },
      quantile: 0.5,
      unit: "ms",
      tolerance: TOLERANCE_UNALIKE,
      ...turns,
    },
  ];
}

/** On a socket of its own, in memory only. */
async function startRedis(path: string): Promise<ChildProcess> {
  const words = ["--port", "0", "--unixsocket", path, "--save", "", "--appendonly", "no"];
  const redis = spawn("redis-server", words, { stdio: "ignore" });
  process.on("exit", () => redis.kill("SIGKILL"));
  for (let waitedMs = 0; !existsSync(path); waitedMs += POLL_MS) {
    if (waitedMs > REDIS_PATIENCE_MS) throw new Error("redis-server does not start");
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
  return redis;
}
