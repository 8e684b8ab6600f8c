// One life of a Home: its journal opened and added up, then core and shells wired to it. A Home has one at a time;
// a journal that failed is left to its old life, and the next one begins from what is durable.
import type { Identity } from "#platform/identity/identityFile.ts";
import type { WorkspaceId } from "#protocol/ids.ts";
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
  const { homeFolder, identity, log } = parts;
  const { workspaceId } = parts;
  const { publicKey, nodeId } = identity;
  const recovered = await recoverHome(homeFolder, { workspaceId, nodeId, publicKey }, onFault);
  const { state, journal, tornTail } = recovered;
  if (tornTail !== undefined) log.info("journal repaired", tornTail);
  const wire = async (): Promise<HomeLife<HomeApi>> => {
    const marks = openIdleMarks(() => journal.mark());
    const wired = await wireHome({ ...parts, state, journal, onDurable: () => marks.touch() });
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
        await recovered.close();
      },
    };
  };
  return { wire, prove: () => journal.prove(), discard: () => recovered.close() };
}
