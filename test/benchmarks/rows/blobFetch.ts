// Row "blob fetch": a file that the worker has never seen, from the approval until its job starts there: asked for, sent
// under the lease, hashed, durable in its store. Beside it an HTTPS GET of the same bytes that are hashed and dropped.
import { randomBytes } from "node:crypto";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { EpisodeRequest } from "#protocol/wire/clientViews.ts";
import { BenchHome } from "../benchHome.ts";
import { FloorPeer } from "../floorPeer.ts";
import { TOLERANCE_UNALIKE } from "../gate.ts";
import { alternating, type Measured, type Row, type Scale, timed } from "../measure.ts";

const NAME = "blob fetch";
const FILE_BYTES: number = 8 * 1024 * 1024;
const REQUEST: EpisodeRequest = {
  kind: "command",
  argv: ["true"],
  folder: ".",
  outputs: [],
  dependencies: { kind: "nothing" },
};

export const blobFetch: Row = { name: NAME, run };

async function run({ quick, folder }: Scale): Promise<readonly Measured[]> {
  const home = await BenchHome.open(folder("home"));
  const worker = await home.pair();
  const peer = await FloorPeer.open(folder("floor"));
  let bytes = randomBytes(FILE_BYTES);
  const ours = async (): Promise<number> => {
    bytes = randomBytes(FILE_BYTES);
    writeFileSync(join(home.workspace, "bytes.bin"), bytes);
    const waiting = await home.preview(REQUEST);
    const started = home.watch.next("JobStarted", waiting.episodeId);
    const finished = home.watch.next("EpisodeFinished", waiting.episodeId);
    const elapsedMs = await timed(() => Promise.all([waiting.approve(), started]));
    await finished;
    return elapsedMs;
  };
  const turns = await alternating({ quick }, quick ? 6 : 100, ours, () => timed(() => peer.fetched(bytes)), 2);
  await peer.close();
  await worker.end();
  await home.close();
  const floorName = "HTTPS mutual-TLS GET and SHA-256, 8 MiB";
  return [
    {
      name: NAME,
      floorName,
      goal: { kind: "at-least", ratio: 0.6 },
      quantile: 0.5,
      unit: "ms",
      tolerance: TOLERANCE_UNALIKE,
      ...turns,
    },
  ];
}
