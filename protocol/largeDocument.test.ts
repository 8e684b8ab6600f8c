// Step by step must mean the same as at once: the same bytes, the same values, the same refusals, whatever is in the text.
import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import * as z from "zod";
import { readPage } from "../test/protocolFixtures.ts";
import { canonicalJson } from "./canonicalJson.ts";
import { type Decoded, decodeJson } from "./decode.ts";
import { digestOf } from "./digest.ts";
import { type EgressPreview, egressPreviewSchema, type PreviewItem } from "./egress.ts";
import { TREE_ENTRIES_MAX, type TreeEntry, type TreeManifest, treeManifestSchema } from "./job.ts";
import { canonicalPieces, decodePreview, decodeTree, STEP_ENTRIES } from "./largeDocument.ts";
import { byteCount } from "./quantities.ts";
import { workspacePathSchema } from "./workspacePath.ts";

const FIXTURE = "protocol/wire/fixtures/client/readPreview.result.json";
const egressPreviewExample: EgressPreview = z
  .looseObject({ preview: egressPreviewSchema })
  .parse(JSON.parse(readPage(FIXTURE))).preview;

/** What cutting goes by, in places where it means nothing. */
const trap = fc.constantFrom('},{"a', '}],"b', '"entries":[', '"items":[{', "}]}", '","', '\\"', "[{", "},{", "x");
const nasty = fc.array(fc.oneof(trap, fc.string({ maxLength: 3 })), { maxLength: 4 }).map((parts) => parts.join(""));
const path = nasty.map((text) => `p${text.replaceAll(/[\\:\0/]/gu, "")}`.toWellFormed());
const entry: fc.Arbitrary<TreeEntry> = fc.oneof(
  fc.record({ path, executable: fc.boolean() }).map(({ path: at, executable }): TreeEntry => {
    const digest = digestOf(at);
    return { kind: "file", path: workspacePathSchema.parse(at), digest, bytes: byteCount(at.length), executable };
  }),
  fc.record({ path, target: nasty }).map(({ path: at, target }): TreeEntry => {
    return { kind: "symlink", path: workspacePathSchema.parse(at), target: `t${target}`.toWellFormed() };
  }),
);
const item: fc.Arbitrary<PreviewItem> = nasty.map((text) => {
  return { path: text.toWellFormed(), bytes: byteCount(1), classification: "internal", digest: digestOf(text) };
});

/** A few entries, and many of each: cuts fall anywhere between them. */
function many<Entry>(of: fc.Arbitrary<Entry>): fc.Arbitrary<readonly Entry[]> {
  return fc
    .tuple(fc.array(of, { maxLength: 4 }), fc.integer({ min: 1, max: STEP_ENTRIES }))
    .map(([entries, times]) => Array.from({ length: times }, () => entries).flat());
}

const tree: fc.Arbitrary<TreeManifest> = many(entry).map((entries) => ({ kind: "tree", entries }));
const preview: fc.Arbitrary<EgressPreview> = fc
  .record({ items: many(item), leftOut: many(fc.record({ path: nasty, reason: nasty })), title: nasty })
  .map(({ items, leftOut, title }) => ({
    ...egressPreviewExample,
    items,
    leftOut: leftOut.map((each) => ({ path: each.path.toWellFormed(), reason: each.reason.toWellFormed() })),
    title: title.toWellFormed(),
  }));

/** A change somewhere: most make the text worse, some make it another valid one. */
const change = fc.record({
  at: fc.double({ min: 0, max: 1, noNaN: true }),
  drop: fc.nat(3),
  put: fc.oneof(trap, nasty),
});

function changed(text: string, { at, drop, put }: { at: number; drop: number; put: string }): string {
  const index = Math.floor(at * text.length);
  return text.slice(0, index) + put + text.slice(index + drop);
}

/** Takes all steps. */
function whole<Result>(work: Generator<unknown, Result>): Result {
  for (;;) {
    const step = work.next();
    if (step.done === true) return step.value;
  }
}

test("a document in pieces is its canonical JSON, and no piece holds more entries than a step", () => {
  fc.assert(
    fc.property(
      fc.oneof<fc.Arbitrary<object>[]>(tree, preview, fc.dictionary(fc.string(), fc.jsonValue())),
      (document) => {
        const safe: unknown = JSON.parse(JSON.stringify(document).toWellFormed());
        if (typeof safe !== "object" || safe === null) return;
        assert.equal([...canonicalPieces(safe)].join(""), canonicalJson(safe));
      },
    ),
    { numRuns: 200 },
  );
  const entries = Array.from({ length: STEP_ENTRIES * 3 + 1 }, (_, index) => index);
  assert.equal([...canonicalPieces({ entries })].length, 1 + 4 + 1 + 1);
  assert.throws(() => [...canonicalPieces({ entries: [Number.NaN] })], TypeError);
});

test("a tree that is read in steps is the tree that is read at once", () => {
  fc.assert(
    fc.property(tree, (document) => {
      assert.deepEqual(whole(decodeTree(canonicalJson(document))), { ok: true, value: document });
    }),
    { numRuns: 100 },
  );
});

test("whatever is changed in a text, steps and at once agree on it", () => {
  const agree = <T>(text: string, inSteps: Decoded<T>, atOnce: Decoded<T>): void => {
    if (inSteps.ok !== atOnce.ok) assert.fail(`they differ on ${text}`);
    assert.deepEqual(inSteps, atOnce);
  };
  fc.assert(
    fc.property(tree, change, (document, how) => {
      const text = changed(canonicalJson(document), how);
      agree(text, whole(decodeTree(text)), decodeJson(treeManifestSchema, text));
    }),
    { numRuns: 150 },
  );
  fc.assert(
    fc.property(preview, change, (document, how) => {
      const unchanged = canonicalJson(document);
      assert.deepEqual(whole(decodePreview(unchanged)), { ok: true, value: document });
      const text = changed(unchanged, how);
      agree(text, whole(decodePreview(text)), decodeJson(egressPreviewSchema, text));
    }),
    { numRuns: 60 },
  );
});

test("a key that stands there twice, another order of keys, spaces: such a text is read as any other", () => {
  const link = '{"kind":"symlink","path":"a","target":"b"}';
  for (const text of [
    `{"entries":[${link}],"entries":[],"kind":"tree"}`,
    `{"entries":[],"entries":[${link}],"kind":"tree"}`,
    `{"kind":"tree","entries":[${link}]}`,
    `{ "entries" : [ ${link} , ${link} ], "kind": "tree" }`,
    `{"entries":[${link},],"kind":"tree"}`,
    `{"entries":[${link}],"kind":"tree"}]`,
    `{"entries":[${link}],"kind":"tree","more":1}`,
    `{"entries":[${link}],"kind":"bush"}`,
  ]) {
    assert.deepEqual(whole(decodeTree(text)), decodeJson(treeManifestSchema, text), text);
  }
});

test("a tree has as many entries in steps as at once, and not one more", () => {
  const text = (count: number): string => {
    const entries = Array.from({ length: count }, () => '{"kind":"symlink","path":"a","target":"b"}');
    return `{"entries":[${entries.join(",")}],"kind":"tree"}`;
  };
  assert.ok(whole(decodeTree(text(TREE_ENTRIES_MAX))).ok);
  assert.ok(!whole(decodeTree(text(TREE_ENTRIES_MAX + 1))).ok);
});
