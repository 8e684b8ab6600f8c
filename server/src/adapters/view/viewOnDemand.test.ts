// When the tables of all history are made and given up: once for many questions, and never while one is being answered.
import assert from "node:assert/strict";
import { test } from "node:test";
import { sequence } from "#protocol/quantities.ts";
import { homeAlone, start } from "../../../../test/simulation/homeCommands.ts";
import { IDENTITY } from "../../../../test/simulation/homeScenario.ts";
import { MemoryJournal } from "../../../../test/simulation/memoryJournal.ts";
import { VIEW_IDLE_MS, ViewOnDemand } from "./viewOnDemand.ts";

test("tables that two asked for at once are given up when nobody has asked for a while, not when the first has not", async (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const journal = new MemoryJournal();
  const home = homeAlone();
  home.run(start(1));
  await journal.append({ sequence: sequence(1), events: home.events });
  let made = 0;
  const read = journal.read.bind(journal);
  journal.read = (from, limit) => {
    if (from === 1) made++;
    return read(from, limit);
  };
  const view = new ViewOnDemand(journal, IDENTITY);
  await Promise.all([view.current(), view.current()]);
  t.mock.timers.tick(VIEW_IDLE_MS - 1);
  assert.equal((await view.current()).episodes({}).rows.length, 1);
  t.mock.timers.tick(1);
  await view.current();
  assert.equal(made, 1, "it was asked for a moment ago");
  t.mock.timers.tick(VIEW_IDLE_MS);
  await view.current();
  assert.equal(made, 2);
  view.dispose();
});
