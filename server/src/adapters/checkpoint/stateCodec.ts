// The whole state as one canonical text, and back: two states are the same when their texts are, bit for bit.
// A map is the list of its entries in its own order, for the order decides what is forgotten first.
import { canonicalJson } from "#protocol/canonicalJson.ts";
import { type Decoded, decodeJson } from "#protocol/decode.ts";
import { type Digest, digestOf } from "#protocol/digest.ts";
import type { HomeState } from "../../home/state.ts";
import { homeStateSchema } from "./stateSchemas.ts";

export function encodeState(state: HomeState): string {
  return canonicalJson(plain(state));
}

/** The hash that a replay must come to. */
export function stateHash(state: HomeState): Digest {
  return digestOf(encodeState(state));
}

export function decodeState(text: string): Decoded<HomeState> {
  return decodeJson(homeStateSchema, text);
}

function plain(value: unknown): unknown {
  if (value instanceof Map) return [...value].map(([key, member]) => [plain(key), plain(member)]);
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, plain(member)]));
}
