// What a broken or hostile peer sends instead of a message: a good one with a few wounds in its structure, in its text or in
// its bytes, parts of two grown together, or plain noise. It decides nothing; one seed makes the same mutants again.
import type { Chance } from "./chance.ts";

/** Wounds in one mutant. */
const WOUNDS_MAX = 4;
const NOISE_BYTES_MAX = 400;
/** A string of this many characters is long for every field of ours. */
const LONG_CHARACTERS = 20_000;
const DEEP_LEVELS = 40;
const REPEATED_CHARACTERS_MAX = 1_000;

const ODD_TEXTS: readonly string[] = [
  "",
  "\0",
  "\ud800",
  "\udfff x",
  "__proto__",
  "constructor",
  "../../etc/passwd",
  "x".repeat(LONG_CHARACTERS),
  "sha256:",
  "\u202e",
  "-----BEGIN CERTIFICATE-----",
  "A".repeat(43),
  "%00",
  "𝟘",
];
const ODD_NUMBERS: readonly number[] = [
  -1,
  -0,
  0.5,
  Number.MAX_SAFE_INTEGER,
  Number.MAX_SAFE_INTEGER + 1,
  1e308,
  -1e308,
  4_294_967_296,
  1e-7,
];
const POLLUTING_KEYS: readonly string[] = [
  "__proto__",
  "constructor",
  "prototype",
  "toString",
  "hasOwnProperty",
  "toJSON",
];

type Wound = (chance: Chance, value: unknown, others: readonly unknown[]) => unknown;

const WOUNDS: readonly Wound[] = [
  (chance) => pick(chance, ODD_TEXTS),
  (chance) => pick(chance, ODD_NUMBERS),
  (chance) => pick<unknown>(chance, [null, true, false, [], {}]),
  (_, value) => [value],
  (_, value) => ({ kind: value }),
  (_, value) => nested(value),
  (chance, _, others) => subtree(chance, pick(chance, others)),
  (chance, value) => (Array.isArray(value) ? repeated(chance, value) : value),
  (chance, value) => (isRecord(value) ? without(chance, value) : value),
  (chance, value) => (isRecord(value) ? { ...value, [pick(chance, ODD_TEXTS)]: value } : value),
  (chance, value) => (typeof value === "string" ? flippedCharacter(chance, value) : value),
  (chance, value) => (typeof value === "number" ? value + pick(chance, [-1, 1, 0.1, 2 ** 31, -(2 ** 53)]) : value),
];

/** JSON text of a good message with wounds, sometimes in the text itself. */
export function mutantText(chance: Chance, good: readonly unknown[]): string {
  let value = structuredClone(pick(chance, good));
  const wounds = 1 + chance.below(WOUNDS_MAX);
  for (let wound = 0; wound < wounds; wound++) value = wounded(chance, value, good);
  const text = JSON.stringify(value) ?? "";
  return chance.yes(0.3) ? woundedText(chance, text) : text;
}

/** Bytes of a frame around such a text: honest, dishonest about its length, damaged, or noise from the first byte. */
export function mutantFrame(chance: Chance, good: readonly unknown[]): Uint8Array {
  if (chance.yes(0.15)) return noise(chance);
  const json = Buffer.from(mutantText(chance, good));
  const head = Buffer.alloc(4);
  const announced = chance.yes(0.85) ? json.length : chance.below(2 ** 32);
  head.writeUInt32BE(announced);
  const frame = Buffer.concat([head, json, chance.yes(0.3) ? noise(chance) : new Uint8Array(0)]);
  if (chance.yes(0.2)) for (let flip = 0; flip <= chance.below(8); flip++) flipBit(chance, frame);
  return chance.yes(0.1) ? frame.subarray(0, chance.below(frame.length + 1)) : frame;
}

function wounded(chance: Chance, value: unknown, others: readonly unknown[]): unknown {
  // Deeper with chance, so that wounds are everywhere and not only at the root.
  if (chance.yes(0.85) && Array.isArray(value) && value.length > 0) {
    const at = chance.below(value.length);
    return value.map((item: unknown, index) => (index === at ? wounded(chance, item, others) : item));
  }
  if (chance.yes(0.85) && isRecord(value) && Object.keys(value).length > 0) {
    const key = pick(chance, Object.keys(value));
    return { ...value, [key]: wounded(chance, value[key], others) };
  }
  return pick(chance, WOUNDS)(chance, value, others);
}

function woundedText(chance: Chance, text: string): string {
  const at = chance.below(text.length + 1);
  switch (chance.below(6)) {
    case 0:
      return text.slice(0, at);
    case 1:
      return text.slice(0, at) + text.slice(at + 1);
    case 2:
      return `${text.slice(0, at)}${pick(chance, ["{", "[", '"', "\\", ",", ":", "\\ud800", " ", "\ufeff"])}${text.slice(at)}`;
    case 3:
      // A key that only a parser sees: JSON.stringify would never write it.
      return text.replace("{", `{"${pick(chance, POLLUTING_KEYS)}":{"polluted":true},`);
    case 4:
      return text.replace("{", '{"__pr\\u006fto__":{"polluted":true},');
    default:
      return text + text;
  }
}

function subtree(chance: Chance, value: unknown): unknown {
  if (typeof value !== "object" || value === null || chance.yes(0.3)) return value;
  const members: readonly unknown[] = Object.values(value);
  return members.length === 0 ? value : subtree(chance, pick(chance, members));
}

function nested(value: unknown): unknown {
  let deep = value;
  for (let level = 0; level < DEEP_LEVELS; level++) deep = level % 2 === 0 ? [deep] : { a: deep };
  return deep;
}

function repeated(chance: Chance, items: readonly unknown[]): readonly unknown[] {
  if (items.length === 0) return Array.from({ length: 3 }, () => null);
  // Large things only twice: wounds in wounds would grow past any memory, and that would try this file, not a decoder.
  const small = (JSON.stringify(items[0]) ?? "").length <= REPEATED_CHARACTERS_MAX;
  return Array.from({ length: small ? pick(chance, [2, 5, 1_025]) : 2 }, () => items[0]);
}

function without(chance: Chance, value: Readonly<Record<string, unknown>>): unknown {
  const keys = Object.keys(value);
  const gone = keys.length === 0 ? undefined : pick(chance, keys);
  return Object.fromEntries(Object.entries(value).filter(([key]) => key !== gone));
}

function flippedCharacter(chance: Chance, text: string): string {
  const at = chance.below(text.length + 1);
  return `${text.slice(0, at)}${String.fromCharCode(chance.below(65_536))}${text.slice(at + 1)}`;
}

function flipBit(chance: Chance, bytes: Buffer): void {
  if (bytes.length === 0) return;
  const at = chance.below(bytes.length);
  bytes.writeUInt8(bytes.readUInt8(at) ^ (1 << chance.below(8)), at);
}

function noise(chance: Chance): Buffer {
  return Buffer.from(Array.from({ length: chance.below(NOISE_BYTES_MAX) }, () => chance.below(256)));
}

function pick<Item>(chance: Chance, items: readonly Item[]): Item {
  for (const item of items.slice(chance.below(items.length))) return item;
  throw new RangeError("nothing to pick from");
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
