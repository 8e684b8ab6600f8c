// One life of a Home: its journal opened and added up, then core and shells wired to it. A Home has one at a time;
// a journal that failed is left to its old life, and the next one begins from what is durable.
import type { Identity } from "#platform/identity/identityFile.ts";
import { PRODUCT_VERSION } from "#platform/productVersion.ts";
import type { WorkspaceId } from "#protocol/ids.ts";
import { type Sequence, sequence } from "#protocol/quantities.ts";
import { CHECKPOINT_FRAMES, Checkpoints } from "./adapters/checkpoint/checkpoints.ts";
import type { HomeApi } from "./adapters/clientServer/homeApi.ts";
import type { HomeLife, NextLife } from "./adapters/homeLives.ts";
import { openIdleMarks } from "./adapters/journal/idleMarks.ts";
import { resume } from "./home/resume.ts";
import { recoverHome } from "./recoverHome.ts";
import { type HomeParts, wireHome } from "./wireHome.ts";

/** What every life of a Home has in common. */
export interface LifeParts extends Omit<HomeParts, "state" | "journal" | "onDurable"> {
  readonly workspaceId: WorkspaceId;
  readonly identity: Identity;
}

/** Throws JournalFault where the journal cannot be opened whole. */
export async function openLife(parts: LifeParts, onFault: (fault: unknown) => void): Promise<NextLife<HomeApi>> {
  const { homeFolder, identity, log, blobs, outputs } = parts;
  const { workspaceId } = parts;
  const { publicKey, nodeId } = identity;
  const recovered = await recoverHome(homeFolder, { workspaceId, nodeId, publicKey }, { blobs, outputs }, onFault);
  const { state, journal, tornTail, from } = recovered;
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
    const wired = await wireHome({ ...parts, state, journal, onDurable });
    const checkpoints = new Checkpoints({
      fileSystem: recovered.checkpoints,
      privateKey: identity.privateKey,
      program: PRODUCT_VERSION,
      lastFrame: journal.durableSequence,
      madeAt: "checkpoint" in from ? sequence(from.checkpoint) : sequence(0),
      lastRecord: () => journal.lastRecord,
      state: wired.state,
      log: (fact, facts) => log.info(fact, facts),
      trouble: (what, error) => log.trouble(what, error),
    });
    return {
      api: wired.api,
      busy: wired.busy,
      begin: async (signal) => {
        for (const effect of resume(state)) wired.perform(effect);
        await wired.connectLocalNode(signal);
      },
      end: async () => {
        await wired.dispose();
        marks.dispose();
        await journal.mark();
        await checkpoints.make(1);
        await recovered.close();
      },
    };
  };
  return { wire, prove: () => journal.prove(), discard: () => recovered.close() };
}
