// Evolving is total and changes nothing in place, whatever facts come in whatever order; the same facts give the same state.
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { decodeEvent } from "#protocol/decodeEvent.ts";
import { arbitraryEvent } from "../../../test/simulation/arbitraryEvents.ts";
import { IDENTITY, unchangeable } from "../../../test/simulation/homeScenario.ts";
import { evolve } from "./evolve.ts";
import { react } from "./react.ts";
import { resume } from "./resume.ts";
import { initialState } from "./state.ts";

test("any facts in any order are borne: nothing throws, and no state is changed in place", () => {
  fc.assert(
    fc.property(fc.array(arbitraryEvent, { maxLength: 60 }), (events) => {
      let state = unchangeable(initialState(IDENTITY));
      for (const event of unchangeable(events)) {
        state = unchangeable(evolve(state, event));
        react(event, state);
        for (const effect of resume(state)) assert.notEqual(effect.kind, "SendOffer");
      }
      assert.deepEqual(events.reduce(evolve, initialState(IDENTITY)), state);
    }),
    { numRuns: 300 },
  );
});

test("any fact that the types allow can be read back from the journal", () => {
  fc.assert(
    fc.property(arbitraryEvent, (event) => {
      assert.deepEqual(decodeEvent(JSON.parse(JSON.stringify(event))), { ok: true, value: event });
    }),
    { numRuns: 500 },
  );
});
