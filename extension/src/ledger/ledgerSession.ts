// One Ledger page's conversation: reads the records that it asks for page by page, reads them again when the ledger grows, and
// passes its wishes on. It must never let an older question overtake a newer one, nor do what a page wishes by itself.
import type * as vscode from "vscode";
import { messageWithAdvice } from "#protocol/errors.ts";
import {
  LEDGER_CHOICES_MAX,
  type LedgerChoices,
  type LedgerFromPage,
  type LedgerQuery,
  type LedgerToPage,
  RECORDS_SHOWN_MAX,
} from "#protocol/webview/ledger.ts";
import type { HomeNotice } from "#protocol/webview/feed.ts";
import { METHODS } from "#protocol/wire/client.ts";
import { type LedgerFilter, RECORDS_PAGE_MAX } from "#protocol/wire/ledgerRecords.ts";
import type { Home, HomeStatus } from "../home/home.ts";
import type { HomeFacts, HomeMirror } from "../home/homeMirror.ts";
import { proofOf } from "./recordProof.ts";

/** A burst of entries is one reading. */
export const LIVE_PAUSE_MS = 300;

/** What a page may wish for; each becomes a surface of the editor. */
export type LedgerWish = Extract<
  LedgerFromPage,
  { readonly kind: "export" | "open-timeline" | "open-preview" | "revoke-lease" | "start-episode" }
>;

export interface LedgerSessionOptions {
  readonly home: Home;
  readonly mirror: Pick<HomeMirror, "facts" | "onDidChange">;
  readonly post: (message: LedgerToPage) => Promise<boolean>;
  readonly wish: (wish: LedgerWish) => void;
  readonly notice: (status: HomeStatus) => HomeNotice;
  readonly after: (ms: number, run: () => void) => vscode.Disposable;
}

/** What the page has of its query by now. */
interface Read {
  readonly query: number;
  rows: number;
  unread: number;
  next: number | undefined;
}

export class LedgerSession implements vscode.Disposable {
  readonly #options: LedgerSessionOptions;
  readonly #listening: readonly vscode.Disposable[];
  #open = false;
  #asked: LedgerQuery | undefined;
  #read: Read | undefined;
  /** Grows with every reading that replaces the one before. */
  #readings = 0;
  #isReading = false;
  #isOutdated = false;
  #live: vscode.Disposable | undefined;
  #narrow: LedgerFilter | undefined;
  #told = "";

  constructor(options: LedgerSessionOptions) {
    this.#options = options;
    const { home, mirror, notice } = options;
    this.#listening = [
      mirror.onDidChange((facts) => this.#tellChoices(facts)),
      home.onDidChangeStatus((status) => {
        this.#tell(notice(status));
        if (status.kind === "connected") this.#readSoon();
      }),
      home.onDidReceivePage(({ entries }) => {
        if (entries.some(({ kind }) => kind === "EgressRecorded" || kind === "EgressSettled")) this.#readSoon();
      }),
    ];
  }

  receive(message: LedgerFromPage): void {
    switch (message.kind) {
      case "ready":
        return this.#begin();
      case "query":
        return this.#query(message);
      case "read-record":
        return void this.#details(message);
      case "export":
      case "open-timeline":
      case "open-preview":
      case "revoke-lease":
      case "start-episode":
        return this.#options.wish(message);
    }
  }

  /** Shows only these, as soon as the page is there. */
  narrow(filter: LedgerFilter): void {
    if (this.#open) this.#tell({ kind: "narrow", filter });
    else this.#narrow = filter;
  }

  /** VS Code has thrown the page away; it says that it is ready when it comes back. */
  hidden(): void {
    this.#open = false;
    this.#readings++;
    this.#live?.dispose();
    this.#live = undefined;
  }

  dispose(): void {
    this.hidden();
    for (const listening of this.#listening) listening.dispose();
  }

  #begin(): void {
    this.#open = true;
    this.#asked = undefined;
    this.#read = undefined;
    this.#isReading = false;
    this.#told = "";
    const { home, mirror, notice } = this.#options;
    this.#tell(notice(home.status));
    this.#tellChoices(mirror.facts);
    if (this.#narrow !== undefined) this.#tell({ kind: "narrow", filter: this.#narrow });
    this.#narrow = undefined;
  }

  #query(asked: LedgerQuery): void {
    const goesOn = this.#read?.query === asked.query && this.#read.next !== undefined && !this.#isReading;
    this.#asked = asked;
    // A question that only wants more rows of what is being read is answered by the reading that goes on.
    if (this.#isReading && this.#read?.query === asked.query) return;
    void this.#readOn(goesOn ? this.#read : undefined);
  }

  /** The ledger has grown: what the page shows is read again, after the reading that is under way. */
  #readSoon(): void {
    if (!this.#open || this.#asked === undefined || this.#live !== undefined) return;
    this.#live = this.#options.after(LIVE_PAUSE_MS, () => {
      this.#live = undefined;
      if (this.#isReading) this.#isOutdated = true;
      else void this.#readOn(undefined);
    });
  }

  async #readOn(from: Read | undefined): Promise<void> {
    const asked = this.#asked;
    if (asked === undefined || !this.#open) return;
    const reading = ++this.#readings;
    const shown = this.#read?.query === asked.query ? this.#read.rows : 0;
    const read = from ?? { query: asked.query, rows: 0, unread: 0, next: undefined };
    this.#read = read;
    this.#isReading = true;
    this.#isOutdated = false;
    try {
      await this.#pages(reading, read, shown);
    } catch (error) {
      if (reading === this.#readings)
        this.#tell({ kind: "problem", query: asked.query, text: messageWithAdvice(error) });
    }
    if (reading !== this.#readings) return;
    this.#isReading = false;
    if (this.#isOutdated) this.#readSoon();
  }

  async #pages(reading: number, read: Read, shown: number): Promise<void> {
    for (;;) {
      const asked = this.#asked;
      if (asked === undefined) return;
      const wanted = Math.min(RECORDS_SHOWN_MAX, Math.max(asked.rows, shown));
      const page = await this.#options.home.call(METHODS.listRecords, {
        filter: asked.filter,
        limit: Math.min(RECORDS_PAGE_MAX, wanted - read.rows),
        ...(read.next === undefined ? {} : { cursor: read.next }),
      });
      if (reading !== this.#readings) return;
      const from = read.rows;
      read.rows += page.records.length;
      read.unread += page.unread;
      read.next = page.next;
      const last = page.next === undefined || read.rows >= wanted;
      const { records, total } = page;
      const more = page.next !== undefined;
      this.#tell({ kind: "rows", query: read.query, from, records, last, more, total, unread: read.unread });
      if (last) return;
    }
  }

  async #details({ from, recordId }: Extract<LedgerFromPage, { kind: "read-record" }>): Promise<void> {
    const { home } = this.#options;
    try {
      const shown = await home.call(METHODS.showRecord, { recordId, from });
      const { items, next } = shown;
      const first = { kind: "details", recordId, from, more: next !== undefined } as const;
      const details = { ...first, ...(items === undefined ? {} : { items }) };
      this.#tell(details);
      if (from !== 0 || home.status.kind !== "connected") return;
      const { workspaceId } = home.status.hello;
      const proof = await proofOf(
        {
          workspaceId,
          showLedger: () => home.call(METHODS.showLedger, {}),
          readLeaves: (params) => home.call(METHODS.readLeaves, params),
        },
        shown.record,
      );
      this.#tell({ ...details, proof });
    } catch (error) {
      this.#tell({ kind: "details", recordId, from, more: false, problem: messageWithAdvice(error) });
    }
  }

  /** Only what is new: the mirror changes with every heartbeat. */
  #tellChoices(facts: HomeFacts): void {
    const choices = choicesOf(facts);
    const text = JSON.stringify(choices);
    if (!this.#open || text === this.#told) return;
    this.#told = text;
    this.#tell(choices);
  }

  #tell(message: LedgerToPage): void {
    if (this.#open) void this.#options.post(message);
  }
}

function choicesOf({ episodes, leases, nodes }: HomeFacts): LedgerChoices {
  return {
    kind: "choices",
    episodes: episodes.slice(0, LEDGER_CHOICES_MAX).map(({ episodeId, title }) => ({ episodeId, title })),
    nodes: nodes
      .filter(({ local }) => !local)
      .slice(0, LEDGER_CHOICES_MAX)
      .map(({ name, nodeId }) => ({ nodeId, name })),
    leases: leases
      .filter(({ inUse, state }) => state === "live" || (state === "spent" && inUse > 0))
      .slice(0, LEDGER_CHOICES_MAX)
      .map(({ lease }) => lease.leaseId),
  };
}
