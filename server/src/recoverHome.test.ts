// What a start makes of frames that a crash left without a word about what they name.
import assert from "node:assert/strict";
import { test } from "node:test";
import { sequence } from "#protocol/quantities.ts";
import { chanceOf } from "../../test/simulation/chance.ts";
import { finished, homeAlone, homeOffloading, start } from "../../test/simulation/homeCommands.ts";
import { GPU, IDENTITY, LOCAL, type Scenario } from "../../test/simulation/homeScenario.ts";
import { ModelledDisk } from "../../test/simulation/modelledDisk.ts";
import { addUp } from "./recoverHome.ts";

/** Frames that come back where the process was killed right after the end of the job, and no receipt is in the blobs. */
async function framesWithoutReceipt(home: Scenario): Promise<number> {
  const end = home.events.findIndex(({ kind }) => kind === "JobFinished");
  const metered = home.events.find((event) => event.kind === "ContributionMetered");
  assert.ok(end > 0 && metered !== undefined);
  const terms = {
    checkpoints: new ModelledDisk(chanceOf(1)),
    identity: IDENTITY,
    program: "today",
    beside: {
      blobs: { renew: async (digest: string) => digest !== metered.receipt },
      outputs: { renew: async () => true },
    },
    onFault: () => undefined,
  };
  const disk = new ModelledDisk(chanceOf(1));
  const { journal } = await addUp({ ...terms, fileSystem: disk });
  await journal.append({ sequence: sequence(1), events: home.events.slice(0, end) });
  await journal.append({ sequence: sequence(2), events: home.events.slice(end) });
  const again = await addUp({ ...terms, fileSystem: disk.afterCrash("process-killed") });
  return again.journal.lastSequence;
}

test("a worker's result that came back without its receipt is cut: nobody was told of it, and the worker still has it", async () => {
  const home = homeOffloading(1, GPU);
  home.run(finished(1, GPU));
  assert.equal(await framesWithoutReceipt(home), 1);
});

test("the end of a job that ran here needs no receipt in the blobs", async () => {
  const home = homeAlone();
  home.run(start(1), finished(1, LOCAL));
  assert.equal(await framesWithoutReceipt(home), 2);
});
