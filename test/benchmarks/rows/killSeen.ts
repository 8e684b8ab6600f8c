// Row "kill seen": `kill -9` of a worker until the Home shows it as unreachable, beside `kill -9` of a process that holds a
// bare TCP socket until that socket closes. What its jobs come to is decided one time-to-live later, by design.
import { once } from "node:events";
import { createServer, type Server, type Socket } from "node:net";
import { BenchHome } from "../benchHome.ts";
import { Child } from "../child.ts";
import { TOLERANCE_ALIKE } from "../gate.ts";
import { alternating, type Measured, type Row, type Scale, timed } from "../measure.ts";

const NAME = "kill seen";

export const killSeen: Row = { name: NAME, run };

async function run({ quick, folder }: Scale): Promise<readonly Measured[]> {
  const home = await BenchHome.open(folder("home"));
  let worker = await home.pair();
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const ours = async (): Promise<number> => {
    const elapsedMs = await timed(async () => {
      worker.kill();
      await home.workerIs("unreachable");
    });
    await worker.end();
    worker = await home.restartWorker();
    return elapsedMs;
  };
  const turns = await alternating({ quick }, quick ? 4 : 40, ours, () => socketClosed(server), 1);
  server.close();
  await worker.end();
  await home.close();
  const floorName = "a bare TCP socket of a killed process closes";
  return [
    {
      name: NAME,
      floorName,
      goal: { kind: "at-most", ratio: 20 },
      quantile: 0.5,
      unit: "ms",
      tolerance: TOLERANCE_ALIKE,
      ...turns,
    },
  ];
}

async function socketClosed(server: Server): Promise<number> {
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("the server has no port");
  const connected = new Promise<Socket>((resolve) => server.once("connection", resolve));
  const holder = Child.start("socket-holder", [String(address.port)]);
  const socket = await connected;
  socket.on("error", () => undefined);
  socket.resume();
  const closed = once(socket, "close");
  const elapsedMs = await timed(() => {
    holder.kill();
    return closed;
  });
  await holder.end();
  return elapsedMs;
}
