// What the Review page of staged actions shows and what becomes of its asks: one item at the revision that was shown, or several
// of one kind in a table. An ask about any other digest is dropped, and nothing is approved but by the confirmation of the ports.
// It must never choose a digest or an answer by itself.
import { ArwError } from "#protocol/errors.ts";
import type { EpisodeId, StagedId } from "#protocol/ids.ts";
import type { StagedAsk, StagedBusy, StagedReview, StagedTable, StagedToPage } from "#protocol/webview/staged.ts";
import { STAGED_TABLE_MAX } from "#protocol/webview/staged.ts";
import { METHODS, type Method } from "#protocol/wire/client.ts";
import type { ShownItem, StagedChange, StagedResult, StagedView } from "#protocol/wire/stagingViews.ts";
import type { HomeFacts } from "../home/homeMirror.ts";
import { stagedFiles } from "./stagedFiles.ts";
import { nodeNameOf, sameKind, stagedOf } from "./stagedFacts.ts";

/** What the desk needs of the Home and of the person. */
export interface StagedPorts {
  call<Params, Result>(method: Method<Params, Result>, params: Params): Promise<Result>;
  /** The native confirmation of exactly these, by their digests. */
  confirmApprove(views: readonly StagedView[]): Promise<boolean>;
  /** The reason for whoever asked; undefined where the person backs out. */
  askReason(view: StagedView): Promise<string | undefined>;
  /** What should be different; undefined where the person backs out. */
  askChange(view: StagedView, paths: readonly string[]): Promise<StagedChange | undefined>;
  /** What the page shows has changed. */
  changed(shown: StagedToPage): void;
  showDiff(view: StagedView, path: string | undefined): Promise<void>;
  showOutput(episodeId: EpisodeId): Promise<void>;
  reviewNext(): Promise<void>;
}

interface Subject {
  readonly view: StagedView;
  readonly before?: StagedView;
  readonly voidEndorsements: number;
  readonly files?: NonNullable<StagedReview["files"]>;
  readonly answeredHere: boolean;
  readonly result?: StagedResult;
}

interface Table {
  readonly views: readonly StagedView[];
  readonly results: ReadonlyMap<StagedId, StagedResult>;
}

export class StagedDesk {
  readonly #ports: StagedPorts;
  #facts: HomeFacts;
  #shown:
    | { readonly kind: "one"; readonly subject: Subject }
    | { readonly kind: "table"; readonly table: Table }
    | undefined;
  #busy: StagedBusy = "nothing";
  #problem: StagedReview["problem"];
  /** Grows with everything that is put on the screen: a slow answer must not overtake a newer one. */
  #showing = 0;

  constructor(ports: StagedPorts, facts: HomeFacts) {
    this.#ports = ports;
    this.#facts = facts;
  }

  /** What is on the screen; undefined before the first item. */
  get shown(): StagedToPage | undefined {
    if (this.#shown === undefined) return undefined;
    return this.#shown.kind === "one"
      ? { kind: "staged", review: this.#reviewOf(this.#shown.subject) }
      : { kind: "table", table: this.#tableOf(this.#shown.table) };
  }

  /** The items that a person reads here now. */
  get stagedIds(): readonly StagedId[] {
    if (this.#shown === undefined) return [];
    if (this.#shown.kind === "one") return [this.#shown.subject.view.stagedId];
    return this.#shown.table.views.map(({ stagedId }) => stagedId);
  }

  /** Puts an item on the screen. Throws ArwError where the Home does not know it. */
  async show(id: StagedId): Promise<void> {
    const showing = ++this.#showing;
    const subject = await this.#read(id, 0);
    if (showing !== this.#showing) return;
    this.#problem = undefined;
    this.#put(subject);
  }

  /** Puts several on the screen, in the order in which they are given. */
  async showTable(ids: readonly StagedId[]): Promise<void> {
    const showing = ++this.#showing;
    const { items } = await this.#ports.call(METHODS.showStaged, { stagedIds: ids.slice(0, STAGED_TABLE_MAX) });
    if (showing !== this.#showing) return;
    this.#problem = undefined;
    this.#putTable({ views: items, results: new Map() });
  }

  /** The Home said something: reads what is on the screen again unless it waits as it did. */
  async follow(facts: HomeFacts): Promise<void> {
    this.#facts = facts;
    if (this.#shown === undefined) return;
    const waiting = new Map(stagedOf(facts).map((view) => [view.stagedId, view]));
    const isSame = ({ digest, endorsements, stale, stagedId, state }: StagedView): boolean => {
      const now = waiting.get(stagedId);
      if (state !== "pending") return now === undefined;
      return now?.digest === digest && now.endorsements.length === endorsements.length && now.stale === stale;
    };
    const views = this.#shown.kind === "one" ? [this.#shown.subject.view] : this.#shown.table.views;
    if (this.#busy === "nothing" && !views.every(isSame)) await this.#readAgain();
    else this.#repeat();
  }

  async ask(ask: StagedAsk): Promise<void> {
    if (ask.kind === "review-next") return this.#ports.reviewNext();
    if (ask.kind === "read-one") return this.show(ask.stagedId);
    if (ask.kind === "approve-these") return this.#approveThese(ask.items);
    const subject = this.#shown?.kind === "one" ? this.#shown.subject : undefined;
    // The page showed something else when it was asked: only what is shown now can be answered.
    if (subject === undefined || ask.digest !== subject.view.digest) return this.#repeat();
    const { view } = subject;
    switch (ask.kind) {
      case "show-diff":
        return this.#ports.showDiff(view, ask.file === undefined ? undefined : subject.files?.[ask.file]?.path);
      case "show-output":
        return this.#showOutput(view);
      case "read-newer":
        return view.replacedBy === undefined ? this.#repeat() : this.#follow(subject, view.replacedBy);
      case "look-together":
        return this.showTable(sameKind(this.#facts, view));
      case "approve":
        return this.#answer(view, "confirming", () => this.#approve(subject));
      case "reject":
        return this.#answer(view, "rejecting", () => this.#reject(view));
      case "propose":
        return this.#answer(view, "revising", () => this.#propose(subject));
    }
  }

  /** Only what waits is answered, and one thing at a time. */
  async #answer({ state }: StagedView, busy: StagedBusy, work: () => Promise<void>): Promise<void> {
    return this.#busy !== "nothing" || state !== "pending" ? this.#repeat() : this.#perform(busy, work);
  }

  async #approve(subject: Subject): Promise<void> {
    const { digest, stagedId } = subject.view;
    // Looked at once more, so that the question says what is stale by now. Its digest cannot have changed: another is another item.
    const [now] = (await this.#ports.call(METHODS.showStaged, { stagedIds: [stagedId] })).items;
    if (now === undefined || now.digest !== digest || now.state !== "pending") return;
    this.#put({ ...subject, view: now });
    if (!(await this.#ports.confirmApprove([now]))) return;
    this.#occupy("approving");
    const { results } = await this.#ports.call(METHODS.approveStaged, { items: [{ stagedId, digest }] });
    const [result] = results;
    const held = this.#shown?.kind === "one" ? this.#shown.subject : undefined;
    if (result === undefined || held?.view.stagedId !== stagedId) return;
    this.#put({ ...held, answeredHere: result.outcome !== "refused", result });
  }

  async #reject(view: StagedView): Promise<void> {
    const reason = await this.#ports.askReason(view);
    if (reason === undefined) return;
    const { digest, stagedId } = view;
    await this.#ports.call(METHODS.rejectStaged, { stagedId, digest, reason });
    const held = this.#shown?.kind === "one" ? this.#shown.subject : undefined;
    if (held?.view.stagedId === stagedId) this.#put({ ...held, answeredHere: true });
  }

  async #propose(subject: Subject): Promise<void> {
    const { digest, stagedId } = subject.view;
    const change = await this.#ports.askChange(subject.view, subject.files?.map(({ path }) => path) ?? []);
    if (change === undefined) return;
    const next = await this.#ports.call(METHODS.reviseStaged, { stagedId, digest, change });
    await this.#follow(subject, next.stagedId);
  }

  /** Several, decided each by its own digest: what fails says so in its row, and the others are done. */
  async #approveThese(items: readonly ShownItem[]): Promise<void> {
    const table = this.#shown?.kind === "table" ? this.#shown.table : undefined;
    if (table === undefined || this.#busy !== "nothing") return this.#repeat();
    const chosen = items.flatMap((item) =>
      table.views.filter((view) => view.stagedId === item.stagedId && view.digest === item.digest),
    );
    if (chosen.length !== items.length || chosen.some(({ state }) => state !== "pending")) return this.#repeat();
    await this.#perform("confirming", async () => {
      if (!(await this.#ports.confirmApprove(chosen))) return;
      this.#occupy("approving");
      const shown = chosen.map(({ digest, stagedId }) => ({ stagedId, digest }));
      const { results } = await this.#ports.call(METHODS.approveStaged, { items: shown });
      if (this.#shown?.kind !== "table") return;
      const known = new Map([...this.#shown.table.results, ...results.map((each) => [each.stagedId, each] as const)]);
      this.#putTable({ ...this.#shown.table, results: known });
    });
  }

  async #showOutput({ evidence }: StagedView): Promise<void> {
    const ran = evidence.find((piece) => piece.kind === "dry-run");
    if (ran !== undefined) await this.#ports.showOutput(ran.episodeId);
  }

  /** Puts the item that took the place of the one on the screen there; what was endorsed of that one counts no more. */
  async #follow({ view, voidEndorsements }: Subject, id: StagedId): Promise<void> {
    const showing = ++this.#showing;
    const subject = await this.#read(id, voidEndorsements + view.endorsements.length);
    if (showing === this.#showing) this.#put(subject);
  }

  async #read(id: StagedId, voidEndorsements: number): Promise<Subject> {
    const [view] = (await this.#ports.call(METHODS.showStaged, { stagedIds: [id] })).items;
    if (view === undefined) throw new Error("an item that was asked for is shown");
    const before = await this.#beforeOf(view);
    const files = await stagedFiles(this.#ports, view);
    return {
      view,
      ...(before === undefined ? {} : { before }),
      voidEndorsements,
      ...(files === undefined ? {} : { files }),
      answeredHere: false,
    };
  }

  async #beforeOf({ replaces }: StagedView): Promise<StagedView | undefined> {
    if (replaces === undefined) return undefined;
    try {
      return (await this.#ports.call(METHODS.showStaged, { stagedIds: [replaces] })).items[0];
    } catch (error) {
      // Forgotten by the Home meanwhile: then there is nothing to compare with.
      if (error instanceof ArwError) return undefined;
      throw error;
    }
  }

  /** Does one thing at a time. A refusal stands on the page, beside what the Home now says. */
  async #perform(busy: StagedBusy, work: () => Promise<void>): Promise<void> {
    this.#problem = undefined;
    this.#occupy(busy);
    try {
      await work();
    } catch (error) {
      if (!(error instanceof ArwError)) throw error;
      this.#problem = { message: error.message, advice: error.advice };
    } finally {
      this.#busy = "nothing";
      await this.#readAgain();
    }
  }

  /** An item keeps its place on the screen whatever became of it: the page says that it is decided, or that another took its place. */
  async #readAgain(): Promise<void> {
    const shown = this.#shown;
    if (shown === undefined) return;
    const showing = ++this.#showing;
    const stagedIds = this.stagedIds;
    let items: readonly StagedView[] = [];
    try {
      if (stagedIds.length > 0) ({ items } = await this.#ports.call(METHODS.showStaged, { stagedIds }));
    } catch (error) {
      if (!(error instanceof ArwError)) throw error;
      // The connection's own status says why; what was read last stands.
    }
    if (showing !== this.#showing) return;
    const now = new Map(items.map((view) => [view.stagedId, view]));
    const current = this.#shown;
    if (current?.kind === "one") {
      const { view } = current.subject;
      const next = now.get(view.stagedId);
      // Once another took its place the Home holds none of its endorsements any more; they were seen here.
      const kept = next?.state === "superseded" ? { endorsements: view.endorsements } : {};
      this.#put({ ...current.subject, view: next === undefined ? view : { ...next, ...kept } });
    } else if (current !== undefined) {
      const views = current.table.views.map((view) => now.get(view.stagedId) ?? view);
      this.#putTable({ ...current.table, views });
    }
  }

  #occupy(busy: StagedBusy): void {
    this.#busy = busy;
    this.#repeat();
  }

  #repeat(): void {
    const { shown } = this;
    if (shown !== undefined) this.#ports.changed(shown);
  }

  #put(subject: Subject): void {
    this.#shown = { kind: "one", subject };
    this.#repeat();
  }

  #putTable(table: Table): void {
    this.#shown = { kind: "table", table };
    this.#repeat();
  }

  #reviewOf({ before, view, ...subject }: Subject): StagedReview {
    const node = nodeNameOf(this.#facts, view.action);
    return {
      ...subject,
      staged: view,
      ...(before === undefined ? {} : { before }),
      ...(node === undefined ? {} : { node }),
      busy: this.#busy,
      ...(this.#problem === undefined ? {} : { problem: this.#problem }),
      othersWaiting: this.#waitingBeside([view]),
      sameKindWaiting: sameKind(this.#facts, view).length,
    };
  }

  #waitingBeside(views: readonly StagedView[]): number {
    const shown = new Set(views.map(({ stagedId }) => stagedId));
    return this.#facts.waiting.filter((item) => item.kind !== "staged" || !shown.has(item.staged.stagedId)).length;
  }

  #tableOf({ results, views }: Table): StagedTable {
    return {
      rows: views.map((view) => {
        const node = nodeNameOf(this.#facts, view.action);
        const result = results.get(view.stagedId);
        return {
          staged: view,
          ...(node === undefined ? {} : { node }),
          ...(result === undefined ? {} : { result }),
        };
      }),
      othersWaiting: this.#waitingBeside(views),
      busy: this.#busy,
      ...(this.#problem === undefined ? {} : { problem: this.#problem }),
    };
  }
}
