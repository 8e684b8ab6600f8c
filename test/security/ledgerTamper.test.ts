// Whoever edits an exported ledger is found, wherever and however: by somebody who has the file and nothing else.
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { canonicalJson } from "#protocol/canonicalJson.ts";
import {
  LEDGER_LINE_CHARACTERS_MAX,
  LEDGER_PROBLEMS_MAX,
  type LedgerReport,
  LedgerVerifier,
} from "#protocol/ledger/ledgerFile.ts";
import { checkpointOf, exportedLines, leavesOf, sendingHome, treeOf } from "../simulation/ledgerLines.ts";
import { GPU, LOCAL } from "../simulation/homeScenario.ts";
import { soaked } from "../simulation/soak.ts";

const LEAVES = leavesOf(sendingHome(9).events);
const LINES = exportedLines(LEAVES);

function verified(
  lines: readonly string[],
  expected: ConstructorParameters<typeof LedgerVerifier>[0] = {},
): LedgerReport {
  const verifier = new LedgerVerifier(expected);
  for (const line of lines) verifier.take(line);
  return verifier.end();
}

function words({ problems }: LedgerReport): string {
  return problems.map(({ line, problem }) => (line === undefined ? problem : `line ${line} ${problem}`)).join("; ");
}

test("a ledger that nobody touched is whole, and says whose it is", () => {
  const report = verified(LINES, { homeId: LOCAL.nodeId, earlier: checkpointOf(treeOf(LEAVES), 5) });
  assert.equal(words(report), "");
  assert.equal(report.whole, true);
  assert.equal(report.records + report.settlements, LEAVES.length);
  assert.equal(report.head?.size, LEAVES.length);
  assert.equal(report.words.length, 2);
  assert.equal(verified(exportedLines([])).whole, true);
});

test("every character of every line counts: none can be changed, taken out or added", () => {
  const few = exportedLines(leavesOf(sendingHome(3).events));
  const place = fc
    .nat({ max: few.length - 1 })
    .chain((line) => fc.record({ line: fc.constant(line), at: fc.nat({ max: (few[line] ?? "").length - 1 }) }));
  const how = fc.constantFrom("change", "remove", "insert");
  const check = fc.property(
    place,
    how,
    fc.constantFrom(...'a0 "}{,:[]zA9_'.split("")),
    ({ line, at }, edit, character) => {
      const text = few[line] ?? "";
      const rest = text.slice(edit === "insert" ? at : at + 1);
      const edited = text.slice(0, at) + (edit === "remove" ? "" : character) + rest;
      if (edited !== text) assert.equal(verified(few.with(line, edited)).whole, false, edited);
    },
  );
  fc.assert(check, { numRuns: soaked(600) });
});

test("every member of every record counts, also where its line is written anew", () => {
  for (const [index, leaf] of LEAVES.entries()) {
    const line: { readonly leaf: Readonly<Record<string, unknown>> } = JSON.parse(LINES[index + 1] ?? "");
    for (const key of Object.keys(leaf)) {
      const { [key]: _, ...without } = line.leaf;
      const value = line.leaf[key];
      const other = typeof value === "number" ? value + 1 : typeof value === "string" ? mutated(value) : null;
      for (const changed of [without, { ...without, [key]: other }]) {
        const lines = LINES.with(index + 1, canonicalJson({ ...line, leaf: changed }));
        assert.equal(verified(lines).whole, false, `${key} of entry ${index}`);
      }
    }
  }
});

/** Another text of the same form, so that only the hash can tell. */
function mutated(text: string): string {
  const last = text.at(-1);
  return text.slice(0, -1) + (last === "a" ? "b" : "a");
}

test("every entry that is deleted, repeated, moved or cut off at the end is found and named", () => {
  for (let at = 1; at < LINES.length; at++) {
    const deleted = verified(LINES.toSpliced(at, 1));
    assert.equal(deleted.whole, false);
    assert.match(
      words(deleted),
      at === LINES.length - 1 ? /counts \d+ entries/ : new RegExp(`entry ${at - 1} is missing`),
    );
    assert.match(words(verified(LINES.toSpliced(at, 0, LINES[at] ?? ""))), /added, repeated or moved/);
    assert.match(words(verified(LINES.slice(0, at))), /the file has \d+/);
    if (at === 1) continue;
    const swapped = LINES.with(at, LINES[at - 1] ?? "").with(at - 1, LINES[at] ?? "");
    assert.match(words(verified(swapped)), /added, repeated or moved/);
  }
});

test("renumbered after a deletion, and with its own tree's proofs, a ledger still lacks the signature", () => {
  const forged = exportedLines(LEAVES.toSpliced(3, 1));
  // The forger has no key: the checkpoint is the old one.
  const report = verified([LINES[0] ?? "", ...forged.slice(1)]);
  assert.match(words(report), /not what the checkpoint covers/);
  assert.match(words(report), /the checkpoint counts/);
});

test("a ledger that another key signed is of another Home, whatever it says", () => {
  const theirs = exportedLines(LEAVES, GPU);
  assert.equal(verified(theirs).whole, true);
  assert.match(words(verified(theirs, { homeId: LOCAL.nodeId })), /is of Home node_/);
  const [header = ""] = LINES;
  const pretended = (theirs[0] ?? "").replaceAll(GPU.nodeId, LOCAL.nodeId);
  assert.match(words(verified([pretended, ...theirs.slice(1)])), /names a Home that its key is not of/);
  assert.match(
    words(verified([header, ...theirs.slice(1)].with(0, header.replaceAll(LOCAL.publicKey, GPU.publicKey)))),
    /./,
  );
});

test("a Home that signs a rewritten or shortened history is found by a checkpoint that was seen before", () => {
  const tree = treeOf(LEAVES);
  const earlier = checkpointOf(tree, 9);
  assert.equal(verified(LINES, { earlier }).whole, true);
  const rewritten = exportedLines(LEAVES.toSpliced(4, 1));
  assert.equal(verified(rewritten.slice(0, 1)).whole, false);
  assert.match(words(verified(rewritten, { earlier })), /history was rewritten/);
  const rolledBack = exportedLines(LEAVES.slice(0, 6));
  assert.equal(verified(rolledBack).whole, true);
  assert.match(words(verified(rolledBack, { earlier })), /rolled back/);
  assert.match(
    words(verified(LINES, { earlier: checkpointOf(tree, 9, GPU) })),
    /the earlier checkpoint is signed with another key/,
  );
});

test("what a Home signs must make sense: no settlement without its record, and nothing twice", () => {
  const settlement = LEAVES.findIndex(({ kind }) => kind === "EgressSettled");
  const first = LEAVES[settlement] ?? LEAVES[0];
  assert.ok(first !== undefined);
  assert.match(words(verified(exportedLines([first]))), /was never recorded before it/);
  assert.match(words(verified(exportedLines([...LEAVES, first]))), /settles egr_\w+ a second time/);
  assert.match(words(verified(exportedLines([...LEAVES, ...LEAVES.slice(0, 1)]))), /records egr_\w+ a second time/);
});

test("as many records as are remembered are checked, and with one more the ledger is not called whole", () => {
  const records = LEAVES.filter(({ kind }) => kind === "EgressRecorded").length;
  const limited = (recordsMax: number): LedgerReport => {
    const verifier = new LedgerVerifier({}, recordsMax);
    for (const line of LINES) verifier.take(line);
    return verifier.end();
  };
  assert.deepEqual([limited(records).whole, limited(records).records], [true, records]);
  const past = limited(records - 1);
  assert.equal(past.whole, false);
  assert.equal(past.records, records);
  assert.equal(words(past), `it has more than ${records - 1} records: what is there twice could not be found any more`);
});

test("garbage of any kind is refused in bounded words", () => {
  assert.match(words(verified([])), /the file is empty/);
  assert.match(words(verified(["{}"])), /is no beginning of a ledger/);
  assert.match(words(verified([LINES[0] ?? "", "x".repeat(LEDGER_LINE_CHARACTERS_MAX + 1)])), /longer than any line/);
  const many = verified([LINES[0] ?? "", ...Array.from({ length: LEDGER_PROBLEMS_MAX + 30 }, () => "{}")]);
  assert.equal(many.problems.length, LEDGER_PROBLEMS_MAX);
  assert.ok(many.moreProblems >= 30);
});
