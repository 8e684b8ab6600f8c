// No message, however broken, crashes a decoder, changes what all objects share, takes long, or decodes to something that
// would not decode again. 50,000 mutants of the golden fixtures with every run, a million with `npm run soak`.
import assert from "node:assert/strict";
import { test } from "node:test";
import type * as z from "zod";
import { canonicalJson } from "#protocol/canonicalJson.ts";
import { type Decoded, decode, decodeJson } from "#protocol/decode.ts";
import { ArwError } from "#protocol/errors.ts";
import { METHODS } from "#protocol/wire/client.ts";
import { enrolReplySchema, enrolRequestSchema } from "#protocol/wire/enrol.ts";
import { decodeFrame } from "#protocol/wire/frame.ts";
import { parseInvite } from "#protocol/wire/inviteText.ts";
import { homeEnvelopeSchema, workerEnvelopeSchema } from "#protocol/wire/worker.ts";
import { readFixtures } from "../protocolFixtures.ts";
import { type Chance, chanceOf, seedsOf } from "../simulation/chance.ts";
import { mutantFrame, mutantText } from "../simulation/mutants.ts";
import { runsOf } from "../simulation/soak.ts";

/** Mutants of a run, over all decoders and seeds. */
const MUTANTS = runsOf(50_000, 1_000_000);
const FIXED_SEEDS = 3;
/** A message of our sizes takes microseconds; this is for a decoder whose time grows wildly with some message. */
const ONE_MESSAGE_MS_MAX = 2_000;

const fixtures = readFixtures("protocol/wire/fixtures");
const goodOf = (folder: string): readonly unknown[] =>
  fixtures.filter(({ name }) => name.startsWith(`${folder}/`)).map(({ value }) => value);

type Decoding = (value: unknown) => Decoded<unknown>;
/** One decoder: makes a mutant and decodes it. A decoded value is returned with the way to decode it again. */
type Attempt = (chance: Chance) => { readonly decoded: Decoded<unknown>; readonly again: Decoding };

function framed(schema: z.ZodType, good: readonly unknown[]): Attempt {
  return (chance) => {
    const decoded = decodeFrame(schema, mutantFrame(chance, good));
    const value: Decoded<unknown> = decoded.ok ? { ok: true, value: decoded.value.message } : decoded;
    return { decoded: value, again: (once) => decode(schema, once) };
  };
}

function spoken(schemas: readonly z.ZodType[], good: readonly unknown[]): Attempt {
  return (chance) => {
    const schema = schemas[chance.below(schemas.length)] ?? schemas[0];
    assert.ok(schema !== undefined);
    return { decoded: decodeJson(schema, mutantText(chance, good)), again: (once) => decode(schema, once) };
  };
}

/** The line of an invite, whose parser throws a refusal in words instead. */
function invited(good: readonly unknown[]): Attempt {
  return (chance) => {
    const again = (once: unknown): Decoded<unknown> => ({ ok: true, value: once });
    try {
      const text = `arw1_${Buffer.from(mutantText(chance, good)).toString("base64url")}`;
      return { decoded: { ok: true, value: parseInvite(text) }, again };
    } catch (error) {
      if (!(error instanceof ArwError)) throw error;
      return { decoded: { ok: false, path: "$", problem: error.message }, again };
    }
  };
}

const methodSchemas = Object.values(METHODS).flatMap((method): readonly z.ZodType[] => [method.params, method.result]);
const DECODERS: readonly (readonly [string, Attempt])[] = [
  ["what a worker sends", framed(workerEnvelopeSchema, goodOf("worker"))],
  ["what a Home sends", framed(homeEnvelopeSchema, goodOf("home"))],
  ["an enrolment's request", framed(enrolRequestSchema, goodOf("enrol"))],
  ["an enrolment's answer", framed(enrolReplySchema, goodOf("enrol"))],
  ["an invite", invited(goodOf("enrol"))],
  ["a client's call and its result", spoken(methodSchemas, goodOf("client"))],
];

const sharedBefore = [Object.prototype, Array.prototype, Function.prototype].map((shared) => Reflect.ownKeys(shared));

function assertUnpolluted(): void {
  const shared = [Object.prototype, Array.prototype, Function.prototype].map((each) => Reflect.ownKeys(each));
  assert.deepEqual(shared, sharedBefore);
  assert.equal(Reflect.get({}, "polluted"), undefined);
}

for (const [claim, attempt] of DECODERS) {
  test(`${claim} broken in any way is decoded or refused with its place, and nothing else happens`, () => {
    const seeds = seedsOf(FIXED_SEEDS);
    const perSeed = Math.ceil(MUTANTS / DECODERS.length / seeds.length);
    let refused = 0;
    for (const seed of seeds) {
      const chance = chanceOf(seed);
      for (let mutant = 1; mutant <= perSeed; mutant++) {
        const where = `seed ${seed}, mutant ${mutant}`;
        const startedMs = performance.now();
        try {
          const { decoded, again } = attempt(chance);
          if (decoded.ok) assertStable(decoded.value, again, where);
          else {
            refused += 1;
            assert.ok(decoded.path.startsWith("$") && decoded.problem.length > 0, where);
          }
        } catch (error) {
          throw new Error(`${where}: ${String(error)}`, { cause: error });
        }
        assert.ok(performance.now() - startedMs < ONE_MESSAGE_MS_MAX, `${where} took too long`);
      }
      assertUnpolluted();
    }
    // Mutants that all pass, or a decoder that refuses everything, would prove nothing.
    const all = perSeed * seeds.length;
    assert.ok(refused > all / 3 && refused < all, `${refused} of ${all} were refused`);
  });
}

/** What was let in is of its form: it decodes again to the same, and has no key that its form does not have. */
function assertStable(value: unknown, again: Decoding, where: string): void {
  const second = again(value);
  assert.ok(second.ok, `${where}: what decoded once is refused the second time`);
  assert.equal(canonicalJson(second.value), canonicalJson(value), where);
}
