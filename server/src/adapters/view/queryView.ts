// What people ask of all history, as tables in memory: the egress ledger, episodes, proposals, and which frames concern
// an episode. It is made from the journal when somebody asks, and goes on from the frame it reflects.
// It is never the truth and is never kept: what the journal says is what it shows, or it is made anew.
import type { Database, SqlValue, Statement } from "sql.js";
import * as z from "zod";
import { decode } from "#protocol/decode.ts";
import { type Digest, digestSchema } from "#protocol/digest.ts";
import { type EgressLedgerRow, egressLedgerRowSchema } from "#protocol/egress.ts";
import type { JournalEvent } from "#protocol/events.ts";
import type { EgressRecordId, EpisodeId, PreviewId, ProposalId } from "#protocol/ids.ts";
import { type EgressLeaf, isEgressLeaf, leafText } from "#protocol/ledger/egressLeaf.ts";
import { HashTree } from "#protocol/ledger/hashTree.ts";
import { leafHash } from "#protocol/ledger/merkleTree.ts";
import { type Sequence, sequence } from "#protocol/quantities.ts";
import type { ResultReviewed } from "#protocol/reviewEvents.ts";
import { type EpisodeView, episodeViewSchema } from "#protocol/wire/clientViews.ts";
import { LIST_ROWS_MAX, type ListEnd, type ListParams } from "#protocol/wire/listPage.ts";
import { foldEgress } from "../../home/egress/ledger.ts";
import type { HeldPreview } from "../../home/egress/state.ts";
import type { HeldProposal } from "../../home/episode/state.ts";
import { withAnswer } from "../../home/episode/evolve.ts";
import { episodeView } from "../../home/episode/view.ts";
import { evolve } from "../../home/evolve.ts";
import type { HomeIdentity } from "../../home/identity.ts";
import type { Journal, JournalFrame } from "../../home/journalPort.ts";
import { type HomeState, initialState } from "../../home/state.ts";
import { heldPreviewSchema, heldProposalSchema } from "../checkpoint/stateSchemas.ts";
import { noteRecord, RECORD_TABLES, RecordTable } from "./recordTable.ts";
import { loadSql } from "./sqlModule.ts";

/** Frames that become rows in one transaction: the Home's loop is free between two. */
const FRAMES_PER_TURN = 200;

const TABLES = `
  CREATE TABLE egress (position INTEGER PRIMARY KEY, record_id TEXT UNIQUE, episode_id TEXT, time INTEGER, row TEXT);
  ${RECORD_TABLES}
  CREATE TABLE leaves (position INTEGER PRIMARY KEY, record_id TEXT, leaf TEXT);
  CREATE INDEX leaves_of_record ON leaves (record_id);
  CREATE TABLE receipts (episode_id TEXT PRIMARY KEY, receipt TEXT);
  CREATE TABLE episodes (position INTEGER PRIMARY KEY, episode_id TEXT UNIQUE, started_at INTEGER, view TEXT);
  CREATE TABLE proposals (proposal_id TEXT PRIMARY KEY, episode_id TEXT, held TEXT);
  CREATE TABLE previews (preview_id TEXT PRIMARY KEY, episode_id TEXT, held TEXT, document TEXT, class TEXT);
  CREATE TABLE history (sequence INTEGER, at_index INTEGER, episode_id TEXT, kind TEXT, at INTEGER,
    PRIMARY KEY (sequence, at_index)) WITHOUT ROWID;
  CREATE INDEX history_of_episode ON history (episode_id, sequence);
`;

/** A page of a list, with where the next one begins. */
interface ViewPage<Row> extends ListEnd {
  readonly rows: readonly Row[];
}

type ReadableJournal = Pick<Journal<JournalEvent>, "read">;

export class QueryView {
  readonly #journal: ReadableJournal;
  readonly #database: Database;
  /** The state after the last frame that has become rows. */
  #state: HomeState;
  #reflects = 0;
  /** Of the egress ledger, up to the frame that the tables reflect. */
  readonly hashes: HashTree = new HashTree();
  #turn: Promise<void> = Promise.resolve();
  readonly #statements = new Map<string, Statement>();

  private constructor(database: Database, journal: ReadableJournal, identity: HomeIdentity) {
    this.#database = database;
    this.#journal = journal;
    this.#state = initialState(identity);
  }

  static async open(journal: ReadableJournal, identity: HomeIdentity): Promise<QueryView> {
    const { Database } = await loadSql();
    const database = new Database();
    database.run(TABLES);
    return new QueryView(database, journal, identity);
  }

  /** The frame that the tables reflect. */
  get reflects(): Sequence {
    return sequence(this.#reflects);
  }

  /** Goes on to the last frame that is durable now. */
  catchUp(): Promise<void> {
    const turn = this.#turn.then(() => this.#catchUp());
    this.#turn = turn.catch(() => undefined);
    return turn;
  }

  /** Of the ledger, in the order of the records. */
  egressRows({ cursor = 0, limit = LIST_ROWS_MAX }: ListParams): ViewPage<EgressLedgerRow> {
    const query = "SELECT position, row FROM egress WHERE position > ? ORDER BY position LIMIT ?";
    return this.#page(query, [cursor, limit + 1], egressLedgerRowSchema);
  }

  /** The ledger as people read it. */
  get records(): RecordTable {
    return new RecordTable(this.#database);
  }

  /** The leaves of the ledger's tree from `from` up to, not with, `to`: the texts that were hashed. */
  egressLeaves(from: number, to: number): readonly string[] {
    const rows = this.#rows("SELECT leaf FROM leaves WHERE position >= ? AND position < ? ORDER BY position", [
      from,
      to,
    ]);
    return rows.map((row) => leafRow.parse(row).leaf);
  }

  /** The leaves that concern an episode, with their places. */
  leavesOf(id: EpisodeId): readonly { readonly position: number; readonly leaf: string }[] {
    const query =
      "SELECT l.position, l.leaf FROM leaves l JOIN egress e ON e.record_id = l.record_id WHERE e.episode_id = ? ORDER BY l.position";
    return this.#rows(query, [id]).map((row) => placedLeafRow.parse(row));
  }

  /** The receipt that counts for an episode: the digest of its signed text. */
  receiptOf(id: EpisodeId): Digest | undefined {
    const [row] = this.#rows("SELECT receipt FROM receipts WHERE episode_id = ?", [id]);
    return row === undefined ? undefined : receiptRow.parse(row).receipt;
  }

  /** The newest first. */
  episodes({ cursor = Number.MAX_SAFE_INTEGER, limit = LIST_ROWS_MAX }: ListParams): ViewPage<EpisodeView> {
    const query = "SELECT position, view FROM episodes WHERE position < ? ORDER BY position DESC LIMIT ?";
    return this.#page(query, [cursor, limit + 1], episodeViewSchema);
  }

  episode(id: EpisodeId): EpisodeView | undefined {
    return this.#json("SELECT view FROM episodes WHERE episode_id = ?", [id], episodeViewSchema)[0];
  }

  proposal(id: ProposalId): HeldProposal | undefined {
    return this.#json("SELECT held FROM proposals WHERE proposal_id = ?", [id], heldProposalSchema)[0];
  }

  preview(id: PreviewId): HeldPreview | undefined {
    return this.#json("SELECT held FROM previews WHERE preview_id = ?", [id], heldPreviewSchema)[0];
  }

  /** The frames that concern an episode, from a sequence on: a timeline of it need not look through the others. */
  framesOf(id: EpisodeId, from: Sequence, atMost: number): readonly Sequence[] {
    const found = this.#rows(
      "SELECT DISTINCT sequence FROM history WHERE episode_id = ? AND sequence >= ? ORDER BY sequence LIMIT ?",
      [id, from, atMost],
    );
    return found.map((row) => sequence(historyRow.parse(row).sequence));
  }

  /** The newest frames that have a fact of one of these kinds, the newest first. */
  framesOfKinds(kinds: readonly JournalEvent["kind"][], atMost: number): readonly Sequence[] {
    const found = this.#rows(
      `SELECT DISTINCT sequence FROM history WHERE kind IN (${kinds.map(() => "?").join(", ")}) ORDER BY sequence DESC LIMIT ?`,
      [...kinds, atMost],
    );
    return found.map((row) => sequence(historyRow.parse(row).sequence));
  }

  close(): void {
    this.#database.close();
  }

  async #catchUp(): Promise<void> {
    let waiting: JournalFrame<JournalEvent>[] = [];
    for await (const frame of this.#journal.read(sequence(this.#reflects + 1), Number.MAX_SAFE_INTEGER)) {
      waiting.push(frame);
      if (waiting.length < FRAMES_PER_TURN) continue;
      this.#take(waiting);
      waiting = [];
      await new Promise((resume) => setImmediate(resume));
    }
    this.#take(waiting);
  }

  #take(frames: readonly JournalFrame<JournalEvent>[]): void {
    const last = frames.at(-1);
    if (last === undefined) return;
    this.#database.run("BEGIN");
    let state = this.#state;
    for (const frame of frames) {
      for (const [index, event] of frame.events.entries()) {
        state = evolve(state, event);
        this.#note(event, frame.sequence, index);
      }
      for (const event of frame.events) {
        if ("proposalId" in event && event.proposalId !== undefined) this.#noteProposal(state, event, event.proposalId);
      }
      for (const id of previewsIn(state, frame.events)) this.#notePreview(state, id);
      const touched = new Set(frame.events.flatMap((event) => ("corrId" in event ? [event.corrId] : [])));
      for (const id of touched) this.#noteEpisode(state, id);
      for (const event of frame.events) if (event.kind === "ResultReviewed") this.#noteReview(event);
    }
    this.#database.run("COMMIT");
    this.#state = state;
    this.#reflects = last.sequence;
  }

  #note(event: JournalEvent, at: Sequence, index: number): void {
    const corrId = "corrId" in event ? event.corrId : null;
    this.#run("INSERT INTO history VALUES (?, ?, ?, ?, ?)", [at, index, corrId, event.kind, event.at]);
    if (isEgressLeaf(event)) this.#noteEgress(event, at, index);
    if (event.kind === "ContributionMetered") {
      this.#run("INSERT OR REPLACE INTO receipts VALUES (?, ?)", [event.corrId, event.receipt]);
    }
  }

  /** By the fold that defines the ledger, over the one row that it concerns. */
  #noteEgress(event: EgressLeaf, at: Sequence, index: number): void {
    const { recordId } = event;
    const leaf = leafText(event);
    const position = this.hashes.size;
    this.#run("INSERT INTO leaves VALUES (?, ?, ?)", [position, recordId, leaf]);
    this.hashes.append(leafHash(leaf));
    const rows = new Map<EgressRecordId, EgressLedgerRow>();
    const [held] = this.#json("SELECT row FROM egress WHERE record_id = ?", [recordId], egressLedgerRowSchema);
    if (held !== undefined) rows.set(recordId, held);
    foldEgress(rows, event);
    const row = rows.get(recordId);
    if (row === undefined) return;
    this.#run(
      "INSERT INTO egress (record_id, episode_id, time, row) VALUES (?, ?, ?, ?) ON CONFLICT (record_id) DO UPDATE SET row = excluded.row, time = excluded.time",
      [recordId, event.corrId, row.time, JSON.stringify(row)],
    );
    noteRecord(this.#run, event, { at, index, leaf: position });
  }

  /** One that is applied after the state has forgotten it was received long before: its row says so all the same. */
  #noteProposal(
    state: HomeState,
    event: Extract<JournalEvent, { readonly proposalId?: ProposalId }>,
    id: ProposalId,
  ): void {
    const { corrId } = event;
    const before = this.proposal(id);
    const forgotten = before === undefined || event.kind === "ProposalReceived" ? before : withAnswer(before, event);
    const held = state.episodes.proposals.get(id) ?? forgotten;
    if (held === undefined) return;
    this.#run("INSERT OR REPLACE INTO proposals VALUES (?, ?, ?)", [id, corrId, JSON.stringify(held)]);
  }

  #notePreview(state: HomeState, id: PreviewId): void {
    const held = state.egress.previews.get(id);
    if (held === undefined) return;
    this.#run("INSERT OR REPLACE INTO previews VALUES (?, ?, ?, ?, ?)", [
      id,
      held.corrId,
      JSON.stringify(held),
      held.preview,
      held.highestClassification,
    ]);
  }

  /** An answer may come when the state has forgotten the job, and the row could not be made anew. */
  #noteReview({ corrId, verdict }: ResultReviewed): void {
    const view = this.episode(corrId);
    if (view === undefined || view.review === verdict) return;
    this.#run("UPDATE episodes SET view = ? WHERE episode_id = ?", [
      JSON.stringify({ ...view, review: verdict }),
      corrId,
    ]);
  }

  /** An episode is in the state while anything happens to it; afterwards its row stays as it was last. */
  #noteEpisode(state: HomeState, id: EpisodeId): void {
    const view = episodeView(state, id);
    if (view === undefined) return;
    this.#run(
      "INSERT INTO episodes (episode_id, started_at, view) VALUES (?, ?, ?) ON CONFLICT (episode_id) DO UPDATE SET view = excluded.view",
      [id, view.startedAt, JSON.stringify(view)],
    );
  }

  /** The query reads one row more than the page has, to know whether there is a next one. */
  #page<Row>(query: string, values: [cursor: number, atMost: number], schema: z.ZodType<Row>): ViewPage<Row> {
    const [, atMost] = values;
    const found = this.#rows(query, values);
    const shown = found.slice(0, atMost - 1);
    const rows = shown.map((row) => decoded(row["row"] ?? row["view"], schema));
    return found.length < atMost ? { rows } : { rows, next: placedRow.parse(shown.at(-1)).position };
  }

  #json<Row>(query: string, values: SqlValue[], schema: z.ZodType<Row>): readonly Row[] {
    return this.#rows(query, values).map((row) => decoded(Object.values(row)[0], schema));
  }

  #rows(query: string, values: SqlValue[]): readonly Record<string, SqlValue>[] {
    const statement = this.#database.prepare(query, values);
    const rows: Record<string, SqlValue>[] = [];
    while (statement.step()) rows.push(statement.getAsObject());
    statement.free();
    return rows;
  }

  /** Each of these few queries runs for every fact of the history: it is prepared once. */
  readonly #run = (query: string, values: SqlValue[]): void => {
    let statement = this.#statements.get(query);
    if (statement === undefined) this.#statements.set(query, (statement = this.#database.prepare(query)));
    statement.run(values);
  };
}

/** The previews that these events change. The end of a job withdraws the one that waits. */
function previewsIn(state: HomeState, events: readonly JournalEvent[]): ReadonlySet<PreviewId> {
  const touched = events.flatMap((event) => {
    if ("previewId" in event) return [event.previewId];
    if (event.kind !== "JobFailed" && event.kind !== "JobCancelled") return [];
    const previewId = state.jobs.byId.get(event.jobId)?.previewId;
    return previewId === undefined ? [] : [previewId];
  });
  return new Set(touched);
}

function decoded<Row>(text: SqlValue | undefined, schema: z.ZodType<Row>): Row {
  const row = decode(schema, JSON.parse(String(text)));
  if (!row.ok) throw new Error(`a row of the view ${row.path} ${row.problem}`);
  return row.value;
}

const placedRow = z.object({ position: z.number() });
const placedLeafRow = z.object({ position: z.number(), leaf: z.string() });
const receiptRow = z.object({ receipt: digestSchema });
const leafRow = z.object({ leaf: z.string() });
const historyRow = z.object({ sequence: z.number() });
