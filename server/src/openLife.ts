// One life of a Home: its journal opened and added up, then core and shells wired to it. A Home has one at a time;
// a journal that failed is left to its old life, and the next one begins from what is durable.
import type { Identity } from "#platform/identity/identityFile.ts";
import { PRODUCT_VERSION } from "#platform/productVersion.ts";
import type { WorkspaceId } from "#protocol/ids.ts";
import { type Sequence, sequence } from "#protocol/quantities.ts";
import { CHECKPOINT_FRAMES, Checkpoints } from "./adapters/checkpoint/checkpoints.ts";
import type { HomeApi } from "./adapters/clientServer/homeApi.ts";
import { ClosingStack } from "./adapters/closingStack.ts";
import type { HomeLife, NextLife } from "./adapters/homeLives.ts";
import { type IdleMarks, openIdleMarks } from "./adapters/journal/idleMarks.ts";
import { type RecoveredHome, recoverHome } from "./recoverHome.ts";
import { type HomeParts, type WiredHome, wireHome } from "./wireHome.ts";

/** What every life of a Home has in common. */
export interface LifeParts extends Omit<HomeParts, "state" | "ledger" | "journal" | "onDurable"> {
  readonly workspaceId: WorkspaceId;
  readonly identity: Identity;
}

/** Throws JournalFault where the journal cannot be opened whole. */
export async function openLife(parts: LifeParts, onFault: (fault: unknown) => void): Promise<NextLife<HomeApi>> {
  const { homeFolder, identity, log, blobs, outputs } = parts;
  const { workspaceId } = parts;
  const { publicKey, nodeId } = identity;
  const recovered = await recoverHome(homeFolder, { workspaceId, nodeId, publicKey }, { blobs, outputs }, onFault);
  const { state, ledger, journal, tornTail, from } = recovered;
  log.info("journal opened", { sequence: journal.durableSequence, ...from });
  if (tornTail !== undefined) log.info("journal repaired", tornTail);
  const wire = async (): Promise<HomeLife<HomeApi>> => {
    const marks = openIdleMarks(async () => {
      await journal.mark();
      await checkpoints.make(CHECKPOINT_FRAMES);
    });
    const onDurable = (durable: Sequence): void => {
      marks.touch();
      checkpoints.note(durable);
    };
    const checkpoints = new Checkpoints({
      fileSystem: recovered.checkpoints,
      privateKey: identity.privateKey,
      program: PRODUCT_VERSION,
      lastFrame: journal.durableSequence,
      madeAt: "checkpoint" in from ? sequence(from.checkpoint) : sequence(0),
      lastRecord: () => journal.lastRecord,
      state: () => wired.state(),
      ledger: () => wired.ledger(),
      log: (fact, facts) => log.info(fact, facts),
      trouble: (what, error) => log.trouble(what, error),
    });
    const wired = await wireHome({ ...parts, state, ledger, journal, onDurable });
    return {
      api: wired.api,
      busy: wired.busy,
      begin: (signal) => {
        parts.redaction.refreshLater();
        return wired.begin(signal);
      },
      end: () => end(wired, marks, recovered, checkpoints),
    };
  };
  return { wire, prove: () => journal.prove(), discard: () => recovered.close() };
}

/** All of it, the last first, whatever of it fails: a shell that closes badly must not cost the journal its mark. */
async function end(
  wired: WiredHome,
  marks: IdleMarks,
  { journal, close }: Pick<RecoveredHome, "journal" | "close">,
  checkpoints: Checkpoints,
): Promise<void> {
  const closing = new ClosingStack();
  closing.defer(close);
  closing.defer(() => checkpoints.make(1));
  closing.defer(() => journal.mark());
  closing.defer(() => marks.dispose());
  closing.defer(() => wired.dispose());
  await closing.close();
}
