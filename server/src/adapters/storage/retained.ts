// What the journal still needs of the bytes beside it: for each episode its digests and its attempts, and whether it counts.
// It decides what may be dropped: never anything of an open episode, nor of a recent one, nor what waits for the owner's look;
// what the owner discarded at once. It reads, and changes nothing.
import type { JournalEvent } from "#protocol/events.ts";
import type { EpochMs } from "#protocol/quantities.ts";
import type { ResultReviewed } from "#protocol/reviewEvents.ts";
import { broughtBack } from "../../home/episode/review.ts";

/** An episode keeps its output, inputs, preview and proposal this long after its end. */
export const RETENTION_MS: number = 30 * 24 * 60 * 60_000;
/** And however old it is, while it is among the last of this many to end. */
export const RETAINED_EPISODES_MIN = 200;

export interface Retained {
  /** In text order of the journal; some name no blob, and that does no harm. */
  readonly digests: ReadonlySet<string>;
  readonly attempts: ReadonlySet<string>;
}

interface Trace {
  readonly digests: Set<string>;
  readonly attempts: Set<string>;
  endedAt: EpochMs | undefined;
  proposal?: string;
  /** The owner has not looked yet at what came back. */
  isHeld: boolean;
}

/** Every text that has the form of a digest, in whatever field a fact or a document keeps it. */
export function digestsIn(json: string): readonly string[] {
  return json.match(/sha256:[0-9a-f]{64}/g) ?? [];
}

/** What was discarded goes, however young it is. */
function answered(trace: Trace, { verdict }: ResultReviewed): void {
  trace.isHeld = false;
  if (verdict === "accepted") return;
  trace.attempts.clear();
  if (trace.proposal !== undefined) trace.digests.delete(trace.proposal);
}

/** Sums up the journal; `retained` then says what counts at a time. */
export class EpisodeTraces {
  readonly #episodes = new Map<string, Trace>();
  /** Those that have ended, in the order of their ends. */
  readonly #ended: Trace[] = [];
  /** Facts of no episode, such as an invite: always kept. */
  readonly #always = new Set<string>();

  note(event: JournalEvent): void {
    // By its text, not by its fields: a field that a later version adds is then kept without being told.
    const digests = digestsIn(JSON.stringify(event));
    if (!("corrId" in event)) {
      for (const digest of digests) this.#always.add(digest);
      return;
    }
    // A receipt is of the ledger: it stays when its episode has gone.
    if (event.kind === "ContributionMetered") this.#always.add(event.receipt);
    const trace = this.#episodes.get(event.corrId) ?? {
      digests: new Set(),
      attempts: new Set(),
      endedAt: undefined,
      isHeld: false,
    };
    this.#episodes.set(event.corrId, trace);
    for (const digest of digests) trace.digests.add(digest);
    if ("attemptId" in event && event.attemptId !== undefined) trace.attempts.add(event.attemptId);
    if (event.kind === "ProposalReceived") trace.proposal = event.digest;
    if (event.kind === "EgressRecorded" && event.reviewResult === true) trace.isHeld = true;
    if (event.kind === "ResultReviewed") answered(trace, event);
    if (event.kind !== "EpisodeFinished" || trace.endedAt !== undefined) return;
    trace.endedAt = event.at;
    if (!broughtBack(event.snapshot)) trace.isHeld = false;
    this.#ended.push(trace);
  }

  retained(at: EpochMs): Retained {
    const digests = new Set(this.#always);
    const attempts = new Set<string>();
    const recent = new Set(this.#ended.slice(-RETAINED_EPISODES_MIN));
    for (const trace of this.#episodes.values()) {
      const isKept =
        trace.endedAt === undefined || trace.isHeld || recent.has(trace) || at - trace.endedAt < RETENTION_MS;
      if (!isKept) continue;
      for (const digest of trace.digests) digests.add(digest);
      for (const attempt of trace.attempts) attempts.add(attempt);
    }
    return { digests, attempts };
  }
}
