// Output over links that break: whatever is cut, acknowledged and sent again, the Home gets every range in order, unchanged.
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { digestOf } from "#protocol/digest.ts";
import { byteCount } from "#protocol/quantities.ts";
import type { OutputStream } from "#protocol/result.ts";
import type { WorkerMessage } from "#protocol/wire/worker.ts";
import { ADVERTS, offerOf, RESULT, receiptOf } from "../../../test/simulation/attemptFixtures.ts";
import type { AttemptsInput } from "./attemptInputs.ts";
import { step } from "./attempts.ts";
import { type AttemptsState, noAttempts } from "./attemptsState.ts";

const OFFER = offerOf(1);
const { attemptId, fencingToken } = OFFER;

interface Sent {
  readonly message: WorkerMessage;
  readonly text?: string;
}

/** A worker's core with the least of a shell, a link that loses what it carries, and a Home that keeps what it gets. */
class Cluster {
  state: AttemptsState = noAttempts(1);
  readonly made: string[] = [];
  readonly durable: string[] = [];
  finishedTimes = 0;
  #retained = new Map<number, string>();
  #wire: Sent[] = [];
  #acknowledged = 0;

  constructor() {
    this.input({ kind: "engines-probed", adverts: ADVERTS });
    this.input({ kind: "link-up", resume: [] });
    this.input({ kind: "home-message", message: OFFER });
    this.input({ kind: "inputs-checked", attemptId, stage: "root", missing: [] });
    this.input({ kind: "engine-started", attemptId });
  }

  input(input: AttemptsInput, text = ""): void {
    const { state, effects } = step(this.state, input);
    this.state = state;
    for (const effect of effects) {
      if (effect.kind === "SendMessage") this.#wire.push({ message: effect.message });
      if (effect.kind === "RetainRange") this.#retained.set(effect.range.number, text);
      if (effect.kind === "DropRanges") {
        for (const number of this.#retained.keys()) if (number <= effect.throughNumber) this.#retained.delete(number);
      }
      if (effect.kind === "SendRange") {
        const kept = this.#retained.get(effect.range.number);
        assert.notEqual(kept, undefined, "a range that is sent is still kept");
        const { number, stream, fromByte } = effect.range;
        const message = { kind: "output", attemptId, fencingToken, number, stream, fromByte } as const;
        this.#wire.push({ message, text: kept ?? "" });
      }
    }
  }

  print(stream: OutputStream, length: number): void {
    const text = `${this.made.length}:`.padEnd(length + 4, stream);
    this.made.push(text);
    this.input({ kind: "engine-output", attemptId, stream, bytes: byteCount(text.length) }, text);
  }

  /** The Home takes some of what is on the wire. */
  deliver(count: number): void {
    for (const { message, text } of this.#wire.splice(0, count)) {
      if (message.kind === "finished") {
        assert.equal(message.lastNumber, this.durable.length, "the result comes after all output");
        this.finishedTimes += 1;
      }
      if (message.kind !== "output") continue;
      assert.ok(message.number <= this.durable.length + 1, "no number is left out");
      if (message.number <= this.durable.length)
        assert.equal(text, this.durable[message.number - 1], "sent again alike");
      else this.durable.push(text ?? "");
    }
  }

  acknowledge(): void {
    this.#acknowledged = this.durable.length;
    if (this.#acknowledged === 0 || this.state.link === "down") return;
    const message = { kind: "acknowledge", attemptId, fencingToken, number: this.#acknowledged } as const;
    this.input({ kind: "home-message", message });
  }

  cut(): void {
    this.#wire = [];
    this.input({ kind: "link-down" });
  }

  reconnect(): void {
    this.cut();
    this.input({ kind: "link-up", resume: [{ attemptId, acknowledged: this.durable.length }] });
  }

  conclude(): void {
    this.input({ kind: "concluded", attemptId, result: RESULT, receipt: receiptOf(OFFER), returns: new Set() });
  }
}

type Action = (cluster: Cluster) => void;

const action: fc.Arbitrary<Action> = fc.oneof(
  fc.tuple(fc.constantFrom<OutputStream>("stdout", "stderr", "text"), fc.nat(20)).map(
    ([stream, length]): Action =>
      (cluster) =>
        cluster.print(stream, length),
  ),
  fc.nat(6).map(
    (count): Action =>
      (cluster) =>
        cluster.deliver(count),
  ),
  fc.constant<Action>((cluster) => cluster.acknowledge()),
  fc.constant<Action>((cluster) => cluster.cut()),
  fc.constant<Action>((cluster) => cluster.reconnect()),
);

test("whatever is cut, acknowledged and sent again, every range arrives in order and unchanged, then the result", () => {
  fc.assert(
    fc.property(fc.array(action, { maxLength: 60 }), fc.nat(60), (actions, endsAfter) => {
      const cluster = new Cluster();
      const running = actions.slice(0, endsAfter);
      for (const act of running) act(cluster);
      cluster.conclude();
      const { made } = cluster;
      const beforeEnd = made.length;
      // The engine has ended: what it still seems to print is too late.
      for (const act of actions.slice(endsAfter)) act(cluster);
      cluster.reconnect();
      cluster.deliver(Number.POSITIVE_INFINITY);
      assert.deepEqual(cluster.durable, made.slice(0, beforeEnd));
      assert.ok(cluster.finishedTimes >= 1);
    }),
    { numRuns: 500 },
  );
});

test("after the settlement nothing that comes late changes anything", () => {
  const late = fc.constantFrom<AttemptsInput>(
    { kind: "engine-started", attemptId },
    { kind: "engine-output", attemptId, stream: "text", bytes: byteCount(3) },
    { kind: "home-message", message: { kind: "acknowledge", attemptId, fencingToken, number: 1 } },
    { kind: "home-message", message: { kind: "cancel", attemptId, fencingToken, reason: "late" } },
    { kind: "home-message", message: { kind: "settled", attemptId, fencingToken, accepted: false } },
    { kind: "input-complete", attemptId, digest: digestOf("x") },
    { kind: "inputs-unusable", attemptId, outcome: { kind: "cancelled" } },
    { kind: "concluded", attemptId, result: RESULT, receipt: receiptOf(OFFER), returns: new Set() },
  );
  fc.assert(
    fc.property(fc.array(late, { maxLength: 20 }), (inputs) => {
      const cluster = new Cluster();
      cluster.print("text", 4);
      cluster.conclude();
      cluster.input({ kind: "home-message", message: { kind: "settled", attemptId, fencingToken, accepted: true } });
      const settled = cluster.state;
      for (const input of inputs) assert.deepEqual(step(settled, input), { state: settled, effects: [] });
    }),
  );
});
