// Opens the journal of a Home and adds its facts up to the state that they mean.
// It decides nothing: a frame that cannot be read whole stops it, and nothing is skipped.
import { join } from "node:path";
import { openNodeFileSystem } from "#platform/files/nodeFileSystem.ts";
import { decodeEvent } from "#protocol/decodeEvent.ts";
import type { JournalEvent } from "#protocol/events.ts";
import { openJournal, type RecoveredJournal } from "./adapters/journal/journalFile.ts";
import type { FileJournal } from "./adapters/journal/journalWriter.ts";
import { evolve } from "./home/evolve.ts";
import type { HomeIdentity } from "./home/identity.ts";
import { type HomeState, initialState } from "./home/state.ts";

export interface RecoveredHome {
  readonly state: HomeState;
  readonly journal: FileJournal<JournalEvent>;
  /** What a crash had left of the last batch; it has been cut. */
  readonly tornTail: RecoveredJournal["tornTail"];
  close(): Promise<void>;
}

/** Reads every frame once; the state is their sum. Throws JournalFault. */
export async function recoverHome(
  homeFolder: string,
  identity: HomeIdentity,
  onFault: (fault: unknown) => void,
): Promise<RecoveredHome> {
  const fileSystem = await openNodeFileSystem(join(homeFolder, "journal"));
  let state = initialState(identity);
  try {
    const { journal, recovered } = await openJournal<JournalEvent>({
      fileSystem,
      header: { workspaceId: identity.workspaceId, homeId: identity.nodeId },
      decodeEvent: requireEvent,
      onFrame: (frame) => {
        state = frame.events.reduce(evolve, state);
      },
      onFault,
    });
    const close = async (): Promise<void> => {
      await journal.close();
      await fileSystem.close();
    };
    return { state, journal, tornTail: recovered.tornTail, close };
  } catch (error) {
    await fileSystem.close();
    throw error;
  }
}

function requireEvent(value: unknown): JournalEvent {
  const decoded = decodeEvent(value);
  if (decoded.ok) return decoded.value;
  throw new Error(`the event's ${decoded.path} ${decoded.problem}`);
}
