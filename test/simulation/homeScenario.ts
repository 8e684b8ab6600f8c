// A Home's core with nobody around it: nodes with real keys, and a run of commands whose facts and states a test can read.
// It decides nothing: what must come of a command is said by the tests. Every state it holds refuses to be changed in place.
import assert from "node:assert/strict";
import type { KeyObject } from "node:crypto";
import type { Command } from "#protocol/commands.ts";
import { digestOf } from "#protocol/digest.ts";
import type { Refusal } from "#protocol/errors.ts";
import type { EventKind, JournalEvent } from "#protocol/events.ts";
import { nodeIdOf } from "#protocol/identity.ts";
import { type NodeId, workspaceId } from "#protocol/ids.ts";
import type { EngineAdvert, NodeCapabilities } from "#protocol/node.ts";
import type { SteadyReading } from "#protocol/lease.ts";
import { byteCount, steadyMs } from "#protocol/quantities.ts";
import { type PublicKey, publicKeyOf, signingKey } from "#protocol/signature.ts";
import { decide } from "../../server/src/home/decide.ts";
import { evolve } from "../../server/src/home/evolve.ts";
import type { HomeIdentity } from "../../server/src/home/identity.ts";
import { type HomeState, initialState } from "../../server/src/home/state.ts";

/** A node with its identity key, made of a seed. */
export interface TestNode {
  readonly name: string;
  readonly key: KeyObject;
  readonly publicKey: PublicKey;
  readonly nodeId: NodeId;
}

/** The seed is 32 bytes, or one byte 32 times. */
export function testNode(name: string, seed: number | Uint8Array): TestNode {
  const key = signingKey(typeof seed === "number" ? Buffer.alloc(32, seed) : seed);
  const publicKey = publicKeyOf(key);
  return { name, key, publicKey, nodeId: nodeIdOf(publicKey) };
}

export const LOCAL: TestNode = testNode("local", 1);
export const GPU: TestNode = testNode("gpu-box", 2);
export const ATTIC: TestNode = testNode("attic", 3);

export const IDENTITY: HomeIdentity = {
  workspaceId: workspaceId.from(Buffer.alloc(17, 9)),
  nodeId: LOCAL.nodeId,
  publicKey: LOCAL.publicKey,
};

export const MODEL: (EngineAdvert & { kind: "llama"; state: "ready" })["models"][number] = {
  name: "demo",
  digest: digestOf("the demo model"),
  bytes: byteCount(1_000),
  demo: true,
};
export const COMMAND_ENGINE: EngineAdvert = { kind: "command", state: "ready" };
export const LLAMA_ENGINE: EngineAdvert = { kind: "llama", state: "ready", models: [MODEL] };

export function capabilitiesWith(...engines: readonly EngineAdvert[]): NodeCapabilities {
  return {
    version: "0.1.0",
    os: "linux",
    architecture: "x64",
    cpuModel: "a processor",
    cpuCount: 4,
    memoryBytes: byteCount(8_000_000),
    gpus: [],
    sandbox: { kind: "bubblewrap", version: "0.11.0", enforces: ["private-files", "no-network"] },
    engines,
    slots: 2,
  };
}

/** The steady clock so many milliseconds after the time that all commands start from. */
export function steadyAt(ms: number, boot = "this boot"): SteadyReading {
  return { boot, ms: steadyMs(1_000_000 + ms) };
}

/** One Home: commands in, facts and a state out. */
export class Scenario {
  #state: HomeState = unchangeable(initialState(IDENTITY));
  readonly #frames: (readonly JournalEvent[])[] = [];

  get state(): HomeState {
    return this.#state;
  }

  /** The facts of each command that had any. */
  get frames(): readonly (readonly JournalEvent[])[] {
    return this.#frames;
  }

  get events(): readonly JournalEvent[] {
    return this.#frames.flat();
  }

  /** Gives a command; its facts, or the refusal. */
  give(command: Command): readonly JournalEvent[] | Refusal {
    const decided = decide(this.#state, command);
    if ("kind" in decided || decided.length === 0) return decided;
    this.#frames.push(unchangeable(decided));
    for (const event of decided) this.#state = unchangeable(evolve(this.#state, event));
    return decided;
  }

  /** Gives commands that must not be refused; the facts of the last. */
  run(...commands: readonly Command[]): readonly JournalEvent[] {
    let last: readonly JournalEvent[] = [];
    for (const command of commands) {
      const decided = this.give(command);
      if ("kind" in decided) assert.fail(`${command.kind} was refused: ${decided.code}: ${decided.message}`);
      last = decided;
    }
    return last;
  }

  /** Gives a command that must be refused with this code and change nothing. */
  refuses(command: Command, code: string): Refusal {
    const before = this.#state;
    const decided = this.give(command);
    if (!("kind" in decided)) assert.fail(`${command.kind} was not refused: ${kindsOf(decided).join(", ")}`);
    assert.equal(decided.code, code, decided.message);
    assert.ok(decided.message !== "" && decided.advice !== "", "a refusal names its cause and the fix");
    assert.equal(this.#state, before);
    return decided;
  }
}

export function kindsOf(events: readonly JournalEvent[]): readonly EventKind[] {
  return events.map((event) => event.kind);
}

/** The events of one kind. */
export function ofKind<Kind extends EventKind>(
  events: readonly JournalEvent[],
  kind: Kind,
): readonly Extract<JournalEvent, { readonly kind: Kind }>[] {
  return events.filter((event): event is Extract<JournalEvent, { readonly kind: Kind }> => event.kind === kind);
}

/** The one event of a kind. */
export function only<Kind extends EventKind>(
  events: readonly JournalEvent[],
  kind: Kind,
): Extract<JournalEvent, { readonly kind: Kind }> {
  const [event, ...more] = ofKind(events, kind);
  if (event === undefined || more.length > 0) {
    assert.fail(`there must be one ${kind} in ${kindsOf(events).join(", ")}`);
  }
  return event;
}

/** Freezes a value all the way down, maps included: whoever changes it in place throws. */
export function unchangeable<Value>(value: Value): Value {
  if (typeof value !== "object" || value === null || Object.isFrozen(value)) return value;
  if (value instanceof Map) {
    for (const member of value.values()) unchangeable(member);
    for (const name of ["set", "delete", "clear"]) Object.defineProperty(value, name, { value: refuseChange });
  } else {
    for (const member of Object.values(value)) unchangeable(member);
  }
  return Object.freeze(value);
}

function refuseChange(): never {
  throw new TypeError("a map of the state was changed in place");
}
