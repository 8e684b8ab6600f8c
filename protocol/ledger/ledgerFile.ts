// An exported egress ledger and whether it is whole: one line that says whose it is and the checkpoint, then one line a leaf
// with its inclusion proof. It needs nothing but the lines: whoever holds the file can check it, without a Home.
// It judges and never repairs; what it cannot read counts as altered.
import * as z from "zod";
import { canonicalJson } from "../canonicalJson.ts";
import { decodeJson } from "../decode.ts";
import type { Digest } from "../digest.ts";
import { keyWords, nodeIdOf } from "../identity.ts";
import { type EgressRecordId, type NodeId, nodeId, type WorkspaceId, workspaceId } from "../ids.ts";
import { type PublicKey, publicKeySchema } from "../signature.ts";
import { checkpointNoteSchema, egressOrigin, readCheckpointNote, type TreeHead } from "./checkpointNote.ts";
import { type EgressLeaf, egressLeafSchema, leafText } from "./egressLeaf.ts";
import { emptyFrontier, type Frontier, leafHash, rootOf, treeSizeSchema, withLeaf } from "./merkleTree.ts";
import { isIncluded, proofSchema } from "./proofs.ts";

/** The first line. */
export interface LedgerHeader {
  readonly kind: "arw-egress-ledger";
  readonly v: 1;
  readonly workspaceId: WorkspaceId;
  readonly homeId: NodeId;
  readonly homeKey: PublicKey;
  readonly checkpoint: string;
}

/** Every other line. */
export interface LedgerLine {
  readonly index: number;
  readonly leaf: EgressLeaf;
  readonly proof: readonly Digest[];
}

/** A longer line is none of ours: it is not even parsed. */
export const LEDGER_LINE_CHARACTERS_MAX: number = 128 * 1024;
/**
 * Records whose ids are remembered, to find what is there twice or out of its place: some hundred bytes each. A ledger with more is
 * not called whole, since that could not be found any more.
 */
export const LEDGER_RECORDS_MAX = 1_000_000;
/** More are counted, not told. */
export const LEDGER_PROBLEMS_MAX = 20;

export interface LedgerProblem {
  /** From 1; absent where the whole is meant. */
  readonly line?: number;
  readonly problem: string;
}

export interface LedgerReport {
  readonly whole: boolean;
  readonly problems: readonly LedgerProblem[];
  /** Problems past LEDGER_PROBLEMS_MAX. */
  readonly moreProblems: number;
  readonly records: number;
  readonly settlements: number;
  /** What the first line says, where it could be read. */
  readonly header?: LedgerHeader;
  readonly head?: TreeHead;
  /** Two words of the key that signed it, to be compared with what its owner sees. */
  readonly words: readonly string[];
}

/** What somebody who checks knows from elsewhere. */
export interface ExpectedLedger {
  readonly homeId?: NodeId;
  /** A checkpoint that was seen before: the ledger must go on from it. */
  readonly earlier?: string;
}

export function headerLine(header: LedgerHeader): string {
  return canonicalJson(header);
}

export function leafLine(line: LedgerLine): string {
  return canonicalJson(line);
}

/** Takes the lines one after the other. Of each record no more is kept than its id, and of no more than LEDGER_RECORDS_MAX. */
export class LedgerVerifier {
  readonly #expected: ExpectedLedger;
  readonly #problems: LedgerProblem[] = [];
  #moreProblems = 0;
  #line = 0;
  #header: LedgerHeader | undefined;
  #head: TreeHead | undefined;
  #earlier: TreeHead | undefined;
  #frontier: Frontier = emptyFrontier;
  #nextIndex = 0;
  #settlements = 0;
  #recordCount = 0;
  readonly #recordsMax: number;
  /** Each record, and whether it was settled. */
  readonly #records = new Map<EgressRecordId, boolean>();

  constructor(expected: ExpectedLedger, recordsMax: number = LEDGER_RECORDS_MAX) {
    this.#expected = expected;
    this.#recordsMax = recordsMax;
  }

  take(text: string): void {
    this.#line++;
    if (text.length > LEDGER_LINE_CHARACTERS_MAX) return this.#note("is longer than any line of a ledger");
    if (this.#line === 1) this.#takeHeader(text);
    else this.#takeLeaf(text);
  }

  end(): LedgerReport {
    if (this.#line === 0) this.#note("the file is empty", "whole");
    const head = this.#head;
    if (head !== undefined && this.#frontier.size !== head.size) {
      this.#note(`the checkpoint counts ${head.size} entries, the file has ${this.#frontier.size}`, "whole");
    }
    if (head !== undefined && rootOf(this.#frontier) !== head.root) {
      this.#note("the entries together do not have the root that the Home signed", "whole");
    }
    if (this.#earlier !== undefined && this.#earlier.size > this.#frontier.size) {
      this.#note(`an earlier checkpoint counts ${this.#earlier.size} entries: the ledger was rolled back`, "whole");
    }
    const header = this.#header;
    return {
      whole: this.#problems.length === 0,
      problems: this.#problems,
      moreProblems: this.#moreProblems,
      records: this.#recordCount,
      settlements: this.#settlements,
      ...(header === undefined ? {} : { header }),
      ...(head === undefined ? {} : { head }),
      words: header === undefined ? [] : keyWords(header.homeKey),
    };
  }

  #takeHeader(text: string): void {
    const decoded = decodeJson(headerSchema, text);
    if (!decoded.ok) return this.#note(`is no beginning of a ledger: ${decoded.path} ${decoded.problem}`);
    const header = decoded.value;
    this.#header = header;
    if (headerLine(header) !== text) this.#note("is not written as it was exported");
    if (nodeIdOf(header.homeKey) !== header.homeId) this.#note("names a Home that its key is not of");
    const { homeId, earlier } = this.#expected;
    if (homeId !== undefined && header.homeId !== homeId) this.#note(`is of Home ${header.homeId}, not of ${homeId}`);
    const ledger = { origin: egressOrigin(header.workspaceId), key: header.homeKey };
    const read = readCheckpointNote(header.checkpoint, ledger);
    if (read.ok) this.#head = read.head;
    else this.#note(`the checkpoint ${read.problem}`);
    if (earlier === undefined) return;
    const before = readCheckpointNote(earlier, ledger);
    if (!before.ok) return this.#note(`the earlier checkpoint ${before.problem}`, "whole");
    this.#earlier = before.head;
    this.#compareEarlier();
  }

  #takeLeaf(text: string): void {
    const decoded = decodeJson(lineSchema, text);
    // The line stands for an entry all the same: one that was damaged is not called missing as well.
    const expected = this.#nextIndex++;
    if (!decoded.ok) return this.#note(`cannot be read: ${decoded.path} ${decoded.problem}`);
    const { index, leaf, proof } = decoded.value;
    if (leafLine(decoded.value) !== text) this.#note("is not written as it was exported");
    if (index !== expected) this.#note(misplaced(index, expected));
    this.#nextIndex = index + 1;
    const hash = leafHash(leafText(leaf));
    const head = this.#head;
    if (head !== undefined && !isIncluded(hash, { index, size: head.size, root: head.root }, proof)) {
      this.#note(`entry ${index} is not what the checkpoint covers there: it was changed, moved or added`);
    }
    this.#frontier = withLeaf(this.#frontier, hash);
    this.#compareEarlier();
    this.#takeMeaning(leaf);
  }

  /** What the leaves say of each other; hashes alone would let a Home sign nonsense. */
  #takeMeaning(leaf: EgressLeaf): void {
    const { recordId } = leaf;
    if (leaf.kind === "EgressRecorded") {
      if (this.#records.has(recordId)) this.#note(`records ${recordId} a second time`);
      if (this.#header !== undefined && leaf.workspaceId !== this.#header.workspaceId) {
        this.#note(`is of workspace ${leaf.workspaceId}`);
      }
      if (!this.#records.has(recordId)) this.#remember(recordId);
      return;
    }
    this.#settlements++;
    const wasSettled = this.#records.get(recordId);
    if (wasSettled === true) this.#note(`settles ${recordId} a second time`);
    // Past the limit nothing is said of records that were not remembered: that there are too many was said.
    const isKnown = wasSettled !== undefined;
    if (isKnown) this.#records.set(recordId, true);
    else if (this.#recordCount <= this.#recordsMax) {
      this.#note(`settles ${recordId}, which was never recorded before it`);
    }
  }

  #remember(recordId: EgressRecordId): void {
    this.#recordCount++;
    if (this.#records.size < this.#recordsMax) this.#records.set(recordId, false);
    else if (this.#recordCount === this.#recordsMax + 1) {
      this.#note(
        `it has more than ${this.#recordsMax} records: what is there twice could not be found any more`,
        "whole",
      );
    }
  }

  #compareEarlier(): void {
    const earlier = this.#earlier;
    if (earlier === undefined || earlier.size !== this.#frontier.size) return;
    if (rootOf(this.#frontier) === earlier.root) return;
    this.#note(
      `the first ${earlier.size} entries are not those of the earlier checkpoint: history was rewritten`,
      "whole",
    );
  }

  #note(problem: string, where: "line" | "whole" = "line"): void {
    if (this.#problems.length >= LEDGER_PROBLEMS_MAX) this.#moreProblems++;
    else this.#problems.push(where === "line" ? { line: this.#line, problem } : { problem });
  }
}

function misplaced(index: number, expected: number): string {
  if (index < expected) return `has entry ${index} where entry ${expected} belongs: it was added, repeated or moved`;
  return index === expected + 1
    ? `has entry ${index}: entry ${expected} is missing`
    : `has entry ${index}: entries ${expected} to ${index - 1} are missing`;
}

const headerSchema: z.ZodType<LedgerHeader> = z.strictObject({
  kind: z.literal("arw-egress-ledger"),
  v: z.literal(1),
  workspaceId: workspaceId.schema,
  homeId: nodeId.schema,
  homeKey: publicKeySchema,
  checkpoint: checkpointNoteSchema,
});

const lineSchema: z.ZodType<LedgerLine> = z.strictObject({
  index: treeSizeSchema,
  leaf: egressLeafSchema,
  proof: proofSchema,
});
