// A Ledger page's conversation: rows page by page, only of the newest question, again when the ledger grows, and nothing left.
import assert from "node:assert/strict";
import { test } from "node:test";
import type { LedgerFromPage, LedgerQuery, LedgerRows, LedgerToPage } from "#protocol/webview/ledger.ts";
import type { TimelinePage } from "#protocol/wire/clientViews.ts";
import { METHODS } from "#protocol/wire/client.ts";
import type { LedgerFilter, LedgerRecord } from "#protocol/wire/ledgerRecords.ts";
import { sequence } from "#protocol/quantities.ts";
import { timelineEntrySchema } from "#protocol/timeline.ts";
import { pageOf, recordsOf } from "../../../test/editor/webviews/ledgerSamples.ts";
import type { Home, HomeStatus } from "../home/home.ts";
import type { HomeFacts } from "../home/homeMirror.ts";
import { LedgerSession, type LedgerWish } from "./ledgerSession.ts";

class Listeners<Value> {
  readonly all: Set<(value: Value) => void> = new Set();

  readonly event = (listener: (value: Value) => void): { dispose: () => void } => {
    const own = (value: Value): void => listener(value);
    this.all.add(own);
    return { dispose: () => this.all.delete(own) };
  };

  fire(value: Value): void {
    for (const listener of this.all) listener(value);
  }
}

function world(count: number) {
  const statuses = new Listeners<HomeStatus>();
  const pages = new Listeners<TimelinePage>();
  const facts = new Listeners<HomeFacts>();
  const timers = new Set<() => void>();
  const state: { records: readonly LedgerRecord[]; calls: number; broken: boolean } = {
    records: recordsOf(count),
    calls: 0,
    broken: false,
  };
  const home: Home = {
    status: { kind: "idle" },
    onDidChangeStatus: statuses.event,
    onDidReceivePage: pages.event,
    call: async (method, params) => {
      state.calls++;
      await new Promise(setImmediate);
      if (state.broken) throw new Error("the Home is gone");
      return method.result.parse(pageOf(state.records, METHODS.listRecords.params.parse(params)));
    },
    connect: () => Promise.reject(new Error("not in this test")),
  };
  const posted: LedgerToPage[] = [];
  const wishes: LedgerWish[] = [];
  const session = new LedgerSession({
    home,
    mirror: {
      facts: { nodes: [], episodes: [], leases: [], waiting: [], clustering: false },
      onDidChange: facts.event,
    },
    post: async (message) => {
      posted.push(message);
      return true;
    },
    wish: (wish) => wishes.push(wish),
    notice: ({ kind }) => ({ kind: "home", reachable: true, text: kind, urgent: false }),
    after: (_ms, run) => {
      timers.add(run);
      return { dispose: () => timers.delete(run) };
    },
  });
  const grow = (): void => {
    const entry = timelineEntrySchema.parse({
      sequence: 9,
      index: 0,
      at: 1,
      kind: "EgressRecorded",
      level: "info",
      text: "",
    });
    pages.fire({ entries: [entry], nextSequence: sequence(10), more: false });
  };
  const settle = async (): Promise<void> => {
    for (let turn = 0; turn < 80; turn++) {
      for (const run of Array.from(timers)) {
        timers.delete(run);
        run();
      }
      await new Promise(setImmediate);
    }
  };
  const listening = (): number => statuses.all.size + pages.all.size + facts.all.size + timers.size;
  return { state, session, posted, wishes, grow, settle, listening };
}

function query(number: number, rows: number, filter: LedgerFilter = {}): LedgerQuery {
  return { kind: "query", query: number, rows, filter };
}

function rowsOf(posted: readonly LedgerToPage[]): readonly LedgerRows[] {
  return posted.filter((message) => message.kind === "rows");
}

function numbersIn(messages: readonly LedgerRows[]): readonly number[] {
  const rows: number[] = [];
  for (const { from, records } of messages) rows.splice(from, records.length, ...records.map(({ number }) => number));
  return rows;
}

test("a page is told rows page by page, and reads on where it stopped", async () => {
  const { posted, session, settle } = world(900);
  session.receive({ kind: "ready" });
  session.receive(query(1, 250));
  await settle();
  assert.deepEqual(
    numbersIn(rowsOf(posted)),
    recordsOf(900)
      .slice(0, 250)
      .map(({ number }) => number),
  );
  assert.deepEqual(
    rowsOf(posted).map(({ last, more }) => [last, more]),
    [
      [false, true],
      [true, true],
    ],
  );
  session.receive(query(1, 900));
  await settle();
  assert.deepEqual(
    numbersIn(rowsOf(posted)),
    recordsOf(900).map(({ number }) => number),
  );
  assert.equal(rowsOf(posted).at(2)?.from, 250, "what the page has is not read again");
  assert.equal(rowsOf(posted).at(-1)?.more, false);
});

test("an older question never answers after a newer one", async () => {
  const { posted, session, settle } = world(5_000);
  session.receive({ kind: "ready" });
  session.receive(query(1, 5_000));
  await new Promise(setImmediate);
  session.receive(query(2, 200, { decision: "deny" }));
  await settle();
  const answers = rowsOf(posted);
  const first = answers.findIndex((message) => message.query === 2);
  assert.ok(answers.slice(first).every((message) => message.query === 2));
  assert.ok(answers.slice(first).every(({ records }) => records.every(({ row }) => row.decision === "deny")));
});

test("when the ledger grows, all that the page shows is read again, also while it is being read", async () => {
  const { grow, posted, session, settle, state } = world(500);
  session.receive({ kind: "ready" });
  session.receive(query(1, 450));
  await new Promise(setImmediate);
  state.records = recordsOf(501);
  grow();
  await settle();
  const last = rowsOf(posted)
    .map(({ from }) => from)
    .lastIndexOf(0);
  assert.deepEqual(
    numbersIn(rowsOf(posted).slice(last)),
    recordsOf(501)
      .slice(0, 450)
      .map(({ number }) => number),
  );
});

test("a page that is hidden hears nothing and costs nothing; it begins anew, and hears what a command wanted", async () => {
  const { grow, listening, posted, session, settle, state } = world(10);
  session.receive({ kind: "ready" });
  session.receive(query(1, 200));
  await settle();
  session.hidden();
  const [told, calls] = [posted.length, state.calls];
  grow();
  session.narrow({ decision: "deny" });
  await settle();
  assert.deepEqual([posted.length, state.calls], [told, calls]);
  session.receive({ kind: "ready" });
  assert.deepEqual(
    posted.slice(told).map(({ kind }) => kind),
    ["home", "choices", "narrow"],
  );
  session.dispose();
  assert.equal(listening(), 0);
});

test("a Home that is gone is said, of the question that was asked", async () => {
  const { posted, session, settle, state } = world(10);
  state.broken = true;
  session.receive({ kind: "ready" });
  session.receive(query(4, 200));
  await settle();
  assert.deepEqual(posted.at(-1), { kind: "problem", query: 4, text: "the Home is gone" });
  state.broken = false;
  session.receive(query(5, 200));
  await settle();
  assert.equal(numbersIn(rowsOf(posted)).length, 10);
});

test("wishes are passed on and nothing is done with them", () => {
  const { session, state, wishes } = world(1);
  const wish: LedgerFromPage = { kind: "export", filter: { onlyLeft: true }, newest: 1 };
  session.receive(wish);
  assert.deepEqual(wishes, [wish]);
  assert.equal(state.calls, 0);
});
