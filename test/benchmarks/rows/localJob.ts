// Row "local job": a question to a local engine, from the call to its durable end, less the time of the engine itself, beside
// one append; and the same with an engine that answers at once, so that nothing of ours happens while it works.
// Clustering is off: no door is open, and everything but the engine is as it runs for a user.
import { join } from "node:path";
import { BenchHome, now, openBenchJournal, question } from "../benchHome.ts";
import { TOLERANCE_ALIKE } from "../gate.ts";
import { alternating, type Measured, type Row, type Scale, timed } from "../measure.ts";
import { sequence } from "#protocol/quantities.ts";
import { durationMs } from "#protocol/quantities.ts";
import type { JournalEvent } from "#protocol/events.ts";

const NAME = "local job";

/** Less than any engine takes: the least sandboxed command takes 21 ms. */
const WORK_MS = 5;

export const localJob: Row = { name: NAME, run };

async function run(scale: Scale): Promise<readonly Measured[]> {
  return [await beside(scale, NAME, WORK_MS), await beside(scale, `${NAME}, engine that answers at once`, undefined)];
}

async function beside({ quick, folder }: Scale, name: string, workMs: number | undefined): Promise<Measured> {
  let workedMs = 0;
  const own = workMs === undefined ? undefined : { workMs, onWorked: (elapsed: number) => void (workedMs = elapsed) };
  const home = await BenchHome.open(folder(`home-${workMs ?? 0}`), own);
  const path = join(folder(`floor-${workMs ?? 0}`), "journal");
  const floor = await openBenchJournal(path, { workspaceId: "bench", homeId: "bench" });
  let asked = 0;
  const turns = await alternating(
    { quick },
    quick ? 100 : 1_000,
    async () => (await timed(() => home.runHere(question(asked++)))) - workedMs,
    () =>
      timed(() => floor.journal.append({ sequence: sequence(floor.journal.lastSequence + 1), events: [anEvent()] })),
  );
  await floor.close();
  await home.close();
  return {
    name,
    floorName: "one awaited durable append",
    goal: { kind: "at-most", ratio: 1.5 },
    quantile: 0.5,
    unit: "ms",
    tolerance: TOLERANCE_ALIKE,
    ...turns,
  };
}

/** A small fact, as most are. */
export function anEvent(): JournalEvent {
  const at = now();
  return { kind: "ClusteringTurnedOff", version: 1, at, reason: `a fact of usual length, after ${durationMs(1)} ms` };
}
