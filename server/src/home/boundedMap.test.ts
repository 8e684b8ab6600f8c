// A map of the state may be changed in place by the run of events that made it, and by nobody else.
import assert from "node:assert/strict";
import { test } from "node:test";
import {
  accepted,
  approve,
  finished,
  homeWith,
  output,
  preview,
  started,
} from "../../../test/simulation/homeCommands.ts";
import { GPU, IDENTITY } from "../../../test/simulation/homeScenario.ts";
import { OwnMaps, withEntry } from "./boundedMap.ts";
import { evolve, evolveAll } from "./evolve.ts";
import { initialState } from "./state.ts";

test("outside a run every change is a copy, and inside it the first one", () => {
  const first: ReadonlyMap<string, number> = new Map([["a", 1]]);
  assert.notEqual(withEntry(first, "b", 2), first);
  const own = new OwnMaps();
  const second = own.within(() => withEntry(first, "b", 2));
  const third = own.within(() => withEntry(second, "c", 3));
  assert.equal(third, second);
  assert.deepEqual([...first.keys()], ["a"]);
  assert.deepEqual([...third.keys()], ["a", "b", "c"]);
});

test("a map that another run made is copied", () => {
  const [one, other] = [new OwnMaps(), new OwnMaps()];
  const first = one.within(() => withEntry(new Map<string, number>(), "a", 1));
  const second = other.within(() => withEntry(first, "b", 2));
  const later = withEntry(first, "c", 3);
  assert.deepEqual([first.size, second.size, later.size], [1, 2, 2]);
});

test("a run that throws leaves no trace for the next", () => {
  const own = new OwnMaps();
  const map = own.within(() => withEntry(new Map<string, number>(), "a", 1));
  assert.throws(() =>
    own.within(() => {
      throw new Error("a bug");
    }),
  );
  assert.notEqual(withEntry(map, "b", 2), map);
});

test("a whole journal in one run gives the state that it gives an event at a time", () => {
  const home = homeWith(GPU);
  for (let number = 1; number <= 450; number++) {
    home.run(preview(number, GPU), approve(number), accepted(number, GPU), started(number, GPU));
    home.run(output(number, GPU, 1), output(number, GPU, 2), finished(number, GPU, 2));
  }
  const own = new OwnMaps();
  const inOneRun = home.frames.reduce((state, frame) => evolveAll(state, frame, own), initialState(IDENTITY));
  assert.deepEqual(inOneRun, home.events.reduce(evolve, initialState(IDENTITY)));
  assert.deepEqual([...inOneRun.jobs.byId.keys()], [...home.state.jobs.byId.keys()], "in the same order");
});

test("what was evolved before a run is not changed by it", () => {
  const home = homeWith(GPU);
  home.run(preview(1, GPU));
  const before = home.state;
  const jobs = [...before.jobs.byId];
  evolveAll(before, home.run(approve(1), accepted(1, GPU)));
  assert.deepEqual([...before.jobs.byId], jobs);
});
