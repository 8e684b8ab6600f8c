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
    this.#write(message.attemptId, receipt, record);
  }

  /** Resolves when every receipt is on the disk. */
  settled(): Promise<void> {
    return this.#writing;
  }

  #write(attemptId: AttemptId, receipt: SignedReceipt, record: LeafProof): void {
    const { folder, home, nodeKey, log } = this.#terms;
    const { homeId, homeKey, workspaceId } = home;
    const text = receiptText({ kind: "arw-receipt", v: 1, workspaceId, homeId, homeKey, nodeKey, receipt, record });
    this.#writing = this.#writing
      .then(() => replaceSecretFile(join(receiptsFolder(folder), `${attemptId}.json`), Buffer.from(text)))
      .then(() => dropOldest(receiptsFolder(folder)))
      .catch((error: unknown) => log("keeping a receipt failed", { attemptId, error: String(error) }));
  }
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
