// This worker as a witness of its Home's egress ledger: keeps what it saw, demands proof that the ledger goes on from that, and
// stops working under one that does not. What it keeps outlives `leave`: a Home is not believed anew because it was left.
import { join } from "node:path";
import * as z from "zod";
import { readSecretFile, replaceSecretFile } from "#platform/identity/secretFile.ts";
import { canonicalJson } from "#protocol/canonicalJson.ts";
import { decodeJson } from "#protocol/decode.ts";
import { ArwError, type Refusal, refuse } from "#protocol/errors.ts";
import type { NodeId, WorkspaceId } from "#protocol/ids.ts";
import {
  checkpointNoteSchema,
  egressOrigin,
  readCheckpointNote,
  type TreeHead,
} from "#protocol/ledger/checkpointNote.ts";
import type { LedgerOwner } from "#protocol/ledger/leafProof.ts";
import {
  judgeLedger,
  judgeRecord,
  type LedgerAlarmCode,
  type ShownLedger,
  witnessedBytes,
} from "#protocol/ledger/witness.ts";
import { type EpochMs, epochMsSchema } from "#protocol/quantities.ts";
import type { PublicKey, Signature } from "#protocol/signature.ts";
import type { Offer, Witnessed } from "#protocol/wire/worker.ts";
import type { HeldLedger } from "../core/heldLedger.ts";

/**
 * What came with an offer is written this much later: a job that begins is not held up by syncs that it does not wait for, and
 * several offers are one write.
 */
export const LATEST_KEPT_AFTER_MS = 250;

/** Why this worker works no more for its Home. */
export interface LedgerAlarm {
  readonly at: EpochMs;
  readonly code: LedgerAlarmCode;
  readonly problem: string;
  /** What the Home showed: signed by it, so that it is evidence beside what was seen. */
  readonly shown?: string;
}

/** What is kept of one Home's ledger. */
export interface KeptLedger {
  readonly v: 1;
  /** The last checkpoint that was proven to go on from the one before. */
  readonly proven?: string;
  /** The latest that came with an offer since; the next connection must prove it too. */
  readonly latest?: string;
  readonly alarm?: LedgerAlarm;
}

export interface LedgerWitnessTerms {
  readonly folder: string;
  readonly home: { readonly homeId: NodeId; readonly homeKey: PublicKey; readonly workspaceId: WorkspaceId };
  readonly nodeId: NodeId;
  readonly sign: (bytes: Uint8Array) => Signature;
  readonly now: () => EpochMs;
  readonly log: (fact: string, detail: Readonly<Record<string, unknown>>) => void;
}

export class LedgerWitness {
  readonly #terms: LedgerWitnessTerms;
  readonly #owner: LedgerOwner;
  #kept: KeptLedger;
  #saving: Promise<void> = Promise.resolve();
  #due: NodeJS.Timeout | undefined;
  /** What the checkpoints say that are kept: a signature is verified once. */
  readonly #verified = new Map<string, TreeHead>();
  /** Whether the Home of the present link shows its ledger. */
  #isShown = false;

  private constructor(terms: LedgerWitnessTerms, kept: KeptLedger) {
    this.#terms = terms;
    this.#owner = { origin: egressOrigin(terms.home.workspaceId), key: terms.home.homeKey };
    this.#kept = kept;
  }

  /** Throws ArwError `worker-state-malformed`. */
  static async open(terms: LedgerWitnessTerms): Promise<LedgerWitness> {
    const witness = new LedgerWitness(terms, await readKeptLedger(terms.folder, terms.home));
    for (const note of [witness.#kept.proven, witness.#kept.latest]) {
      if (note !== undefined && witness.#headOf(note) === undefined)
        throw malformed(witness.#path, "a checkpoint in it does not count");
    }
    return witness;
  }

  /** Set until the owner of this machine accepts the ledger as it is. */
  get alarm(): ArwError | undefined {
    const { alarm } = this.#kept;
    return alarm === undefined ? undefined : alarmError(alarm, this.#terms.home.homeId);
  }

  /** What `hello` says was seen. */
  seen(): readonly number[] {
    return this.#heads().map(({ size }) => size);
  }

  /**
   * Takes what a welcome shows: the word of a witness for the Home, durable here before; or the alarm, durable too where the
   * disk takes it.
   */
  async take(shown: ShownLedger | undefined): Promise<Witnessed | ArwError | undefined> {
    // Raised on a link that ended meanwhile: a Home that shows a better ledger now does not take it back.
    if (this.alarm !== undefined) return this.alarm;
    const heads = this.#heads();
    this.#isShown = shown !== undefined;
    // A Home that never showed its ledger knows of no witnesses: it works as it always did.
    if (shown === undefined && heads.length === 0) return undefined;
    const verdict = judgeLedger(heads, shown, this.#owner);
    if (verdict.kind === "alarm") return this.#raise(verdict.code, verdict.problem, shown?.checkpoint);
    const { head } = verdict;
    if (shown !== undefined) await this.#keep({ v: 1, proven: shown.checkpoint });
    const { size, root } = head;
    return { kind: "witnessed", size, root, signature: this.#terms.sign(witnessedBytes(head)) };
  }

  /** Why this offer is not taken: nothing is run for a Home that does not record what it lets out. */
  judge({ record, payload, attemptId }: Offer): Refusal | undefined {
    if (!this.#isShown) return undefined;
    if (record === undefined) return unproven("it came without its record in the egress ledger");
    const judged = judgeRecord(record, { payload, attemptId, nodeId: this.#terms.nodeId }, this.#owner);
    if (!judged.ok) return unproven(judged.problem);
    const same = this.#heads().find(({ size }) => size === judged.head.size);
    if (same !== undefined && same.root !== judged.head.root) {
      void this.#raise(
        "ledger-forked",
        `two ledgers of ${same.size} entries carry the Home's signature`,
        record.checkpoint,
      );
      return unproven("its ledger is not the one that this worker saw");
    }
    const longest = Math.max(0, ...this.seen());
    if (judged.head.size > longest) {
      this.#verified.set(record.checkpoint, judged.head);
      this.#hold({ ...this.#kept, latest: record.checkpoint });
      this.#due ??= setTimeout(() => void this.#keep(this.#kept), LATEST_KEPT_AFTER_MS).unref();
    }
    return undefined;
  }

  /** Resolves when all that was seen is on the disk, or the log says why it is not. Never rejects. */
  async settled(): Promise<void> {
    if (this.#due !== undefined) void this.#keep(this.#kept);
    await this.#saving.catch(() => undefined);
  }

  /** Never rejects: under this ledger nothing is run, whether the disk takes the alarm or not. */
  async #raise(code: LedgerAlarmCode, problem: string, shown: string | undefined): Promise<ArwError> {
    const alarm: LedgerAlarm = { at: this.#terms.now(), code, problem, ...(shown === undefined ? {} : { shown }) };
    this.#terms.log("ledger alarm", { code, problem, evidence: this.#path });
    await this.#keep({ ...this.#kept, alarm }).catch(() => undefined);
    return alarmError(alarm, this.#terms.home.homeId);
  }

  #hold(kept: KeptLedger): void {
    this.#kept = kept;
    for (const note of this.#verified.keys()) {
      if (note !== kept.proven && note !== kept.latest) this.#verified.delete(note);
    }
  }

  #keep(kept: KeptLedger): Promise<void> {
    this.#hold(kept);
    clearTimeout(this.#due);
    this.#due = undefined;
    const { folder, home } = this.#terms;
    this.#saving = this.#saving.catch(() => undefined).then(() => saveKeptLedger(folder, home, kept));
    // Whoever needs it durable waits for it; nobody else may be felled by a full disk.
    this.#saving.catch((error: unknown) => this.#terms.log("keeping the ledger failed", { error: String(error) }));
    return this.#saving;
  }

  #heads(): readonly TreeHead[] {
    return [this.#kept.proven, this.#kept.latest].flatMap((note) =>
      note === undefined ? [] : (this.#headOf(note) ?? []),
    );
  }

  #headOf(note: string): TreeHead | undefined {
    const verified = this.#verified.get(note);
    if (verified !== undefined) return verified;
    const read = readCheckpointNote(note, this.#owner);
    if (!read.ok) return undefined;
    this.#verified.set(note, read.head);
    return read.head;
  }

  get #path(): string {
    return fileOf(this.#terms.folder, this.#terms.home);
  }
}

type WhoseLedger = Pick<LedgerWitnessTerms["home"], "homeId" | "workspaceId">;

/** Nothing where no ledger of this Home was ever seen. Throws ArwError `worker-state-malformed`. */
async function readKeptLedger(folder: string, home: WhoseLedger): Promise<KeptLedger> {
  const path = fileOf(folder, home);
  const bytes = await readSecretFile(path);
  if (bytes === undefined) return { v: 1 };
  const decoded = decodeJson(keptSchema, bytes.toString("utf8"));
  if (decoded.ok) return decoded.value;
  throw malformed(path, `${decoded.path} ${decoded.problem}`);
}

/** What is held of a Home's ledger, for its worker's owner: the last checkpoint, and the alarm where there is one. */
export async function heldLedger(
  folder: string,
  home: LedgerWitnessTerms["home"],
): Promise<Omit<HeldLedger, "receipts">> {
  const { proven, latest, alarm } = await readKeptLedger(folder, home);
  const checkpoint = latest ?? proven;
  const owner = { origin: egressOrigin(home.workspaceId), key: home.homeKey };
  const read = checkpoint === undefined ? undefined : readCheckpointNote(checkpoint, owner);
  if (read?.ok === false) throw malformed(fileOf(folder, home), `its checkpoint ${read.problem}`);
  return {
    path: fileOf(folder, home),
    ...(checkpoint === undefined || read === undefined ? {} : { seen: { checkpoint, size: read.head.size } }),
    ...(alarm === undefined ? {} : { alarm: alarmError(alarm, home.homeId) }),
    ...(alarm?.shown === undefined ? {} : { shown: alarm.shown }),
  };
}

/** The owner of this machine takes the ledger as it is from now on: what was seen of it, and the alarm, are forgotten. */
export async function forgetLedger(folder: string, home: WhoseLedger): Promise<void> {
  await saveKeptLedger(folder, home, { v: 1 });
}

function alarmError({ code, problem }: LedgerAlarm, homeId: NodeId): ArwError {
  return new ArwError(
    code,
    `This worker works no more for the Home ${homeId}: ${problem}.`,
    "Ask the Home's owner what happened: history was rewritten, restored from a backup, or another program has the Home's key. What was seen is evidence: arw-worker ledger. To go on with the ledger as it is now: arw-worker ledger --accept",
  );
}

function saveKeptLedger(folder: string, home: WhoseLedger, kept: KeptLedger): Promise<void> {
  return replaceSecretFile(fileOf(folder, home), Buffer.from(canonicalJson(kept)));
}

function fileOf(folder: string, { homeId, workspaceId }: WhoseLedger): string {
  return join(folder, `ledger-${homeId}-${workspaceId}.json`);
}

function unproven(problem: string): Refusal {
  return refuse(
    "record-unproven",
    `The Home did not prove that this job is in its egress ledger: ${problem}.`,
    "Update the Home; if it stays, look at its ledger: arw-home egress export, then arw-home egress verify.",
  );
}

function malformed(path: string, problem: string): ArwError {
  return new ArwError(
    "worker-state-malformed",
    `The file ${path} does not say what this worker saw of its Home's ledger: ${problem}.`,
    "Keep a copy of it, and ask the Home's owner for an export of the ledger. Then remove the file.",
  );
}

const alarmCodes: z.ZodType<LedgerAlarmCode> = z.enum([
  "ledger-withheld",
  "ledger-unsigned",
  "ledger-rolled-back",
  "ledger-forked",
]);

const keptSchema: z.ZodType<KeptLedger> = z.strictObject({
  v: z.literal(1),
  proven: checkpointNoteSchema.exactOptional(),
  latest: checkpointNoteSchema.exactOptional(),
  alarm: z
    .strictObject({
      at: epochMsSchema,
      code: alarmCodes,
      problem: z.string(),
      shown: checkpointNoteSchema.exactOptional(),
    })
    .exactOptional(),
});
