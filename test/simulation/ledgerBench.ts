// A Home's ledger with everything that its witnesses are shown, on a journal in memory, and witnesses with folders of their own.
// Another bench with the same key is the same Home gone astray: restored, forked, or showing somebody else something else.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestContext } from "node:test";
import type { ArwError } from "#protocol/errors.ts";
import { egressOrigin } from "#protocol/ledger/checkpointNote.ts";
import type { ShownLedger } from "#protocol/ledger/witness.ts";
import { type PublicKey, sign } from "#protocol/signature.ts";
import type { Offer, Witnessed } from "#protocol/wire/worker.ts";
import { LedgerDesk } from "../../server/src/adapters/ledger/ledgerDesk.ts";
import { Witnesses } from "../../server/src/adapters/ledger/witnesses.ts";
import { ViewOnDemand } from "../../server/src/adapters/view/viewOnDemand.ts";
import { LedgerWitness, type LedgerWitnessTerms } from "../../worker-companion/src/adapters/ledgerWitness.ts";
import { DeskBench } from "./deskBench.ts";
import { approve, deny, NOW, preview } from "./homeCommands.ts";
import { GPU, IDENTITY, LOCAL } from "./homeScenario.ts";

export class LedgerBench extends DeskBench {
  readonly ledger: LedgerDesk;
  readonly witnesses: Witnesses;
  #shown: ShownLedger | undefined;

  private constructor(context: TestContext, witnesses: Witnesses) {
    super();
    this.witnesses = witnesses;
    const view = new ViewOnDemand(this.journal, IDENTITY);
    this.ledger = new LedgerDesk({ tree: this.tree, witnesses, view, now: () => this.now });
    context.after(() => view.dispose());
  }

  /** `folder`: of a Home that was here before. */
  static async open(context: TestContext, folder: string = makeFolder()): Promise<LedgerBench> {
    const origin = egressOrigin(IDENTITY.workspaceId);
    const onTrouble = (what: string, error: unknown): void => {
      throw new Error(`${what}: ${String(error)}`);
    };
    const witnesses = await Witnesses.open({ folder, origin, onTrouble });
    context.after(async () => {
      await witnesses.settled();
      rmSync(folder, { recursive: true, force: true });
    });
    return new LedgerBench(context, witnesses);
  }

  /** Denies so many previews: each is an entry. */
  async record(from: number, to: number): Promise<void> {
    for (let number = from; number <= to; number++) await this.give(preview(number, GPU), deny(number));
  }

  /** Lets a job out; its offer as it is sent to a witness. */
  async letOut(number: number): Promise<Offer> {
    await this.give(preview(number, GPU), approve(number));
    const offers = this.up.said.filter((message): message is Offer => message.kind === "offer");
    const offer = offers.at(-1);
    const record = offer === undefined ? undefined : this.ledger.proofOf(offer.attemptId);
    if (offer === undefined || record === undefined) throw new Error("nothing was offered");
    return { ...offer, record };
  }

  /** A worker connects: it says what it saw, and is shown the ledger. */
  async meets(witness: LedgerWitness): Promise<Witnessed | ArwError> {
    this.#shown = await this.ledger.show(GPU.nodeId, witness.seen());
    const answer = await witness.take(this.#shown);
    if (answer === undefined) throw new Error("the ledger was shown");
    return answer;
  }

  /** Whether the Home takes what the worker that met it last says of what it was shown. */
  hears(said: Witnessed, key: PublicKey = GPU.publicKey): boolean {
    if (this.#shown === undefined) throw new Error("nothing was shown");
    return this.ledger.take(GPU.nodeId, key, said, this.#shown);
  }
}

export function folderOf(context: TestContext): string {
  const folder = makeFolder();
  context.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

function makeFolder(): string {
  return mkdtempSync(join(tmpdir(), "arw-ledger-"));
}

/** Whose ledger it is, as a worker's membership says. */
export const LEDGER_HOME: LedgerWitnessTerms["home"] = {
  homeId: LOCAL.nodeId,
  homeKey: LOCAL.publicKey,
  workspaceId: IDENTITY.workspaceId,
};

/** A worker that remembers in this folder. */
export function witnessIn(folder: string, log: string[] = []): Promise<LedgerWitness> {
  return LedgerWitness.open({
    folder,
    home: LEDGER_HOME,
    nodeId: GPU.nodeId,
    sign: (bytes) => sign("arw-witness-v1", bytes, GPU.key),
    now: () => NOW,
    log: (fact) => log.push(fact),
  });
}
