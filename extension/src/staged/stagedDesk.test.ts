// What is approved is what was shown and confirmed: nothing else, nothing twice, and nothing that changed meanwhile.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { decode } from "#protocol/decode.ts";
import { digestOfJson } from "#protocol/digest.ts";
import { ArwError } from "#protocol/errors.ts";
import { type StagedId, stagedId } from "#protocol/ids.ts";
import { epochMs } from "#protocol/quantities.ts";
import { stagedDigest } from "#protocol/staging.ts";
import { stagedToPageSchema, type StagedToPage } from "#protocol/webview/staged.ts";
import { METHODS, type Method, type MethodName } from "#protocol/wire/client.ts";
import type { StagedChange, StagedResult, StagedView } from "#protocol/wire/stagingViews.ts";
import type { HomeFacts } from "../home/homeMirror.ts";
import { StagedDesk } from "./stagedDesk.ts";

const idOf = (number: number): StagedId => stagedId.from(Buffer.alloc(32, number));

/** An action of its own for each number. */
function viewOf(number: number, change: Partial<StagedView> = {}): StagedView {
  const action = { kind: "change-setting", change: { name: "unmark-never-leaves", globs: [`${number}/`] } } as const;
  return {
    stagedId: idOf(number),
    digest: stagedDigest(action),
    action,
    risk: { level: "high", rule: "lets-data-leave", reason: "It lets data leave." },
    title: `Let ${number}/ leave`,
    evidence: [],
    requestedBy: "a script",
    stagedAt: epochMs(number),
    revision: 1,
    endorsements: [],
    state: "pending",
    ...change,
  };
}

/** A Home with these items; it decides like the real one: once, by the digest. */
class Bench {
  readonly calls: { readonly name: string; readonly params: unknown }[] = [];
  readonly views = new Map<StagedId, StagedView>();
  readonly drawn: StagedToPage[] = [];
  readonly confirmed: (readonly StagedView[])[] = [];
  yes = true;
  reason: string | undefined = "not now";
  change: StagedChange | undefined;
  /** What happens while the person reads the confirmation. */
  meanwhile: () => void = () => undefined;
  failing: StagedId | undefined;
  readonly desk: StagedDesk;

  constructor(...views: readonly StagedView[]) {
    for (const view of views) this.views.set(view.stagedId, view);
    this.desk = new StagedDesk(
      {
        call: (method, params) => this.call(method, params),
        confirmApprove: async (asked) => {
          this.confirmed.push(asked);
          this.meanwhile();
          return this.yes;
        },
        askReason: async () => this.reason,
        askChange: async () => this.change,
        changed: (shown) => {
          const decoded = decode(stagedToPageSchema, JSON.parse(JSON.stringify(shown)));
          assert.ok(decoded.ok, JSON.stringify(decoded));
          this.drawn.push(shown);
        },
        showDiff: async () => undefined,
        showOutput: async () => undefined,
        reviewNext: async () => undefined,
      },
      this.facts,
    );
  }

  get facts(): HomeFacts {
    const waiting = [...this.views.values()]
      .filter(({ state }) => state === "pending")
      .map((staged) => ({ kind: "staged", staged }) as const);
    return { nodes: [], episodes: [], leases: [], waiting, clustering: false };
  }

  get review(): Extract<StagedToPage, { kind: "staged" }>["review"] {
    const { shown } = this.desk;
    assert.ok(shown?.kind === "staged");
    return shown.review;
  }

  /** A revision of item `from`, proposed by somebody else. */
  revise(from: number, to: number): StagedView {
    const next = viewOf(to, { revision: 2, replaces: idOf(from) });
    const before = this.views.get(idOf(from)) ?? viewOf(from);
    const decided = { at: epochMs(9), by: "guest-2" };
    this.views.set(idOf(from), {
      ...before,
      state: "superseded",
      replacedBy: next.stagedId,
      endorsements: [],
      decided,
    });
    this.views.set(next.stagedId, next);
    return next;
  }

  named(name: MethodName): readonly unknown[] {
    return this.calls.filter((call) => call.name === METHODS[name].name).map(({ params }) => params);
  }

  async call<Params, Result>(method: Method<Params, Result>, params: Params): Promise<Result> {
    this.calls.push({ name: method.name, params });
    const decoded = decode(method.result, JSON.parse(JSON.stringify(this.#answer(method.name, params))));
    assert.ok(decoded.ok, JSON.stringify(decoded));
    return decoded.value;
  }

  #answer(name: string, params: unknown): unknown {
    switch (name) {
      case METHODS.showStaged.name: {
        const asked = decode(METHODS.showStaged.params, params);
        assert.ok(asked.ok);
        return { items: asked.value.stagedIds.map((id) => this.views.get(id)) };
      }
      case METHODS.approveStaged.name: {
        const asked = decode(METHODS.approveStaged.params, params);
        assert.ok(asked.ok);
        return { results: asked.value.items.map((item) => this.#approve(item)) };
      }
      case METHODS.rejectStaged.name: {
        const asked = decode(METHODS.rejectStaged.params, params);
        assert.ok(asked.ok);
        const held = this.views.get(asked.value.stagedId);
        if (held?.state !== "pending") throw new ArwError("staged-decided", "It was already decided.", "Look at it.");
        const decided = { at: epochMs(9), by: "you", reason: asked.value.reason };
        this.views.set(held.stagedId, { ...held, state: "rejected", decided });
        return {};
      }
      case METHODS.reviseStaged.name:
        return { stagedId: idOf(2), digest: this.revise(1, 2).digest };
    }
    throw new Error(name);
  }

  #approve({ digest, stagedId: id }: { readonly stagedId: StagedId; readonly digest: string }): StagedResult {
    const held = this.views.get(id);
    if (held?.state !== "pending" || held.digest !== digest) {
      return { stagedId: id, outcome: "refused", code: "staged-revised", detail: "A revision took its place." };
    }
    const outcome = this.failing === id ? "failed" : "done";
    const detail = outcome === "done" ? "" : "The disk is full.";
    const decided = { at: epochMs(9), by: "you" };
    this.views.set(id, { ...held, state: "approved", decided, run: { state: outcome, detail } });
    return { stagedId: id, outcome, detail };
  }
}

const { digest } = viewOf(1);

describe("one item", () => {
  test("a yes approves the digest that was shown and confirmed, once", async () => {
    const bench = new Bench(viewOf(1));
    await bench.desk.show(idOf(1));
    await bench.desk.ask({ kind: "approve", digest });
    await bench.desk.ask({ kind: "approve", digest });
    assert.deepEqual(bench.named("approveStaged"), [{ items: [{ stagedId: idOf(1), digest }] }]);
    assert.deepEqual([bench.review.staged.state, bench.review.result?.outcome], ["approved", "done"]);
    assert.ok(bench.review.answeredHere);
  });

  test("a no in the confirmation, and an ask about another digest, do nothing", async () => {
    const bench = new Bench(viewOf(1));
    bench.yes = false;
    await bench.desk.show(idOf(1));
    await bench.desk.ask({ kind: "approve", digest });
    bench.yes = true;
    await bench.desk.ask({ kind: "approve", digest: digestOfJson("another") });
    assert.deepEqual(bench.named("approveStaged"), []);
    assert.equal(bench.confirmed.length, 1);
    assert.equal(bench.review.busy, "nothing");
  });

  test("while one ask is answered no other is taken", async () => {
    const bench = new Bench(viewOf(1));
    await bench.desk.show(idOf(1));
    const first = bench.desk.ask({ kind: "approve", digest });
    await bench.desk.ask({ kind: "reject", digest });
    await first;
    assert.deepEqual(bench.named("rejectStaged"), []);
  });

  test("a revision that comes meanwhile marks it, takes no answer, and is read next with its endorsements void", async () => {
    const bench = new Bench(viewOf(1, { endorsements: [{ by: "guest-1", at: epochMs(3) }] }));
    await bench.desk.show(idOf(1));
    const next = bench.revise(1, 2);
    await bench.desk.follow(bench.facts);
    assert.deepEqual([bench.review.staged.state, bench.review.staged.replacedBy], ["superseded", next.stagedId]);
    await bench.desk.ask({ kind: "approve", digest });
    assert.deepEqual([bench.confirmed.length, bench.named("approveStaged").length], [0, 0]);
    await bench.desk.ask({ kind: "read-newer", digest });
    assert.equal(bench.review.staged.digest, next.digest);
    assert.deepEqual([bench.review.voidEndorsements, bench.review.before?.digest], [1, digest]);
  });

  test("a revision that comes while the confirmation is open is refused by its digest, and said", async () => {
    const bench = new Bench(viewOf(1));
    bench.meanwhile = () => void bench.revise(1, 2);
    await bench.desk.show(idOf(1));
    await bench.desk.ask({ kind: "approve", digest });
    assert.deepEqual([bench.review.result?.outcome, bench.review.staged.state], ["refused", "superseded"]);
    assert.equal(bench.views.get(idOf(2))?.state, "pending");
  });

  test("a no carries its reason, and backing out of it rejects nothing", async () => {
    const bench = new Bench(viewOf(1));
    await bench.desk.show(idOf(1));
    bench.reason = undefined;
    await bench.desk.ask({ kind: "reject", digest });
    assert.equal(bench.review.staged.state, "pending");
    bench.reason = "not in this project";
    await bench.desk.ask({ kind: "reject", digest });
    assert.deepEqual(bench.named("rejectStaged"), [{ stagedId: idOf(1), digest, reason: "not in this project" }]);
    assert.equal(bench.review.staged.decided?.reason, "not in this project");
  });

  test("a proposed change is a revision, which is read at once beside the one before", async () => {
    const bench = new Bench(viewOf(1));
    await bench.desk.show(idOf(1));
    bench.change = { kind: "unmark-never-leaves", globs: ["2/"] };
    await bench.desk.ask({ kind: "propose", digest });
    assert.deepEqual(bench.named("reviseStaged"), [{ stagedId: idOf(1), digest, change: bench.change }]);
    assert.deepEqual([bench.review.staged.stagedId, bench.review.before?.stagedId], [idOf(2), idOf(1)]);
  });

  test("a refusal of the Home stands on the page beside what became of it", async () => {
    const bench = new Bench(viewOf(1));
    await bench.desk.show(idOf(1));
    bench.views.set(
      idOf(1),
      viewOf(1, { state: "withdrawn", decided: { at: epochMs(2), by: "a script", reason: "" } }),
    );
    await bench.desk.ask({ kind: "reject", digest });
    assert.match(bench.review.problem?.message ?? "", /already decided/);
    assert.equal(bench.review.staged.state, "withdrawn");
  });
});

describe("a table", () => {
  async function table(bench: Bench): Promise<void> {
    await bench.desk.showTable([idOf(1), idOf(2), idOf(3)]);
  }
  const shownOf = (...numbers: readonly number[]): { stagedId: StagedId; digest: StagedView["digest"] }[] =>
    numbers.map((number) => ({ stagedId: idOf(number), digest: viewOf(number).digest }));
  const rowsOf = ({ desk }: Bench): readonly (string | undefined)[] => {
    assert.ok(desk.shown?.kind === "table");
    return desk.shown.table.rows.map(({ result, staged }) => result?.outcome ?? staged.state);
  };

  test("one confirmation is of the rows that are left, and each is decided by its digest", async () => {
    const bench = new Bench(viewOf(1), viewOf(2), viewOf(3));
    await table(bench);
    await bench.desk.ask({ kind: "approve-these", items: shownOf(1, 3) });
    assert.deepEqual(
      bench.confirmed.map((views) => views.map(({ stagedId: id }) => id)),
      [[idOf(1), idOf(3)]],
    );
    assert.deepEqual(bench.named("approveStaged"), [{ items: shownOf(1, 3) }]);
    assert.deepEqual(rowsOf(bench), ["done", "pending", "done"]);
  });

  test("what fails, and what changed while the confirmation was open, say so in their rows; the others are done", async () => {
    const bench = new Bench(viewOf(1), viewOf(2), viewOf(3));
    bench.failing = idOf(1);
    bench.meanwhile = () => void bench.revise(2, 4);
    await table(bench);
    await bench.desk.ask({ kind: "approve-these", items: shownOf(1, 2, 3) });
    assert.deepEqual(rowsOf(bench), ["failed", "refused", "done"]);
  });

  test("a row that is not shown, or not with this digest, makes the whole ask be dropped", async () => {
    const bench = new Bench(viewOf(1), viewOf(2), viewOf(3), viewOf(5));
    await table(bench);
    await bench.desk.ask({ kind: "approve-these", items: shownOf(1, 5) });
    await bench.desk.ask({ kind: "approve-these", items: [{ stagedId: idOf(1), digest: viewOf(2).digest }] });
    assert.deepEqual([bench.confirmed.length, bench.named("approveStaged").length], [0, 0]);
  });
});
