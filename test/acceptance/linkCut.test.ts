// A link that breaks and comes back mid-run: no byte of output is lost or doubled, and the job never notices.
import assert from "node:assert/strict";
import { once } from "node:events";
import { connect, createServer, type Server, type Socket } from "node:net";
import { after, before, test } from "node:test";
import type { EpisodeId } from "#protocol/ids.ts";
import { METHODS } from "#protocol/wire/client.ts";
import type { EpisodeView } from "#protocol/wire/clientViews.ts";
import type { HomeClient } from "../../server/src/cli/homeClient.ts";
import { Bench, type BenchWorker, command, finished, offload, outputOf, sandboxProblem, timeline } from "./bench.ts";
import { pause, until } from "./processes.ts";

const LINES = 240;
const PRINT_LINES = ["sh", "-c", `for i in $(seq ${LINES}); do echo line $i; sleep 0.01; done`];
const ALL_LINES = Array.from({ length: LINES }, (_, at) => `line ${at + 1}\n`).join("");

/** Stands between worker and Home, and cuts every connection when told. */
class CuttableProxy {
  port = 0;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();

  constructor(target: () => number) {
    this.#server = createServer((near) => {
      const far = connect(target(), "127.0.0.1");
      for (const [from, to] of [
        [near, far],
        [far, near],
      ] as const) {
        this.#sockets.add(from);
        from.on("error", () => to.destroy());
        from.on("close", () => {
          this.#sockets.delete(from);
          to.destroy();
        });
        from.pipe(to);
      }
    });
  }

  async listen(): Promise<void> {
    this.#server.listen(0, "127.0.0.1");
    await once(this.#server, "listening");
    const address = this.#server.address();
    if (typeof address === "object" && address !== null) this.port = address.port;
  }

  get connections(): number {
    return this.#sockets.size;
  }

  cut(): void {
    for (const socket of this.#sockets) socket.resetAndDestroy();
  }

  close(): void {
    this.cut();
    this.#server.close();
  }
}

let bench: Bench;
let client: HomeClient;
let worker: BenchWorker;
let proxy: CuttableProxy;
let homePort = 0;
let noSandbox: string | undefined;

before(async () => {
  bench = await Bench.open(undefined);
  await bench.serve();
  client = await bench.client();
  noSandbox = await sandboxProblem(client);
  proxy = new CuttableProxy(() => homePort);
  await proxy.listen();
  homePort = await freePort();
  const addresses = [`127.0.0.1:${proxy.port}`];
  worker = await bench.pair(client, "box", { listenHost: "127.0.0.1", listenPort: homePort, addresses });
});
after(async () => {
  proxy.close();
  await bench.close();
});

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  await once(server, "close");
  return typeof address === "object" && address !== null ? address.port : 0;
}

async function producedAtLeast(id: EpisodeId, bytes: number): Promise<void> {
  await until(`${bytes} bytes of output`, async () => {
    const { produced } = await client.call(METHODS.showEpisode, { episodeId: id });
    return produced.some((each) => each.bytes >= bytes) ? true : undefined;
  });
}

async function assertWhole(episode: EpisodeView): Promise<void> {
  assert.deepEqual(episode.outcome, { kind: "exited", exitCode: 0 });
  assert.equal(await outputOf(client, episode), ALL_LINES);
  const ranges = (await timeline(client, episode.episodeId)).flatMap(({ output }) => output ?? []);
  let nextByte = 0;
  for (const { fromByte, bytes } of ranges) {
    assert.equal(fromByte, nextByte);
    nextByte += bytes;
  }
}

test("a link that is cut three times mid-run resumes with no byte lost or doubled", async (t) => {
  if (noSandbox !== undefined) return t.skip(`bubblewrap: ${noSandbox}`);
  const id = await offload(client, "box", command(PRINT_LINES));
  for (const bytes of [200, 800, 1_400]) {
    await producedAtLeast(id, bytes);
    assert.ok(proxy.connections > 0);
    proxy.cut();
  }
  await assertWhole(await finished(client, id));
  const lost = (await timeline(client)).filter(({ kind }) => kind === "NodeLost");
  assert.deepEqual(lost, []);
});

test("a worker that stands still for less than its time-to-live goes on as if nothing had been", async (t) => {
  if (noSandbox !== undefined) return t.skip(`bubblewrap: ${noSandbox}`);
  const id = await offload(client, "box", command(PRINT_LINES));
  await producedAtLeast(id, 200);
  worker.program.signal("SIGSTOP");
  // Half a second of the six that the Home waits: the pause is the subject here.
  await pause(500);
  worker.program.signal("SIGCONT");
  await assertWhole(await finished(client, id));
});
