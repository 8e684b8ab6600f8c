// Row "warm offload": from the submit, with a scoped lease in hand, to the first output on the Home's disk, over a real link
// to a real worker, beside a bare round trip. Collecting, looking for secrets, the preview and the record are all in it.
import { Buffer } from "node:buffer";
import { LEASE_USES_MAX } from "#protocol/lease.ts";
import { BenchHome, question } from "../benchHome.ts";
import { FloorPeer } from "../floorPeer.ts";
import { TOLERANCE_UNALIKE } from "../gate.ts";
import { alternating, type Measured, type Row, type Scale, timed } from "../measure.ts";

const NAME = "warm offload";
/** As many bytes as the question has. */
const PAYLOAD_BYTES = 1_024;

export const warmOffload: Row = { name: NAME, run };

async function run({ quick, folder }: Scale): Promise<readonly Measured[]> {
  const home = await BenchHome.open(folder("home"));
  const worker = await home.pair();
  const peer = await FloorPeer.open(folder("floor"));
  const payload = Buffer.alloc(PAYLOAD_BYTES, "q");
  let asked = 0;
  const ours = async (): Promise<number> => {
    if (asked % LEASE_USES_MAX === 0) await home.lend();
    const asking = question(asked++);
    const from = performance.now();
    const episodeId = await home.offload(asking, "OutputAppended");
    const elapsedMs = performance.now() - from;
    await home.watch.next("EpisodeFinished", episodeId);
    return elapsedMs;
  };
  const turns = await alternating({ quick }, quick ? 80 : 1_000, ours, () => timed(() => peer.roundTrip(payload)));
  await peer.close();
  await worker.end();
  await home.close();
  const floorName = "bare `ws` mutual-TLS round trip";
  return [
    {
      name: NAME,
      floorName,
      goal: { kind: "at-most", ratio: 8 },
      quantile: 0.5,
      unit: "ms",
      tolerance: TOLERANCE_UNALIKE,
      ...turns,
    },
    {
      name: `${NAME}, p99`,
      floorName: `${floorName}, p99`,
      goal: { kind: "at-most", ratio: 20 },
      quantile: 0.99,
      unit: "ms",
      tolerance: TOLERANCE_UNALIKE,
      ...turns,
    },
  ];
}
