// The main job of the product on real input: a project's tests run here, then on another machine, previewed, leased,
// recorded, metered; then a question to a model, here and there. It drives the programs a person would type, and then
// checks what they said against each other. It must never succeed when a check does not hold.
import { Declined, Demo } from "./acts.mjs";
import { Programs } from "./programs.mjs";
import { Story } from "./story.mjs";

const startedMs = performance.now();
const story = new Story();
const programs = new Programs();
for (const [signal, number] of [
  ["SIGINT", 2],
  ["SIGTERM", 15],
]) {
  process.once(signal, () => {
    story.say("Stopping: ending every program and removing every file of the demo …");
    void programs.endAll().finally(() => process.exit(128 + number));
  });
}
try {
  await play(new Demo(story, programs));
} catch (error) {
  // After Ctrl-C whatever fails does so because everything is being ended; the signal's handler has the last word.
  if (programs.stopping) await new Promise(() => {});
  if (error instanceof Declined) {
    story.say(
      "You said no, so nothing left and there is nothing to compare. Run it again and say yes to see the rest.",
    );
  }
  const reason = error instanceof Declined ? "declined" : error instanceof Error ? error.message : String(error);
  story.check("the demo runs to its end", false, reason);
} finally {
  await programs.endAll();
}
story.end(Math.round((performance.now() - startedMs) / 100) / 10);
process.exitCode = story.failures === 0 && story.checks > 0 ? 0 : 1;

async function play(demo) {
  story.title("ARW Home Node: one project, two machines, and a record of everything that crosses between them");
  await demo.prepare();
  await demo.runHere();
  await demo.pair();
  await demo.runThere();
  await demo.askHere();
  await demo.askThere();
  await demo.showRecords();
  await demo.check();
}
