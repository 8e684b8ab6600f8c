// The gate's own rules, on figures made up for them.
import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { CORE_SHARE_MIN, judge, type Look, regression, TOLERANCE_ALIKE, TRIES } from "./gate.ts";
import { keepRow, keptRows, ROWS_VARIABLE } from "./keptRows.ts";
import { alternating, type Measured, quantile, ratioOf, reaches, steadyRatio } from "./measure.ts";

const slower = { kind: "at-most", ratio: 2 } as const;
const faster = { kind: "at-least", ratio: 0.6 } as const;
const row = { name: "a row", floorName: "its floor", quantile: 0.5, unit: "ms", tolerance: TOLERANCE_ALIKE } as const;
const tolerance = TOLERANCE_ALIKE;
const baseline = { ratios: { "a row": 4 } };

test("a ratio is worse past the tolerance, in the direction of its goal, and not at it", () => {
  assert.equal(regression({ name: "a row", goal: slower, tolerance, ratio: 4 * TOLERANCE_ALIKE }, baseline), undefined);
  assert.match(
    regression({ name: "a row", goal: slower, tolerance, ratio: 4 * TOLERANCE_ALIKE + 0.1 }, baseline) ?? "",
    /a row/u,
  );
  assert.equal(regression({ name: "a row", goal: faster, tolerance, ratio: 4 / TOLERANCE_ALIKE }, baseline), undefined);
  assert.match(
    regression({ name: "a row", goal: faster, tolerance, ratio: 4 / TOLERANCE_ALIKE - 0.1 }, baseline) ?? "",
    /a row/u,
  );
});

test("a row without a committed ratio is no regression", () => {
  assert.equal(regression({ name: "another row", goal: slower, tolerance, ratio: 1_000 }, baseline), undefined);
});

/** Looks that find these rows worse, one after the other, and the rows that each was asked for. */
async function judged(looks: readonly (readonly string[])[], coreShare = 1): Promise<[string, string, string[]]> {
  const asked: string[] = [];
  let looked = 0;
  const { slower, unjudged } = await judge(async (names): Promise<Look> => {
    asked.push(names?.join() ?? "all");
    return { worse: new Map((looks[looked++] ?? []).map((name) => [name, name])), coreShare };
  });
  return [slower.join(), unjudged.join(), asked];
}

test("a row is slower only where it was worse at each look", async () => {
  assert.deepEqual(await judged([[]]), ["", "", ["all"]]);
  assert.deepEqual(await judged([["a", "b"], ["b"], []]), ["", "", ["all", "a,b", "b"]]);
  assert.deepEqual(await judged([["a", "b"], ["b"], ["b"], ["b"]]), ["b", "", ["all", "a,b", "b"]]);
  assert.equal(TRIES, 3);
});

test("what looks worse while others hold the cores is said and not held against the change", async () => {
  const always = [["a"], ["a"], ["a"]];
  assert.deepEqual((await judged(always, CORE_SHARE_MIN)).slice(0, 2), ["a", ""]);
  assert.deepEqual((await judged(always, CORE_SHARE_MIN - 0.01)).slice(0, 2), ["", "a"]);
});

test("a throughput is what ours does in the time of the floor", () => {
  const turns = { ours: [2, 2, 2], floor: [1, 1, 1] };
  assert.equal(ratioOf({ ...row, ...turns, goal: slower }), 2);
  assert.equal(ratioOf({ ...row, ...turns, goal: faster }), 0.5);
});

test("a time that a person waits is a goal of its own, whatever the floor takes", () => {
  const within = { kind: "within", ms: 50 } as const;
  const of = (ours: number, floor: number): Measured => ({ ...row, goal: within, ours: [ours], floor: [floor] });
  assert.deepEqual([of(50, 1), of(51, 100)].map(reaches), [true, false]);
  assert.equal(ratioOf(of(50, 25)), 2);
  const { tolerance: times } = row;
  assert.equal(regression({ name: "a row", goal: within, tolerance: times, ratio: 4 * times }, baseline), undefined);
  assert.match(
    regression({ name: "a row", goal: within, tolerance: times, ratio: 4 * times + 1 }, baseline) ?? "",
    /a row/u,
  );
});

test("rows of the editor's tests are read as they were kept, and none where there is no file", () => {
  const folder = mkdtempSync(join(tmpdir(), "arw-rows-"));
  const file = join(folder, "rows.jsonl");
  const kept: Measured = { ...row, goal: { kind: "within", ms: 50 }, ours: [3, 4], floor: [1, 2] };
  try {
    keepRow(kept);
    assert.deepEqual(keptRows(file), []);
    process.env[ROWS_VARIABLE] = file;
    keepRow(kept);
    keepRow({ ...kept, name: "another row" });
    assert.deepEqual(keptRows(file), [kept, { ...kept, name: "another row" }]);
    writeFileSync(file, '{"name":"torn"');
    assert.throws(() => keptRows(file), /a row of the editor/u);
  } finally {
    delete process.env[ROWS_VARIABLE];
    rmSync(folder, { recursive: true, force: true });
  }
});

test("the median lies between the two middle values, and a quantile between its neighbours", () => {
  assert.equal(quantile([4, 1, 3, 2], 0.5), 2.5);
  assert.equal(quantile([0, 10], 0.99), 9.9);
  assert.throws(() => quantile([], 0.5), RangeError);
});

test("a noisy part of a run does not move its steady ratio", () => {
  const ours = Array.from({ length: 100 }, (_, turn) => (turn < 30 ? 500 : 3));
  const noisy: Measured = { ...row, goal: slower, ours, floor: ours.map(() => 1) };
  assert.equal(steadyRatio(noisy), 3);
});

test("both sides take turns, each first as often as the other, and the warm-up does not count", async () => {
  const order: string[] = [];
  const turn = (name: string) => async (): Promise<number> => order.push(name);
  const turns = await alternating({ quick: false }, 4, turn("ours"), turn("floor"), 2);
  assert.equal(order.join(" "), "ours floor floor ours ours floor floor ours ours floor floor ours");
  assert.deepEqual([turns.ours.length, turns.floor.length], [4, 4]);
});
