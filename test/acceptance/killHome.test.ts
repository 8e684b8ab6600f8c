// Twenty times kill -9 of a real Home under load: whatever it told anybody is there afterwards, and the journal is whole.
// The clients keep every reply and every entry they were shown; each restart is held against all of them.
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { join } from "node:path";
import { after, before, test } from "node:test";
import * as z from "zod";
import { openNodeFileSystem } from "#platform/files/nodeFileSystem.ts";
import type { EpisodeId } from "#protocol/ids.ts";
import { sequence } from "#protocol/quantities.ts";
import type { TimelineEntry } from "#protocol/timeline.ts";
import { METHODS } from "#protocol/wire/client.ts";
import type { EpisodeRequest } from "#protocol/wire/clientViews.ts";
import { verifyJournal } from "../../server/src/adapters/journal/verifyJournal.ts";
import type { JournalReport } from "../../server/src/cli/cliHost.ts";
import type { HomeClient } from "../../server/src/cli/homeClient.ts";
import { Bench, type BenchWorker, command, nodeInState, sandboxProblem, timeline } from "./bench.ts";
import { pause, until } from "./processes.ts";

const KILLS = 20;
const CLIENTS = 3;
/** A Home whose slots are full is asked again a little later: asking all the time would only load the test itself. */
const BUSY_PAUSE_MS = 10;
const reportSchema = z.looseObject({ report: z.looseObject({ kind: z.string() }) });

let bench: Bench;
let worker: BenchWorker;
let noSandbox: string | undefined;

before(async () => {
  bench = await Bench.open(undefined);
  await bench.serve();
  const client = await bench.client();
  noSandbox = await sandboxProblem(client);
  worker = await bench.pair(client, "box");
});
after(() => bench.close());

/** The verdict of `arw-home journal verify`, without a process each time. */
async function verified(): Promise<JournalReport> {
  const fileSystem = await openNodeFileSystem(join(bench.homeFolder, "journal"));
  try {
    return await verifyJournal(fileSystem);
  } finally {
    await fileSystem.close();
  }
}

/** Everything the Home ever said, by whoever it was said to. */
class Told {
  readonly episodes = new Set<EpisodeId>();
  readonly entries = new Map<string, string>();
  lastSequence = 0;

  entry(entry: TimelineEntry): void {
    const key = `${entry.sequence}.${entry.index}`;
    const digest = digestOf(entry);
    const before = this.entries.get(key);
    assert.ok(before === undefined || before === digest, `entry ${key} is not what it was`);
    this.entries.set(key, digest);
    this.lastSequence = Math.max(this.lastSequence, entry.sequence);
  }
}

/** Where and under which name a thing happened may be learned later; what happened may not change. */
function digestOf({ where: _where, text: _text, ...entry }: TimelineEntry): string {
  return createHash("sha256").update(JSON.stringify(entry)).digest("hex");
}

/** Starts episodes one after the other until the Home is gone. */
async function load(client: HomeClient, told: Told, number: number): Promise<void> {
  const ask: EpisodeRequest = { kind: "ask", prompt: `Read this test log as JSON: ${number} passed, 0 failed` };
  const requests = noSandbox === undefined ? [command(["echo", String(number)]), ask] : [ask];
  for (let turn = number; ; turn++) {
    const request = requests[turn % requests.length] ?? ask;
    try {
      const started = await client.call(METHODS.startEpisode, { request, on: "local" });
      told.episodes.add(started.episodeId);
      told.lastSequence = Math.max(told.lastSequence, started.sequence);
    } catch {
      // Either it is gone, or it has as much as it takes: it will be gone soon.
      if (await isGone(client)) return;
      await pause(BUSY_PAUSE_MS);
    }
  }
}

async function isGone(client: HomeClient): Promise<boolean> {
  return client.call(METHODS.listEpisodes, {}).then(
    () => false,
    () => true,
  );
}

test("twenty times kill -9 under load loses nothing that was acknowledged", async () => {
  const told = new Told();
  for (let kill = 1; kill <= KILLS; kill++) {
    const clients = await Promise.all(Array.from({ length: CLIENTS }, () => bench.client()));
    const [follower] = clients;
    assert.ok(follower !== undefined);
    let shown = 0;
    follower.onTimelinePage((page) => {
      for (const entry of page.entries) told.entry(entry);
      shown += page.entries.length;
    });
    await follower.call(METHODS.followTimeline, { fromSequence: sequence(told.lastSequence + 1) });
    const loads = clients.map((client, at) => load(client, told, kill * CLIENTS + at));
    // A different moment each time: in the middle of starts, outputs, ends.
    await until(`${kill}: entries`, () => (shown >= 5 + ((kill * 7) % 23) ? true : undefined));
    await bench.home?.kill();
    await Promise.all(loads);
    for (const client of clients) client[Symbol.dispose]();

    const left = await verified();
    // A tail that was never acknowledged may be torn; anything else is damage.
    assert.ok(left.kind !== "corrupt");
    assert.ok(left.lastSequence >= told.lastSequence);
    await bench.serve();
    const client = await bench.client();
    const entries = await timeline(client);
    const durable = new Map(entries.map((entry) => [`${entry.sequence}.${entry.index}`, digestOf(entry)]));
    for (const [key, digest] of told.entries) assert.equal(durable.get(key), digest, `entry ${key} after kill ${kill}`);
    const started = new Set(entries.flatMap(({ kind, corrId }) => (kind === "EpisodeStarted" ? (corrId ?? []) : [])));
    for (const id of told.episodes) assert.ok(started.has(id), `${id} after kill ${kill}`);
    client[Symbol.dispose]();
  }
  assert.ok(told.episodes.size >= KILLS && told.entries.size >= KILLS * 5);
});

test("afterwards the worker has come back by itself, and every episode has ended", async () => {
  const client = await bench.client();
  await nodeInState(client, worker.name, "ready");
  await until("every episode to end", async () => {
    const { episodes } = await client.call(METHODS.listEpisodes, {});
    return episodes.every(({ state }) => state === "finished") ? true : undefined;
  });
  const [verdict] = await bench.facts(["journal", "verify"], "journal-report", reportSchema);
  assert.equal(verdict?.report.kind, "ok");
});
