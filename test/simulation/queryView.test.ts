// The tables of the query view are what a fold of the journal says, wherever the view was brought up to date in between.
import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import type { EgressLedgerRow } from "#protocol/egress.ts";
import type { JournalEvent } from "#protocol/events.ts";
import type { EgressRecordId, EpisodeId } from "#protocol/ids.ts";
import { isEgressLeaf, leafText } from "#protocol/ledger/egressLeaf.ts";
import { emptyFrontier, leafHash, rootOf } from "#protocol/ledger/merkleTree.ts";
import { isIncluded } from "#protocol/ledger/proofs.ts";
import { sequence } from "#protocol/quantities.ts";
import type { EpisodeView } from "#protocol/wire/clientViews.ts";
import { LIST_ROWS_MAX } from "#protocol/wire/listPage.ts";
import { QueryView } from "../../server/src/adapters/view/queryView.ts";
import { foldEgress } from "../../server/src/home/egress/ledger.ts";
import { withEgress } from "../../server/src/home/egress/tree.ts";
import { episodeView } from "../../server/src/home/episode/view.ts";
import { evolve } from "../../server/src/home/evolve.ts";
import { RECENT_EPISODES_MAX } from "../../server/src/home/episode/state.ts";
import { initialState } from "../../server/src/home/state.ts";
import { arbitraryEvent } from "./arbitraryEvents.ts";
import { chanceOf, seedsOf } from "./chance.ts";
import {
  approve,
  deny,
  exited,
  finished,
  homeAlone,
  homeWith,
  idsOf,
  lost,
  preview,
  start,
  withProposal,
} from "./homeCommands.ts";
import { GPU, IDENTITY, LOCAL } from "./homeScenario.ts";
import { sendingHome } from "./ledgerLines.ts";
import { MemoryJournal } from "./memoryJournal.ts";

const ALL = { limit: 1_000_000 };

type Frames = readonly (readonly JournalEvent[])[];

/** The view, brought up to date after the frames of `stops` and at the end. */
async function viewOf(frames: Frames, stops: ReadonlySet<number>): Promise<QueryView> {
  const journal = new MemoryJournal();
  const view = await QueryView.open(journal, IDENTITY);
  for (const events of frames) {
    await journal.append({ sequence: sequence(journal.lastSequence + 1), events });
    if (stops.has(journal.lastSequence)) await view.catchUp();
  }
  // Two who ask at once get one and the same.
  await Promise.all([view.catchUp(), view.catchUp()]);
  assert.equal(view.reflects, frames.length);
  return view;
}

/** Ledger, episodes and frames of each episode, by plain folds. */
function folded(frames: Frames): {
  readonly rows: readonly EgressLedgerRow[];
  readonly episodes: readonly EpisodeView[];
  readonly framesOf: ReadonlyMap<EpisodeId, readonly number[]>;
} {
  const rows = new Map<EgressRecordId, EgressLedgerRow>();
  const episodes = new Map<EpisodeId, EpisodeView>();
  const framesOf = new Map<EpisodeId, number[]>();
  let state = initialState(IDENTITY);
  for (const [index, events] of frames.entries()) {
    for (const event of events) {
      state = evolve(state, event);
      foldEgress(rows, event);
    }
    for (const id of new Set(events.flatMap((event) => ("corrId" in event ? [event.corrId] : [])))) {
      framesOf.set(id, [...(framesOf.get(id) ?? []), index + 1]);
      const view = episodeView(state, id);
      if (view !== undefined) episodes.set(id, view);
    }
  }
  return { rows: [...rows.values()], episodes: [...episodes.values()].reverse(), framesOf };
}

async function sameAsFolded(frames: Frames, stops: ReadonlySet<number>): Promise<void> {
  const view = await viewOf(frames, stops);
  const { rows, episodes, framesOf } = folded(frames);
  assert.deepEqual(view.egressRows(ALL).rows, rows);
  const records = view.records.page({}, Number.MAX_SAFE_INTEGER, ALL.limit);
  assert.deepEqual(
    records.map(({ record }) => record.row),
    rows.toReversed(),
  );
  assert.equal(view.records.count(), rows.length);
  const left = rows.filter(({ decision, state }) => decision === "allow" && state !== "none");
  assert.equal(view.records.page({ onlyLeft: true }, Number.MAX_SAFE_INTEGER, ALL.limit).length, left.length);
  assert.deepEqual(view.episodes(ALL).rows, episodes);
  for (const [id, expected] of framesOf) assert.deepEqual(view.framesOf(id, sequence(1), 1_000_000), expected);
  for (const episode of episodes) assert.deepEqual(view.episode(episode.episodeId), episode);
  view.close();
}

test("on any events and whenever it is asked, the view is a fold of the journal", async () => {
  const frames = fc.array(fc.array(arbitraryEvent, { minLength: 1, maxLength: 4 }), { maxLength: 30 });
  const stops = fc.array(fc.nat(30), { maxLength: 4 });
  const check = fc.asyncProperty(frames, stops, (run, at) => sameAsFolded(run, new Set(at)));
  await fc.assert(check, { numRuns: 60 });
});

test("on runs of a Home, and wherever it is rebuilt, the view is a fold of the journal", async () => {
  for (const seed of seedsOf(40)) {
    const chance = chanceOf(seed);
    const home = homeWith(GPU);
    for (let number = 1; number <= 12; number++) {
      if (chance.yes(0.3)) home.give(start(number));
      else {
        home.give(preview(number, GPU));
        home.give(chance.yes(0.7) ? approve(number) : deny(number));
        home.give(chance.yes(0.5) ? lost(number, GPU) : finished(number, GPU));
      }
    }
    await sameAsFolded(home.frames, new Set(home.frames.map((_, at) => at).filter(() => chance.yes(0.2))));
  }
});

test("the leaves of the ledger are in the view, with a proof of each in every checkpoint", async () => {
  const { frames, events } = sendingHome(9);
  const view = await viewOf(frames, new Set([3, 7]));
  const leaves = events.filter(isEgressLeaf).map(leafText);
  assert.deepEqual(view.egressLeaves(0, 100), leaves);
  assert.deepEqual(view.egressLeaves(2, 5), leaves.slice(2, 5));
  assert.equal(view.hashes.rootAt(leaves.length), rootOf(withEgress(emptyFrontier, events)));
  for (const [index, leaf] of leaves.entries()) {
    const size = Math.min(leaves.length, index + 3);
    const place = { index, size, root: view.hashes.rootAt(size) };
    assert.ok(isIncluded(leafHash(leaf), place, view.hashes.inclusionProof(index, size)));
  }
  view.close();
});

test("lists are read in pages of at most LIST_ROWS_MAX, and each row stands in exactly one, also when more come", async () => {
  const home = homeWith(GPU);
  const count = LIST_ROWS_MAX + 1;
  for (let number = 1; number <= count; number++) home.run(preview(number, GPU), deny(number));
  const journal = new MemoryJournal();
  const view = await QueryView.open(journal, IDENTITY);
  const keep = async (): Promise<void> => {
    for (const events of home.frames.slice(journal.lastSequence))
      await journal.append({ sequence: sequence(journal.lastSequence + 1), events });
    await view.catchUp();
  };
  await keep();
  const [rows, episodes] = [view.egressRows({}), view.episodes({})];
  assert.equal(rows.rows.length, LIST_ROWS_MAX);
  assert.equal(episodes.rows.length, LIST_ROWS_MAX);
  home.run(preview(count + 1, GPU), deny(count + 1));
  await keep();
  const rest = (next: number | undefined) => (next === undefined ? assert.fail("there is more") : { cursor: next });
  const [moreRows, moreEpisodes] = [view.egressRows(rest(rows.next)), view.episodes(rest(episodes.next))];
  assert.deepEqual([...rows.rows, ...moreRows.rows], view.egressRows(ALL).rows);
  assert.deepEqual([...episodes.rows, ...moreEpisodes.rows], view.episodes(ALL).rows.slice(1), "the newest came later");
  assert.deepEqual([moreRows.next, moreEpisodes.next], [undefined, undefined]);
  assert.equal(view.episodes({ limit: count + 1 }).next, undefined, "a page that holds all is the last");
  view.close();
});

test("episodes that the state has long forgotten are still there", async () => {
  const home = homeAlone();
  const episodes = RECENT_EPISODES_MAX + 20;
  for (let number = 1; number <= episodes; number++) {
    const result = withProposal(number, exited(0));
    home.run(start(number), finished(number, LOCAL, 0, { result }));
  }
  assert.equal(home.state.episodes.byId.size, RECENT_EPISODES_MAX);
  const view = await viewOf(home.frames, new Set());
  assert.equal(view.episodes(ALL).rows.length, episodes);
  assert.equal(view.episodes({ limit: 3 }).rows.length, 3);
  assert.equal(view.episode(idsOf(1).episodeId)?.state, "finished");
  assert.equal(view.proposal(idsOf(1).proposalId)?.changes, 2);
  assert.equal(home.state.episodes.proposals.get(idsOf(1).proposalId), undefined);
  view.close();
});
