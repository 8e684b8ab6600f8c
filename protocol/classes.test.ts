// A class only grows by what is derived, and only a person's mark makes it less: in whatever order it comes, however much it is.
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import {
  type ClassMark,
  classSaid,
  DERIVED_PATHS_MAX,
  type DerivedPath,
  highestClass,
  isHigher,
  pathClasses,
  withDerived,
  withoutDerived,
} from "./classes.ts";
import type { Classification } from "./egress.ts";
import { episodeId } from "./ids.ts";
import { epochMs } from "./quantities.ts";

const FROM = { kind: "episode", episodeId: episodeId.from(Buffer.alloc(17)) } as const;
const classification = fc.constantFrom<Classification>("public", "internal", "secret", "regulated");
const path = fc.array(fc.constantFrom("a", "b", "c"), { minLength: 1, maxLength: 4 }).map((names) => names.join("/"));
const derivedPath: fc.Arbitrary<DerivedPath> = fc
  .record({ path, classification, untrusted: fc.constantFrom(undefined, "made on gpu") })
  .map(({ untrusted, ...of }) => ({ ...of, from: FROM, ...(untrusted === undefined ? {} : { untrusted }) }));

function mark(of: string, classed: Classification): ClassMark {
  return { path: of, classification: classed, markedAt: epochMs(1), by: "cli" };
}

function said(of: string, marks: readonly ClassMark[], derived: readonly DerivedPath[] = []): Classification {
  return classSaid(pathClasses(marks, derived)(of));
}

test("nothing that was written from something gets less, or trusted, by more that is written or by folding it into folders", () => {
  fc.assert(
    fc.property(fc.array(derivedPath, { maxLength: 30 }), fc.integer({ min: 1, max: 8 }), (written, pathsMax) => {
      const held = withDerived([], written, pathsMax);
      assert.ok(held.length <= pathsMax);
      const classOf = pathClasses([], held);
      for (const each of written) {
        const { derived } = classOf(each.path);
        assert.ok(derived !== undefined && !isHigher(each.classification, derived.classification), each.path);
        if (each.untrusted !== undefined) assert.equal(derived.untrusted, each.untrusted);
      }
    }),
    { numRuns: 2_000 },
  );
});

test("the order in which files are written makes no difference to their class", () => {
  const classes = fc.array(derivedPath, { maxLength: 12 });
  fc.assert(
    fc.property(
      classes.chain((all) => fc.tuple(fc.constant(all), fc.shuffledSubarray(all, { minLength: all.length }))),
      ([one, other]) => {
        const [left, right] = [pathClasses([], withDerived([], one)), pathClasses([], withDerived([], other))];
        for (const each of one) {
          assert.equal(classSaid(left(each.path)), classSaid(right(each.path)));
          assert.equal(left(each.path).derived?.untrusted, right(each.path).derived?.untrusted);
        }
      },
    ),
    { numRuns: 500 },
  );
});

test("more files than are remembered one by one are remembered as their folder, and never more than the limit", () => {
  const files = Array.from(
    { length: DERIVED_PATHS_MAX + 1 },
    (_, index): DerivedPath => ({
      path: `out/${index}.json`,
      classification: index === 7 ? "secret" : "internal",
      from: FROM,
    }),
  );
  assert.equal(withDerived([], files.slice(1)).length, DERIVED_PATHS_MAX);
  assert.deepEqual(withDerived([], files), [{ path: "out", classification: "secret", from: FROM }]);
});

test("the nearest mark counts, the workspace's last, and what nobody said anything of is internal", () => {
  const marks = [mark(".", "public"), mark("src", "internal"), mark("src/a/readme.md", "public")];
  assert.equal(said("other.txt", marks), "public");
  assert.equal(said("src/a/b.ts", marks), "internal");
  assert.equal(said("src/a/readme.md", marks), "public");
  assert.equal(said("src2/x", [mark("src", "secret")]), "internal");
  assert.equal(highestClass([]), "internal");
});

test("a mark that forbids fits in every spelling, and one that allows in its own alone", () => {
  assert.equal(said("KEYS/Å.txt", [mark("keys", "secret")]), "secret");
  assert.equal(said("cafe\u0301/a", [mark("caf\u00e9", "regulated")]), "regulated");
  assert.equal(said("DOCS/a", [mark("docs", "public")]), "internal");
  assert.equal(said("docs/a", [mark("DOCS", "secret"), mark("docs", "public")]), "secret");
});

test("what is written after a mark counts beside it, and what a person marks anew is answered for", () => {
  const written: DerivedPath = { path: "out/a", classification: "secret", from: FROM, untrusted: "made on gpu" };
  const held = withDerived([], [written]);
  assert.equal(said("out/a", [mark("out", "public")], held), "secret");
  assert.deepEqual(withoutDerived(held, "out"), []);
  assert.deepEqual(withoutDerived(held, "."), []);
  assert.equal(withoutDerived(held, "ou").length, 1);
  assert.equal(withoutDerived(held, "out/a/b").length, 1);
});

test("what was written is known by every spelling that a file system may take for the same", () => {
  const written = { path: "Out/a.json", classification: "secret", from: FROM, untrusted: "made on gpu" } as const;
  assert.equal(said("out/A.json", [], [written]), "secret");
  assert.equal(pathClasses([], [written])("out/a.json").derived?.untrusted, "made on gpu");
});

test("ten thousand files in as many folders are folded at once", () => {
  const written = Array.from({ length: 10_000 }, (_, index): DerivedPath => {
    return { path: `d${index}/e${index}/f`, classification: "internal", from: FROM, untrusted: "made on gpu" };
  });
  assert.ok(withDerived([], written).length <= DERIVED_PATHS_MAX);
});
