// Row "local job": a question to a local engine that answers at once, from the call to its durable end, beside one append.
// Clustering is off: no door is open, and everything but the engine is as it runs for a user.
import { join } from "node:path";
import { BenchHome, now, openBenchJournal, question } from "../benchHome.ts";
import { TOLERANCE_ALIKE } from "../gate.ts";
import { alternating, type Measured, type Row, type Scale, timed } from "../measure.ts";
import { sequence } from "#protocol/quantities.ts";
import { durationMs } from "#protocol/quantities.ts";
import type { JournalEvent } from "#protocol/events.ts";

const NAME = "local job";

export const localJob: Row = { name: NAME, run };

async function run({ quick, folder }: Scale): Promise<readonly Measured[]> {
  const home = await BenchHome.open(folder("home"));
  const floor = await openBenchJournal(join(folder("floor"), "journal"), { workspaceId: "bench", homeId: "bench" });
  let asked = 0;
  const turns = await alternating(
    { quick },
    quick ? 100 : 1_000,
    () => timed(() => home.runHere(question(asked++))),
    () =>
      timed(() => floor.journal.append({ sequence: sequence(floor.journal.lastSequence + 1), events: [anEvent()] })),
  );
  await floor.close();
  await home.close();
  return [
    {
      name: NAME,
      floorName: "one awaited durable append",
      goal: { kind: "at-most", ratio: 1.5 },
      quantile: 0.5,
      unit: "ms",
      tolerance: TOLERANCE_ALIKE,
      ...turns,
    },
  ];
}

/** A small fact, as most are. */
export function anEvent(): JournalEvent {
  const at = now();
  return { kind: "ClusteringTurnedOff", version: 1, at, reason: `a fact of usual length, after ${durationMs(1)} ms` };
}
