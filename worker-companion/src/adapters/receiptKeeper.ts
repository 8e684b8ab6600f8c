// The receipts that this worker signed and its Home took, kept for the owner of its machine: each a file that anybody can check.
// Nothing else of a job is kept. A receipt without its record in the Home's ledger is none of these.
import { readdir, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { errnoOf } from "#platform/files/fileSystem.ts";
import { replaceSecretFile } from "#platform/identity/secretFile.ts";
import type { AttemptId, NodeId, WorkspaceId } from "#protocol/ids.ts";
import type { LeafProof } from "#protocol/ledger/leafProof.ts";
import { receiptText } from "#protocol/ledger/receiptFile.ts";
import type { SignedReceipt } from "#protocol/receipt.ts";
import type { PublicKey } from "#protocol/signature.ts";
import type { HomeMessage, WorkerMessage } from "#protocol/wire/worker.ts";

/** The newest are kept: months of work, and a few megabytes. */
export const RECEIPTS_KEPT_MAX = 1_000;
/** More attempts than a worker holds. */
const PENDING_MAX = 2_048;
/** Those of jobs that end within this time go to the disk together, and not while the next job begins. */
export const RECEIPTS_KEPT_AFTER_MS = 250;

export interface ReceiptKeeperTerms {
  readonly folder: string;
  readonly home: { readonly homeId: NodeId; readonly homeKey: PublicKey; readonly workspaceId: WorkspaceId };
  readonly nodeKey: PublicKey;
  readonly log: (fact: string, detail: Readonly<Record<string, unknown>>) => void;
}

interface Pending {
  readonly record: LeafProof;
  readonly receipt?: SignedReceipt;
}

export class ReceiptKeeper {
  readonly #terms: ReceiptKeeperTerms;
  readonly #pending = new Map<AttemptId, Pending>();
  /** The texts that wait to be written. */
  readonly #due = new Map<AttemptId, string>();
  #timer: NodeJS.Timeout | undefined;
  #writing: Promise<void> = Promise.resolve();

  constructor(terms: ReceiptKeeperTerms) {
    this.#terms = terms;
  }

  /** What this worker tells its Home. */
  said(message: WorkerMessage): void {
    if (message.kind !== "finished") return;
    const pending = this.#pending.get(message.attemptId);
    if (pending !== undefined) this.#pending.set(message.attemptId, { ...pending, receipt: message.receipt });
  }

  /** What the Home told this worker, once it was judged. */
  heard(message: HomeMessage): void {
    if (message.kind === "offer" && message.record !== undefined) {
      const [oldest] = this.#pending.keys();
      if (oldest !== undefined && this.#pending.size >= PENDING_MAX) this.#pending.delete(oldest);
      this.#pending.set(message.attemptId, { record: message.record });
    }
    if (message.kind !== "settled") return;
    const pending = this.#pending.get(message.attemptId);
    this.#pending.delete(message.attemptId);
    // What was fenced earns nothing, and its receipt says nothing.
    if (!message.accepted || pending?.receipt === undefined) return;
    const { receipt, record } = pending;
    this.#due.set(message.attemptId, this.#textOf(receipt, record));
    this.#timer ??= setTimeout(() => this.#write(), RECEIPTS_KEPT_AFTER_MS).unref();
  }

  /** Resolves when every receipt is on the disk. */
  settled(): Promise<void> {
    this.#write();
    return this.#writing;
  }

  #textOf(receipt: SignedReceipt, record: LeafProof): string {
    const { home, nodeKey } = this.#terms;
    const { homeId, homeKey, workspaceId } = home;
    return receiptText({ kind: "arw-receipt", v: 1, workspaceId, homeId, homeKey, nodeKey, receipt, record });
  }

  #write(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const due = [...this.#due];
    this.#due.clear();
    if (due.length === 0) return;
    const { folder, log } = this.#terms;
    const failed = (attemptId: AttemptId, error: unknown): void =>
      log("keeping a receipt failed", { attemptId, error: String(error) });
    this.#writing = this.#writing
      .then(() => Promise.all(due.map(([id, text]) => keep(folder, id, text).catch((error) => failed(id, error)))))
      .then(() => dropOldest(receiptsFolder(folder)))
      .catch((error: unknown) => log("dropping old receipts failed", { error: String(error) }));
  }
}

function keep(folder: string, attemptId: AttemptId, text: string): Promise<void> {
  return replaceSecretFile(join(receiptsFolder(folder), `${attemptId}.json`), Buffer.from(text));
}

export function receiptsFolder(workerFolder: string): string {
  return join(workerFolder, "receipts");
}

/** How many are kept. */
export async function countReceipts(workerFolder: string): Promise<number> {
  return (await receiptsIn(receiptsFolder(workerFolder))).length;
}

async function receiptsIn(folder: string): Promise<readonly string[]> {
  try {
    return (await readdir(folder)).filter((name) => name.endsWith(".json"));
  } catch (error) {
    if (errnoOf(error) === "ENOENT") return [];
    throw error;
  }
}

async function dropOldest(folder: string): Promise<void> {
  const names = await receiptsIn(folder);
  if (names.length <= RECEIPTS_KEPT_MAX) return;
  const dated = await Promise.all(names.map(async (name) => ({ name, at: (await stat(join(folder, name))).mtimeMs })));
  dated.sort((one, other) => one.at - other.at);
  for (const { name } of dated.slice(0, names.length - RECEIPTS_KEPT_MAX))
    await rm(join(folder, name), { force: true });
}
