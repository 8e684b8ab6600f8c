// One life of a real Home on a journal that lags behind, with many jobs racing for few leases: sends, losses, revocations,
// grants, time that passes, wall clocks that jump, and crashes that lose what was not durable.
// An auditor reads every durable frame, and every byte that crosses is counted where no crash can lose the count.
import assert from "node:assert/strict";
import type { Command, Transfer } from "#protocol/commands.ts";
import { byteCount, costMicros, durationMs, epochMs, fencingToken } from "#protocol/quantities.ts";
import type { AttemptId, LeaseId } from "#protocol/ids.ts";
import type { JournalEvent } from "#protocol/events.ts";
import type { SteadyReading } from "#protocol/lease.ts";
import type { Effect } from "../../server/src/home/effects.ts";
import { evolve } from "../../server/src/home/evolve.ts";
import { Home } from "../../server/src/home/home.ts";
import { liveAttempts } from "../../server/src/home/job/state.ts";
import { budgetLeft } from "../../server/src/home/lease/state.ts";
import type { HomeState } from "../../server/src/home/state.ts";
import type { Chance } from "./chance.ts";
import { HomeBooks } from "./homeBooks.ts";
import { approve, connect, homeWith, idsOf, lose, lost, NOW, preview } from "./homeCommands.ts";
import { approveScoped, expireLeases, grantLease, revokeLease, terms } from "./leaseCommands.ts";
import { capabilitiesWith, COMMAND_ENGINE, GPU, steadyAt } from "./homeScenario.ts";
import { MemoryJournal, settled } from "./memoryJournal.ts";

/** What the runs came to, so that a simulation which never gets into trouble does not pass for a proof. */
export interface RaceTally {
  [happening: string]: number;
}

const YEAR_MS: number = 366 * 24 * 60 * 60_000;
const STEPS = 20;
const CAPABILITIES = { ...capabilitiesWith(COMMAND_ENGINE), slots: 16 };

const START: HomeState = (() => {
  const home = homeWith(GPU);
  home.run(connect(GPU, { capabilities: CAPABILITIES }));
  return home.state;
})();

interface Sending {
  readonly number: number;
  readonly leaseId: LeaseId;
  readonly outMax: number;
  readonly whole: boolean;
  out: number;
}

export class LeaseRaces {
  readonly #chance: Chance;
  readonly #tally: RaceTally;
  readonly #books = new HomeBooks();
  /** What really crossed, by lease and attempt: the world forgets nothing. */
  readonly #crossed = new Map<LeaseId, Map<AttemptId, number>>();
  readonly #numbers = new Map<AttemptId, number>();
  readonly #durable: JournalEvent[] = [];
  #sending = new Map<AttemptId, Sending>();
  #journal = new MemoryJournal();
  #home: Home;
  #elapsedMs = 0;
  #boot = 1;
  #number = 0;

  constructor(chance: Chance, tally: RaceTally) {
    this.#chance = chance;
    this.#tally = tally;
    this.#home = this.#open(START);
  }

  async run(): Promise<void> {
    for (let lease = 0; lease < 2; lease++) this.#grant();
    this.#journal.release();
    await settled();
    for (let step = 0; step < STEPS; step++) {
      await this.#step();
      this.#check();
    }
    this.#journal.release();
    await settled();
    this.#check();
    const replayed = this.#durable.reduce(evolve, START);
    assert.deepEqual(replayed, this.#home.state, "the durable facts alone give the state again");
  }

  async #step(): Promise<void> {
    const dice = this.#chance.below(100);
    if (dice < 26) this.#spend();
    else if (dice < 52) this.#sendChunk();
    else if (dice < 62) this.#end();
    else if (dice < 66) this.#grant();
    else if (dice < 70) this.#revoke();
    else if (dice < 76) this.#letTimePass();
    else if (dice < 79) this.#give(lose(GPU, { at: this.#at(), transfers: this.#transfers() }));
    else if (dice < 83) await this.#crash();
    else if (this.#journal.inFlight > 0) {
      if (this.#chance.yes(0.5)) this.#journal.releaseOne();
      else this.#journal.release();
      await settled();
    }
    if (this.#home.state.nodes.byId.get(GPU.nodeId)?.status.kind !== "ready") this.#connect(this.#heldAttempts());
  }

  /** A job; where the owner is asked, the owner approves it once, as one of more, or not. */
  #spend(): void {
    const number = ++this.#number;
    this.#numbers.set(idsOf(number).attemptId, number);
    const bytes = byteCount(100 + this.#chance.below(4) * 300);
    const cost = this.#chance.yes(0.2) ? UNKNOWN : { ...PRICED, highMicros: costMicros(this.#chance.below(400)) };
    const of = { at: this.#at(), steady: this.#steady(), payloadBytes: bytes, cost };
    this.#give(preview(number, GPU, of));
    if (this.#chance.yes(0.7)) return;
    const answer = { at: this.#at(), steady: this.#steady() };
    this.#give(this.#chance.yes(0.5) ? approve(number, answer) : approveScoped(number, this.#terms(), answer));
  }

  #grant(): void {
    const number = ++this.#number;
    const of = { at: this.#at(), steady: this.#steady() };
    this.#give(grantLease(number, GPU, this.#terms(), of));
  }

  #terms(): ReturnType<typeof terms> {
    const cost = { currency: "EUR", micros: costMicros(this.#chance.below(1_500)) };
    const budget = { uses: 1 + this.#chance.below(4), bytes: byteCount(this.#chance.below(3_000)) };
    const leaseMs = durationMs(1 + this.#chance.below(3_000));
    return terms({ leaseMs }, this.#chance.yes(0.4) ? { ...budget, cost } : budget);
  }

  #revoke(): void {
    const leases = [...this.#home.state.leases.byId.keys()];
    const leaseId = leases[this.#chance.below(leases.length)];
    if (leaseId === undefined) return;
    this.#give({ ...revokeLease(1), at: this.#at(), leaseId, transfers: this.#transfers() });
  }

  #letTimePass(): void {
    this.#elapsedMs += this.#chance.below(800);
    if (this.#chance.yes(0.5)) this.#give({ ...expireLeases(0), at: this.#at(), steady: this.#steady() });
  }

  /** One more piece of a send, as the attempt desk does it: the Home is asked, and the reservation is the limit. */
  #sendChunk(): void {
    const all = [...this.#sending];
    const [attemptId, sending] = all[this.#chance.below(all.length)] ?? [];
    if (attemptId === undefined || sending === undefined) return;
    const bytes = 1 + this.#chance.below(600);
    const problem = this.#home.sendProblem(attemptId, this.#steady());
    if (problem !== undefined) return this.#count(`stopped ${problem.code}`);
    if (sending.out + bytes > sending.outMax) return this.#count("stopped at its reservation");
    assert.ok(!this.#books.hasEnded(sending.leaseId), "nothing leaves under a lease that is known to have ended");
    sending.out += bytes;
    const crossed = this.#crossed.get(sending.leaseId) ?? new Map<AttemptId, number>();
    this.#crossed.set(sending.leaseId, crossed.set(attemptId, (crossed.get(attemptId) ?? 0) + bytes));
    this.#count("chunks");
  }

  /** An attempt ends; what crossed is what was counted, and unknown where it began before this process. */
  #end(): void {
    const all = [...this.#sending];
    const [attemptId, sending] = all[this.#chance.below(all.length)] ?? [];
    if (attemptId === undefined || sending === undefined) return;
    const sent = !sending.whole ? "unknown" : this.#chance.yes(0.7) || sending.out > 0 ? "partial" : "none";
    const transfer = this.#transfer(attemptId, sending);
    const of = { at: this.#at(), attemptId, fencingToken: fencingToken(1), transfer, sent } as const;
    this.#give(lost(sending.number, GPU, of));
  }

  /** The process dies: what was not durable is gone, a machine may have been booted, and nobody knows what had left. */
  async #crash(): Promise<void> {
    this.#count("crashes");
    // A frame may have reached the disk without anybody having been told.
    if (this.#journal.inFlight > 0 && this.#chance.yes(0.3)) this.#journal.releaseOne();
    await settled();
    const { state } = this.#home;
    this.#journal.fail();
    await settled();
    if (this.#chance.yes(0.3)) {
      this.#boot += 1;
      this.#elapsedMs = this.#chance.below(100);
      this.#count("boots");
    }
    this.#journal = new MemoryJournal();
    this.#sending = new Map();
    this.#home = this.#open(state);
    this.#connect(this.#heldAttempts());
  }

  /** The worker comes back, with some of what it had. What it still holds goes on, and is sent nothing more. */
  #connect(held: readonly AttemptId[]): void {
    const of = { at: this.#at(), capabilities: CAPABILITIES, held, transfers: this.#transfers() };
    this.#give(connect(GPU, of));
    for (const { attempt } of liveAttempts(this.#home.state.jobs, GPU.nodeId)) {
      const { attemptId, leaseId } = attempt;
      const number = this.#numbers.get(attemptId);
      if (leaseId === undefined || number === undefined || this.#sending.has(attemptId)) continue;
      this.#sending.set(attemptId, { number, leaseId, outMax: 0, whole: false, out: 0 });
    }
  }

  #heldAttempts(): readonly AttemptId[] {
    const live = liveAttempts(this.#home.state.jobs, GPU.nodeId).map(({ attempt }) => attempt.attemptId);
    return live.filter(() => this.#chance.yes(0.6));
  }

  #open(state: HomeState): Home {
    const journal = this.#journal;
    journal.hold();
    const home: Home = new Home(state, {
      journal,
      perform: (effect) => {
        if (this.#journal === journal) this.#perform(effect, home.state);
      },
      onDurable: ({ events }) => {
        this.#books.read(events);
        this.#durable.push(...events);
        for (const { kind } of events) this.#count(kind);
      },
      onReadOnly: () => undefined,
    });
    return home;
  }

  #perform(effect: Effect, state: HomeState): void {
    if (effect.kind === "CancelAttempt") this.#sending.delete(effect.attemptId);
    if (effect.kind !== "SendOffer" || effect.leaseId === undefined) return;
    const { attemptId } = effect.offer;
    const number = this.#numbers.get(attemptId);
    assert.ok(number !== undefined);
    const outMax = state.leases.byId.get(effect.leaseId)?.reserved.get(attemptId)?.bytes ?? 0;
    this.#sending.set(attemptId, { number, leaseId: effect.leaseId, outMax, whole: true, out: 0 });
  }

  /** Gives a command and waits for nothing: many are in flight at a time. */
  #give(command: Command): void {
    this.#home.execute(command).then(
      (answer) => this.#count(answer.kind === "refusal" ? `refused ${answer.code}` : "executed"),
      () => this.#count("unknown outcomes"),
    );
  }

  #check(): void {
    const { leases } = this.#home.state;
    for (const [leaseId, held] of leases.byId) {
      const left = budgetLeft(held);
      assert.ok(left.uses >= 0 && left.bytes >= 0 && (left.costMicros ?? 0) >= 0, `lease ${leaseId} passed a cap`);
      const { budget } = held.lease;
      const accounted = this.#books.accounted(leaseId);
      assert.deepEqual([budget.uses - left.uses, budget.bytes - left.bytes], [accounted.uses, accounted.bytes]);
    }
    for (const [leaseId, byAttempt] of this.#crossed) {
      const bytes = [...byAttempt.values()].reduce((sum, one) => sum + one, 0);
      const accounted = this.#books.accounted(leaseId);
      assert.ok(
        bytes <= accounted.bytes,
        `${bytes} bytes crossed under ${leaseId}, ${accounted.bytes} are accounted for`,
      );
      assert.ok(byAttempt.size <= accounted.uses, "every job that something was sent for is accounted for");
    }
  }

  #transfers(): readonly Transfer[] {
    return [...this.#sending].map(([attemptId, sending]) => this.#transfer(attemptId, sending));
  }

  #transfer(attemptId: AttemptId, { out, whole }: Sending): Transfer {
    return { attemptId, bytesOut: byteCount(out), bytesIn: byteCount(0), whole };
  }

  /** The wall clock says anything. */
  #at(): ReturnType<typeof epochMs> {
    return epochMs(NOW + (this.#chance.below(3) - 1) * YEAR_MS);
  }

  #steady(): SteadyReading {
    return steadyAt(this.#elapsedMs, `boot ${this.#boot}`);
  }

  #count(happening: string): void {
    this.#tally[happening] = (this.#tally[happening] ?? 0) + 1;
  }
}

const UNKNOWN = { kind: "unknown", reason: "no price card" } as const;
const PRICED = { kind: "estimate", currency: "EUR", lowMicros: costMicros(0), basis: "the price card" } as const;
