// Whom this Home's ledger is known to: what each worker last saw of it and signed, and who saw more than there is.
// It is kept beside the journal and is never the truth: a witness says it again whenever it connects.
import { join } from "node:path";
import * as z from "zod";
import { readSecretFile, replaceSecretFile } from "#platform/identity/secretFile.ts";
import { canonicalJson } from "#protocol/canonicalJson.ts";
import { decodeJson } from "#protocol/decode.ts";
import { type Digest, digestSchema } from "#protocol/digest.ts";
import { type NodeId, nodeId } from "#protocol/ids.ts";
import type { TreeHead } from "#protocol/ledger/checkpointNote.ts";
import { treeSizeSchema } from "#protocol/ledger/merkleTree.ts";
import { witnessedBytes } from "#protocol/ledger/witness.ts";
import { type EpochMs, epochMsSchema } from "#protocol/quantities.ts";
import { type PublicKey, type Signature, signatureSchema, verify } from "#protocol/signature.ts";

import type { Witnessed } from "#protocol/wire/worker.ts";

/** More workers than a Home has. The one that was heard longest ago is forgotten first. */
export const WITNESSES_MAX = 128;

/** What one worker saw. */
export interface SeenLedger {
  readonly nodeId: NodeId;
  readonly at: EpochMs;
  readonly size: number;
  /** Its signature under that; absent where it had seen more than this ledger has, and signed nothing. */
  readonly signed?: { readonly root: Digest; readonly signature: Signature };
}

export interface WitnessesTerms {
  readonly folder: string;
  readonly origin: string;
  readonly onTrouble: (what: string, error: unknown) => void;
}

export class Witnesses {
  readonly #terms: WitnessesTerms;
  readonly #seen: Map<NodeId, SeenLedger>;
  #saving: Promise<void> = Promise.resolve();

  private constructor(terms: WitnessesTerms, seen: readonly SeenLedger[]) {
    this.#terms = terms;
    this.#seen = new Map(seen.map((one) => [one.nodeId, one]));
  }

  /** A file that cannot be read is no reason not to start: every witness says again what it saw. */
  static async open(terms: WitnessesTerms): Promise<Witnesses> {
    try {
      const bytes = await readSecretFile(fileOf(terms.folder));
      const decoded = bytes === undefined ? undefined : decodeJson(fileSchema, bytes.toString("utf8"));
      if (decoded?.ok === false) terms.onTrouble("reading what witnesses saw", `${decoded.path} ${decoded.problem}`);
      return new Witnesses(terms, decoded?.ok === true ? decoded.value : []);
    } catch (error) {
      terms.onTrouble("reading what witnesses saw", error);
      return new Witnesses(terms, []);
    }
  }

  all(): readonly SeenLedger[] {
    return [...this.#seen.values()];
  }

  /** Takes a witness's word. False, and nothing is kept, where its key did not sign it. */
  take(witness: NodeId, key: PublicKey, { size, root, signature }: Witnessed, at: EpochMs): boolean {
    const head: TreeHead = { origin: this.#terms.origin, size, root };
    if (!verify("arw-witness-v1", witnessedBytes(head), signature, key)) return false;
    this.#keep({ nodeId: witness, at, size, signed: { root, signature } });
    return true;
  }

  /** A worker has seen a longer ledger than this: this Home was restored from a backup, or another one has its key. */
  ahead(witness: NodeId, size: number, at: EpochMs): void {
    this.#keep({ nodeId: witness, at, size });
  }

  /** Resolves when what was kept is on the disk. */
  settled(): Promise<void> {
    return this.#saving;
  }

  #keep(seen: SeenLedger): void {
    this.#seen.delete(seen.nodeId);
    this.#seen.set(seen.nodeId, seen);
    const [oldest] = this.#seen.keys();
    if (oldest !== undefined && this.#seen.size > WITNESSES_MAX) this.#seen.delete(oldest);
    const bytes = Buffer.from(canonicalJson(this.all()));
    this.#saving = this.#saving
      .then(() => replaceSecretFile(fileOf(this.#terms.folder), bytes))
      .catch((error: unknown) => this.#terms.onTrouble("keeping what a witness saw", error));
  }
}

function fileOf(folder: string): string {
  return join(folder, "witnesses.json");
}

const fileSchema: z.ZodType<readonly SeenLedger[]> = z
  .array(
    z.strictObject({
      nodeId: nodeId.schema,
      at: epochMsSchema,
      size: treeSizeSchema,
      signed: z.strictObject({ root: digestSchema, signature: signatureSchema }).exactOptional(),
    }),
  )
  .max(WITNESSES_MAX);
