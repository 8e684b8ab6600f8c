// A yes of the silent look is a yes of zod, with an equal value; and every event of today's journals gets that yes.
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import * as z from "zod";
import { readFixtures } from "../test/protocolFixtures.ts";
import { eventSchemas } from "./decodeEvent.ts";
import { exactShape } from "./exactShape.ts";
import { kindOf } from "./schemaByKind.ts";

const FIXTURES = readFixtures("protocol/fixtures/events");
const SCHEMAS = new Map<string, z.ZodType>(Object.entries(eventSchemas));

const LOOKS = new Map([...SCHEMAS].map(([kind, schema]) => [kind, { schema, isExact: exactShape(schema) }]));

/** A document of rules has conditions of its own (each id once), which zod alone decides: once for each adoption. */
const DECIDED_BY_ZOD: ReadonlySet<string> = new Set(["PolicyAdopted", "WorkspacePolicyRead"]);

/** What reads events of this one's kind. */
function looksAt(value: unknown): { readonly schema: z.ZodType; readonly isExact: (made: unknown) => boolean } {
  const looks = LOOKS.get(kindOf(value) ?? "");
  assert.ok(looks !== undefined);
  return looks;
}

/** Whether zod answers with an equal value. */
function isZodsOwn(schema: z.ZodType, value: unknown): boolean {
  const result = schema.safeParse(value);
  if (!result.success) return false;
  try {
    assert.deepEqual(result.data, value);
    return true;
  } catch {
    return false;
  }
}

test("every event of the golden fixtures is exactly what its schema decodes it to", () => {
  const kinds = new Set<string | undefined>();
  for (const { name, value } of FIXTURES) {
    const isShort = !DECIDED_BY_ZOD.has(kindOf(value) ?? "");
    assert.equal(looksAt(value).isExact(value), isShort, `${name} takes the ${isShort ? "long" : "short"} way`);
    kinds.add(kindOf(value));
  }
  assert.deepEqual(
    [...SCHEMAS.keys()].filter((kind) => !kinds.has(kind)),
    [],
  );
});

const oddity = fc.oneof(
  fc.jsonValue({ maxDepth: 2 }),
  fc.constantFrom<unknown>(-1, 0, -0, 1.5, 2 ** 53, Number.MAX_SAFE_INTEGER, "", "a".repeat(5_000), "../x", "\ud800"),
  fc.constantFrom<unknown>(null, undefined, Number.NaN, {}, [], new Map(), Object.create({ kind: "ask" })),
);

type Change =
  | { readonly kind: "replace" | "add"; readonly at: number; readonly value: unknown; readonly key: string }
  | { readonly kind: "drop"; readonly at: number };

const change: fc.Arbitrary<Change> = fc.oneof(
  fc.record({
    kind: fc.constantFrom("replace" as const, "add" as const),
    at: fc.nat(),
    value: oddity,
    key: fc.constantFrom("more", "kind", "__proto__", "0", "constructor", "paths"),
  }),
  fc.record({ kind: fc.constant("drop" as const), at: fc.nat() }),
);

interface Place {
  readonly holder: object;
  readonly key: string;
}

function placesOf(value: unknown): readonly Place[] {
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([key, member]) => [{ holder: value, key }, ...placesOf(member)]);
}

/** The same in a copy, with one member other than it was. */
function changed(value: unknown, { at, ...how }: Change): unknown {
  const copy: unknown = structuredClone(value);
  const places = placesOf(copy);
  const place = places[at % places.length];
  assert.ok(place !== undefined);
  const { holder, key } = place;
  if (how.kind === "drop") Reflect.deleteProperty(holder, key);
  else if (how.kind === "replace") Reflect.set(holder, key, how.value);
  else
    Object.defineProperty(holder, how.key, { value: how.value, enumerable: true, writable: true, configurable: true });
  return copy;
}

test("an event with anything changed in it is exact only where zod answers with an equal value", () => {
  const fixture = fc.constantFrom(...FIXTURES.map(({ value }) => value));
  let yes = 0;
  fc.assert(
    fc.property(fixture, fc.array(change, { minLength: 1, maxLength: 3 }), (value, changes) => {
      const { schema, isExact } = looksAt(value);
      const made = changes.reduce(changed, value);
      if (!isExact(made)) return;
      yes++;
      assert.ok(isZodsOwn(schema, made), JSON.stringify(made));
    }),
    { numRuns: 5_000 },
  );
  assert.ok(yes > 20, `${yes} changed events were exact: that proves little`);
});

test("as JSON carries it, an event is exact wherever zod takes it", () => {
  const short = FIXTURES.filter(({ value }) => !DECIDED_BY_ZOD.has(kindOf(value) ?? ""));
  const fixture = fc.constantFrom(...short.map(({ value }) => value));
  fc.assert(
    fc.property(fixture, change, (value, one) => {
      const made: unknown = JSON.parse(JSON.stringify(changed(value, one)));
      const { schema, isExact } = looksAt(value);
      assert.equal(isExact(made), isZodsOwn(schema, made), JSON.stringify(made));
    }),
    { numRuns: 3_000 },
  );
});

const OTHERS: readonly z.ZodType[] = [
  z.string().trim(),
  z.string().toLowerCase().max(3),
  z.string().regex(/a/gu),
  z.string().transform((text) => text.length),
  z.string().default("x"),
  z.string().catch("x"),
  z.string().nullable(),
  z.string().optional(),
  z.string().superRefine((text, context) => {
    if (text !== "") context.addIssue("no");
  }),
  z.email(),
  z.int(),
  z.int32(),
  z.coerce.number(),
  z.bigint().min(1n),
  z.object({ a: z.string().exactOptional() }),
  z.looseObject({ a: z.string() }),
  z.strictObject({ a: z.string().optional(), b: z.number().exactOptional() }),
  z.strictObject({ a: z.string() }).refine((value) => value.a === "b"),
  z.strictObject({ a: z.strictObject({ b: z.number().transform((value) => value + 1) }) }),
  z.record(z.string(), z.string()),
  z.union([z.object({ a: z.string() }), z.strictObject({ a: z.string(), b: z.string() })]),
  z.union([z.literal("."), z.string().min(2)]),
  z.array(z.string()).min(1).max(2),
  z.tuple([z.string()]),
  z.preprocess((value) => value ?? "x", z.string()),
  z.literal([1, "a", null]),
  z.number().gt(1).lt(3).multipleOf(0.5),
];

test("of a schema that it does not wholly know, it says yes only where zod answers with an equal value", () => {
  const small = fc.oneof(
    fc.constantFrom("", "a", "A", " a ", ".", "aa", "a@b.de"),
    fc.integer({ min: -3, max: 3 }),
    oddity,
  );
  const value = fc.oneof(
    small,
    fc.dictionary(fc.constantFrom("a", "b", "c"), fc.oneof(small, fc.record({ b: small })), { noNullPrototype: true }),
    fc.array(small, { maxLength: 3 }),
  );
  for (const [index, schema] of OTHERS.entries()) {
    const isExact = exactShape(schema);
    fc.assert(
      fc.property(value, (made) => {
        assert.ok(!isExact(made) || isZodsOwn(schema, made), `schema ${index}`);
      }),
      { numRuns: 300 },
    );
  }
});
