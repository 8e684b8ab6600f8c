// What the Review panel shows and what becomes of its asks: one preview at a time, at the revision that was shown. An ask
// about any other digest is dropped, and nothing is approved but by the confirmation that the ports put to the person.
// It must never choose a lease, a digest or an answer by itself.
import type { Digest } from "#protocol/digest.ts";
import type { EgressPreview } from "#protocol/egress.ts";
import { ArwError } from "#protocol/errors.ts";
import type { EpisodeId, LeaseId, NodeId, PreviewId } from "#protocol/ids.ts";
import type { LineRange } from "#protocol/lineCut.ts";
import { type DurationMs, durationMs } from "#protocol/quantities.ts";
import { type LeaseAsk, type ReviewAsk, type ReviewView, type TakenOut, takenPath } from "#protocol/webview/review.ts";
import { METHODS, type Method, type ParamsOf, type ResultOf } from "#protocol/wire/client.ts";
import type { EpisodeRequest, NodeView, StartEpisodeResult } from "#protocol/wire/clientViews.ts";
import type { HomeFacts } from "../home/homeMirror.ts";
import { runHereOf } from "./runHere.ts";
import { sameRequest } from "./sameRequest.ts";

/** Exactly what a yes would mean: the confirmation repeats it. */
export interface SendQuestion {
  readonly preview: EgressPreview;
  readonly digest: Digest;
  readonly lease: LeaseAsk;
}

/** What the desk needs of the Home and of the person. */
export interface ReviewPorts {
  call<Params, Result>(method: Method<Params, Result>, params: Params): Promise<Result>;
  /** The native confirmation. */
  confirmSend(question: SendQuestion): Promise<boolean>;
  /** What the panel shows has changed. */
  changed(view: ReviewView): void;
  /** The same request runs on this machine now. */
  startedHere(started: StartEpisodeResult): void;
  /** Exactly the bytes of an item, or of the job's specification. */
  showItem(preview: EgressPreview, item: number | undefined): Promise<void>;
  /** Which lines of an item, as it is shown, the person wants to keep here; undefined where none. */
  askLines(preview: EgressPreview, item: number): Promise<readonly LineRange[] | undefined>;
  revokeLease(leaseId: LeaseId): Promise<void>;
  /** The records of an episode in the egress ledger. */
  openLedger(episodeId: EpisodeId): Promise<void>;
  reviewNext(): Promise<void>;
  /** How long a lease for one job lives unless the person says otherwise. */
  leaseMs(): DurationMs;
  /** A clock that nobody sets. */
  nowMs(): number;
}

type Shown = ResultOf<"readPreview">;
type Revision = Omit<ParamsOf<"reviseEgress">, "previewId" | "digest">;
type Busy = ReviewView["busy"];

interface Subject {
  readonly shown: Shown;
  /** Absent where it can no longer be read: then nothing can be started from it. */
  readonly request: EpisodeRequest | undefined;
  readonly answeredHere: boolean;
  readonly replaced?: NonNullable<ReviewView["replaced"]>;
  readonly problem?: NonNullable<ReviewView["problem"]>;
}

interface Newest {
  readonly previewId: PreviewId;
  readonly shown: Shown;
}

/** What a question sends, and nothing else. */
const PROMPT_ITEM = "(prompt)";
/** Revisions follow one another; more than this in one reading is not a person taking things out. */
const REVISIONS_FOLLOWED_MAX = 1_000;

export class ReviewDesk {
  readonly #ports: ReviewPorts;
  #facts: HomeFacts;
  #subject: Subject | undefined;
  #busy: Busy = "nothing";
  /** Grows with everything that is put on the screen: a slow answer must not overtake a newer one. */
  #showing = 0;
  #leasesReadAtMs: number;

  constructor(ports: ReviewPorts, facts: HomeFacts) {
    this.#ports = ports;
    this.#facts = facts;
    this.#leasesReadAtMs = ports.nowMs();
  }

  /** What is on the screen; undefined before the first preview. */
  get view(): ReviewView | undefined {
    return this.#subject === undefined ? undefined : this.#viewOf(this.#subject);
  }

  /** Puts a preview on the screen, at its newest revision. Throws ArwError where the Home does not know it. */
  async show(id: PreviewId): Promise<void> {
    const showing = ++this.#showing;
    const { previewId, shown } = await this.#newest(id);
    const request = await sameRequest(this.#ports, shown.preview);
    if (showing !== this.#showing) return;
    const same = this.#subject?.shown.preview.previewId === previewId ? this.#subject : undefined;
    this.#put({ ...same, shown, request, answeredHere: same?.answeredHere ?? false });
  }

  /** The Home said something: reads what is on the screen again unless the mirror has it unchanged. */
  async follow(facts: HomeFacts): Promise<void> {
    if (facts.leases !== this.#facts.leases) this.#leasesReadAtMs = this.#ports.nowMs();
    this.#facts = facts;
    const subject = this.#subject;
    if (subject === undefined) return;
    if (subject.shown.state === "waiting" && this.#busy === "nothing" && !this.#isWaiting(subject.shown)) {
      await this.#readAgain();
    } else this.#put(subject);
  }

  async ask(ask: ReviewAsk): Promise<void> {
    if (ask.kind === "review-next") return this.#ports.reviewNext();
    const subject = this.#subject;
    // The panel showed something else when it was asked, or an answer is on its way: only what is shown now can be answered.
    if (subject === undefined || ask.digest !== subject.shown.digest) return this.#repeat();
    const { preview } = subject.shown;
    if (ask.kind === "show-item") return this.#ports.showItem(preview, ask.item);
    if (ask.kind === "open-ledger") return this.#ports.openLedger(preview.episodeId);
    if (ask.kind === "revoke-lease") return this.#ports.revokeLease(ask.leaseId);
    if (this.#busy !== "nothing" || subject.shown.state !== "waiting") return this.#repeat();
    switch (ask.kind) {
      case "send":
        return this.#perform("confirming", () => this.#send(subject, ask.lease));
      case "take-out":
        return this.#perform("revising", () => this.#takeOut(subject, ask.taken));
      case "leave-out-lines":
        return this.#perform("revising", () => this.#askLines(subject, ask.item));
      case "put-back":
        return this.#perform("revising", () => this.#putBack(subject, ask.item));
      case "run-here":
        return this.#perform("denying", () => this.#runHere(subject));
      case "deny":
        return this.#perform("denying", () => this.#deny(subject, "denied in the editor"));
    }
  }

  /** Puts the preview on the screen and takes lines out of one of its items, as this preview shows them. */
  async leaveOutLines(id: PreviewId, path: string, lines: readonly LineRange[]): Promise<void> {
    await this.show(id);
    const subject = this.#subject;
    if (subject === undefined || this.#busy !== "nothing" || subject.shown.state !== "waiting") return this.#repeat();
    if (subject.shown.preview.previewId !== id) {
      const problem = { message: REVISED_MEANWHILE.message, advice: REVISED_MEANWHILE.advice };
      return this.#put({ ...subject, problem });
    }
    await this.#perform("revising", () => this.#revise(subject, { leaveOut: [], cut: [{ path, lines }] }));
  }

  async #send({ shown: { digest, preview } }: Subject, lease: LeaseAsk): Promise<void> {
    if (!(await this.#ports.confirmSend({ preview, digest, lease }))) return;
    this.#occupy("sending");
    const terms = lease.kind === "once" ? { leaseMs: lease.leaseMs } : { scoped: lease.terms };
    // The digest that was shown, whatever is on the screen by now: the Home refuses it if it is no longer the preview's.
    await this.#ports.call(METHODS.approveEgress, { previewId: preview.previewId, digest, ...terms });
    this.#answered(digest);
  }

  async #takeOut(subject: Subject, taken: readonly TakenOut[]): Promise<void> {
    const { items } = subject.shown.preview;
    const leaveOut = taken.map((each) => takenPath(items, each)).filter((path) => path !== undefined);
    if (leaveOut.length > 0) await this.#revise(subject, { leaveOut });
  }

  async #askLines(subject: Subject, index: number): Promise<void> {
    const { preview } = subject.shown;
    const path = preview.items[index]?.path;
    const lines = path === undefined ? undefined : await this.#ports.askLines(preview, index);
    if (path !== undefined && lines !== undefined)
      await this.#revise(subject, { leaveOut: [], cut: [{ path, lines }] });
  }

  async #putBack(subject: Subject, index: number): Promise<void> {
    const path = subject.shown.preview.items[index]?.path;
    if (path !== undefined) await this.#revise(subject, { leaveOut: [], putBack: [path] });
  }

  async #revise({ shown: { digest, preview } }: Subject, change: Revision): Promise<void> {
    const params = { previewId: preview.previewId, digest, ...change };
    const revised = await this.#ports.call(METHODS.reviseEgress, params);
    const showing = ++this.#showing;
    const { shown } = await this.#newest(revised.previewId);
    // A prompt without some of its lines is another request.
    const request = await sameRequest(this.#ports, shown.preview);
    if (showing !== this.#showing) return;
    const by = change.putBack === undefined ? "taken-out" : "put-back";
    this.#put({ shown, request, answeredHere: false, replaced: { digest, by } });
  }

  async #runHere(subject: Subject): Promise<void> {
    const { request, shown } = subject;
    if (request === undefined || !runHereOf(request, this.#facts.nodes).possible) return;
    await this.#deny(subject, "run on this machine instead");
    const { title } = shown.preview;
    this.#ports.startedHere(await this.#ports.call(METHODS.startEpisode, { request, on: "local", title }));
  }

  async #deny({ shown: { digest, preview } }: Subject, reason: string): Promise<void> {
    await this.#ports.call(METHODS.denyEgress, { previewId: preview.previewId, reason });
    this.#answered(digest);
  }

  /** Does one thing at a time. A refusal stands on the panel, beside what the Home now says of the preview. */
  async #perform(busy: Busy, work: () => Promise<void>): Promise<void> {
    this.#clearProblem();
    this.#occupy(busy);
    try {
      await work();
    } catch (error) {
      if (!(error instanceof ArwError)) throw error;
      const { advice, message } = error;
      if (this.#subject !== undefined) this.#subject = { ...this.#subject, problem: { message, advice } };
    } finally {
      this.#busy = "nothing";
      await this.#readAgain();
    }
  }

  async #readAgain(): Promise<void> {
    const subject = this.#subject;
    if (subject === undefined) return;
    const showing = ++this.#showing;
    const before = subject.shown;
    let newest: Newest | undefined;
    try {
      newest = await this.#newest(before.preview.previewId);
    } catch (error) {
      if (!(error instanceof ArwError)) throw error;
    }
    if (showing !== this.#showing || this.#subject === undefined) return;
    if (newest === undefined) return this.#put(this.#subject);
    const { shown } = newest;
    const replaced =
      shown.digest === before.digest ? {} : { replaced: { digest: before.digest, by: "changed" as const } };
    this.#put({ ...this.#subject, shown, ...replaced });
  }

  /** A preview out of which something was taken is followed to the one that took its place. */
  async #newest(id: PreviewId): Promise<Newest> {
    let previewId = id;
    for (let revisions = 0; revisions < REVISIONS_FOLLOWED_MAX; revisions++) {
      const shown = await this.#ports.call(METHODS.readPreview, { previewId });
      if (shown.replacedBy === undefined) return { previewId, shown };
      previewId = shown.replacedBy;
    }
    throw new Error("a preview was revised without end");
  }

  #isWaiting({ digest, preview }: Shown): boolean {
    return this.#facts.waiting.some(
      (item) => item.kind === "egress" && item.previewId === preview.previewId && item.shown.digest === digest,
    );
  }

  #answered(digest: Digest): void {
    if (this.#subject?.shown.digest === digest) this.#subject = { ...this.#subject, answeredHere: true };
  }

  #clearProblem(): void {
    if (this.#subject === undefined) return;
    const { problem: _, ...rest } = this.#subject;
    this.#subject = rest;
  }

  #occupy(busy: Busy): void {
    this.#busy = busy;
    this.#repeat();
  }

  #repeat(): void {
    if (this.#subject !== undefined) this.#put(this.#subject);
  }

  #put(subject: Subject): void {
    this.#subject = subject;
    this.#ports.changed(this.#viewOf(subject));
  }

  #leasesFor(nodeId: NodeId): ReviewView["leases"] {
    const sinceMs = this.#ports.nowMs() - this.#leasesReadAtMs;
    return this.#facts.leases
      .filter(({ lease, state }) => lease.subject === nodeId && state === "live")
      .map(({ bytesLeft, costMicrosLeft, inUse, lease, remainingMs, usesLeft }) => ({
        lease,
        usesLeft,
        bytesLeft,
        ...(costMicrosLeft === undefined ? {} : { costMicrosLeft }),
        remainingMs: durationMs(Math.max(0, Math.floor(remainingMs - sinceMs))),
        inUse,
      }));
  }

  #viewOf({ answeredHere, problem, replaced, request, shown }: Subject): ReviewView {
    const { digest, leaseUnfit, preview, state } = shown;
    const others = this.#facts.waiting.filter(
      (item) => item.kind === "egress" && item.previewId !== preview.previewId,
    ).length;
    return {
      preview,
      digest,
      job: preview.items.every(({ path }) => path === PROMPT_ITEM) ? "ask" : "command",
      state,
      answeredHere,
      node: nodeOf(this.#facts.nodes, preview.destination.nodeId),
      runHere: runHereOf(request, this.#facts.nodes),
      busy: this.#busy,
      othersWaiting: others,
      leaseMs: this.#ports.leaseMs(),
      leases: this.#leasesFor(preview.destination.nodeId),
      ...(replaced === undefined ? {} : { replaced }),
      ...(leaseUnfit === undefined ? {} : { leaseUnfit }),
      ...(problem === undefined ? {} : { problem }),
    };
  }
}

const REVISED_MEANWHILE = {
  message: "Something was taken out of this preview meanwhile: its lines are others now.",
  advice: "Open the item again, and take the lines out of that.",
} as const;

/** A Home that was read has this machine at least: before that nothing is known of the node, and nothing is said. */
function nodeOf(nodes: readonly NodeView[], id: NodeId): ReviewView["node"] {
  if (nodes.length === 0) return { state: "unread", reason: "" };
  const node = nodes.find(({ nodeId }) => nodeId === id);
  if (node === undefined) return { state: "gone", reason: "" };
  const { capabilities, reason, since, state } = node;
  return { state, reason, since, ...(capabilities === undefined ? {} : { sandbox: capabilities.sandbox }) };
}
