// kill -9 of a real Home under load, again and again over the same state folder: no acknowledged episode is lost, the
// journal is whole, the Home is ready again, and every episode ends exactly once.
import assert from "node:assert/strict";
import { test } from "node:test";
import { openNodeFileSystem } from "#platform/files/nodeFileSystem.ts";
import type { EpisodeId } from "#protocol/ids.ts";
import { METHODS } from "#protocol/wire/client.ts";
import { join } from "node:path";
import { verifyJournal } from "../../server/src/adapters/journal/verifyJournal.ts";
import { Bench, timeline } from "../acceptance/bench.ts";
import { pause, until } from "../acceptance/processes.ts";
import { type Chance, chanceOf, seedsOf } from "../simulation/chance.ts";
import { soaked } from "../simulation/soak.ts";
import { loadUntilGone } from "./homeLoad.ts";

const KILLS: number = soaked(50);
const CLIENTS = 3;
/** From before its first answer to well into the load. */
const LIFE_MS_MAX = 250;

/** Homes of their own workspaces, side by side: a kill mostly waits for the next start. */
const LANES = 2;

test(`${KILLS} kills of a Home under load lose nothing that it acknowledged`, {
  timeout: KILLS * 20_000,
}, async (t) => {
  const [seed = 1] = seedsOf(0);
  t.diagnostic(`seed ${seed}`);
  const lanes = Array.from({ length: LANES }, async (_, lane) => {
    const bench = await Bench.open(t);
    const acknowledged = await killAgainAndAgain(bench, chanceOf(seed + lane), KILLS / LANES);
    t.diagnostic(await checkAll(bench, acknowledged));
    assert.ok(acknowledged.size >= KILLS / LANES, "the load was too light to prove anything");
  });
  await Promise.all(lanes);
});

async function killAgainAndAgain(bench: Bench, chance: Chance, kills: number): Promise<ReadonlySet<EpisodeId>> {
  const acknowledged = new Set<EpisodeId>();
  for (let kill = 0; kill < kills; kill++) {
    const home = await bench.serve();
    const clients = await Promise.all(Array.from({ length: CLIENTS }, () => bench.client()));
    const loads = clients.map((client) => loadUntilGone(client, acknowledged));
    await pause(chance.below(LIFE_MS_MAX));
    await home.kill();
    await Promise.all(loads);
  }
  return acknowledged;
}

async function checkAll(bench: Bench, acknowledged: ReadonlySet<EpisodeId>): Promise<string> {
  await bench.serve();
  const client = await bench.client();
  const { finished, started } = await until("every episode to end", async () => {
    const entries = await timeline(client);
    const idsOf = (kind: string) => entries.filter((entry) => entry.kind === kind).map((entry) => entry.corrId);
    const ids = { finished: idsOf("EpisodeFinished"), started: new Set(idsOf("EpisodeStarted")) };
    return ids.finished.length >= ids.started.size ? ids : undefined;
  });
  for (const episode of acknowledged) assert.ok(started.has(episode), `${episode} was acknowledged and is lost`);
  assert.equal(new Set(finished).size, finished.length, "an episode ended twice");
  const { episodes } = await client.call(METHODS.listEpisodes, {});
  assert.equal(episodes.length, Math.min(started.size, 1_000));
  await bench.cli(["stop"]);
  const fileSystem = await openNodeFileSystem(join(bench.homeFolder, "journal"));
  assert.equal((await verifyJournal(fileSystem)).kind, "ok");
  await fileSystem.close();
  return `${acknowledged.size} acknowledged episodes, ${started.size} in the journal`;
}
