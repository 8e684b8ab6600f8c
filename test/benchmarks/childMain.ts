// The program of every process beside a benchmark, by its first word: our worker with an engine that answers at once, the
// far end of the floors, or the worker of the peer queue. It decides nothing; it runs until it is killed.
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { Agent, get } from "node:https";
import { connect } from "node:net";
import { Worker } from "bullmq";
import { WebSocket } from "ws";
import { parseInvite } from "#protocol/wire/inviteText.ts";
import { epochMs } from "#protocol/quantities.ts";
import { LEAF_DNS_NAME } from "#platform/identity/tlsLeaf.ts";
import { enrol } from "../../worker-companion/src/adapters/dial/enrol.ts";
import { startWorker } from "../../worker-companion/src/adapters/runningWorker.ts";
import { openWorkerLog } from "../../worker-companion/src/adapters/workerLog.ts";
import { openWorkerFolder } from "../../worker-companion/src/adapters/workerFolder.ts";
import { instantEngines } from "../simulation/instantEngine.ts";
import { TEST_REDACTOR } from "../simulation/testRedaction.ts";

const SLOTS = 8;
const NAME = "box";

const [, , role = "", first = "", second] = process.argv;
// A benchmark that was killed takes its processes along.
const parent = process.ppid;
setInterval(() => {
  if (process.ppid !== parent) process.exit(0);
}, 1_000);
await roleOf(role)();

function roleOf(word: string): () => Promise<unknown> {
  switch (word) {
    case "worker":
      return () => work(first, second);
    case "floor-peer":
      return async () => answerFloors(Number(first), second ?? "");
    case "queue-worker":
      return async () => new Worker(first, async () => "done", { connection: { path: second }, concurrency: SLOTS });
    case "socket-holder":
      return async () => connect(Number(first), "127.0.0.1");
    default:
      throw new Error(`no role ${word}`);
  }
}

/** Joins where an invite is given, then runs as `arw-worker run` does. */
async function work(path: string, inviteText: string | undefined): Promise<void> {
  const now = (): ReturnType<typeof epochMs> => epochMs(Date.now());
  const folder = await openWorkerFolder(path);
  if (inviteText !== undefined) {
    const terms = {
      identity: folder.identity,
      leaf: await folder.freshLeaf(now()),
      name: NAME,
      now,
      onWords: () => undefined,
    };
    const membership = await enrol(parseInvite(inviteText), terms, new AbortController().signal);
    await folder.saveMembership({ ...membership, name: NAME });
  }
  const membership = await folder.membership();
  if (membership === undefined) throw new Error("this worker belongs to no Home");
  const log = openWorkerLog(path, () => new Date(), TEST_REDACTOR);
  const running = await startWorker({
    folder,
    membership,
    slots: SLOTS,
    engines: () => instantEngines(),
    onChange: () => undefined,
    log: (fact, detail) => log.write(fact, detail),
  });
  await running.done;
}

/** Echoes every binary message over mutual TLS; a text names a path, which is fetched, hashed and answered by its digest. */
function answerFloors(port: number, keysFolder: string): void {
  const key = readFileSync(`${keysFolder}/client.key`);
  const cert = readFileSync(`${keysFolder}/client.crt`);
  const ca = readFileSync(`${keysFolder}/server.crt`);
  const tls = { host: "127.0.0.1", port, key, cert, ca, servername: LEAF_DNS_NAME, minVersion: "TLSv1.3" } as const;
  const agent = new Agent({ ...tls, keepAlive: true });
  const socket = new WebSocket(`wss://127.0.0.1:${port}`, { ...tls, perMessageDeflate: false });
  socket.on("message", (data, isBinary) => {
    if (!Buffer.isBuffer(data)) throw new Error("a message came in parts");
    if (isBinary) return socket.send(data);
    get({ ...tls, path: data.toString("utf8"), agent }, (response) => {
      const hash = createHash("sha256");
      response.on("data", (chunk: Buffer) => hash.update(chunk));
      response.on("end", () => socket.send(hash.digest("hex")));
    });
  });
}
