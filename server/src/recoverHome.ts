// Opens the journal of a Home and adds its facts up to the state that they mean: from a checkpoint and what came after it,
// or from the start. Both give the same state, bit for bit, and every byte is checked either way. A checkpoint that does not verify is only ever a reason to
// read more; one that names a record which is gone proves a loss, and the Home is not opened.
import { join } from "node:path";
import { openNodeFileSystem } from "#platform/files/nodeFileSystem.ts";
import type { SweptBlobStore } from "#platform/blobs/blobStore.ts";
import type { FileSystem } from "#platform/files/fileSystem.ts";
import { PRODUCT_VERSION } from "#platform/productVersion.ts";
import { decodeEvent } from "#protocol/decodeEvent.ts";
import type { JournalEvent } from "#protocol/events.ts";
import { emptyFrontier, type Frontier } from "#protocol/ledger/merkleTree.ts";
import { type FoundCheckpoint, readCheckpoint } from "./adapters/checkpoint/checkpointFile.ts";
import { openJournal, type RecoveredJournal } from "./adapters/journal/journalFile.ts";
import type { FileJournal } from "./adapters/journal/journalWriter.ts";
import { OwnMaps } from "./home/boundedMap.ts";
import { withEgress } from "./home/egress/tree.ts";
import { evolveAll } from "./home/evolve.ts";
import type { OutputFiles } from "./adapters/outputFiles.ts";
import type { HomeIdentity } from "./home/identity.ts";
import { type HomeState, initialState } from "./home/state.ts";

export interface RecoveredHome {
  readonly state: HomeState;
  /** The tree of the egress ledger after the last frame. */
  readonly ledger: Frontier;
  readonly journal: FileJournal<JournalEvent>;
  /** What a crash had left of the last batch; it has been cut. */
  readonly tornTail: RecoveredJournal["tornTail"];
  /** Where the state came from, for the log. */
  readonly from: { readonly checkpoint: number } | { readonly start: string };
  readonly checkpoints: FileSystem;
  close(): Promise<void>;
}

/** Throws JournalFault. */
export async function recoverHome(
  homeFolder: string,
  identity: HomeIdentity,
  beside: BesideJournal,
  onFault: (fault: unknown) => void,
): Promise<RecoveredHome> {
  const fileSystem = await openNodeFileSystem(join(homeFolder, "journal"));
  const checkpoints = await openNodeFileSystem(join(homeFolder, "checkpoint"));
  try {
    const added = await addUp({ fileSystem, checkpoints, identity, program: PRODUCT_VERSION, beside, onFault });
    const close = async (): Promise<void> => {
      await added.journal.close();
      await fileSystem.close();
      await checkpoints.close();
    };
    return { ...added, checkpoints, close };
  } catch (error) {
    await fileSystem.close();
    await checkpoints.close();
    throw error;
  }
}

/** Where the bytes lie that frames name. */
export interface BesideJournal {
  readonly blobs: Pick<SweptBlobStore, "renew">;
  readonly outputs: Pick<OutputFiles, "renew">;
}

export interface AddUpTerms {
  readonly fileSystem: FileSystem;
  readonly checkpoints: FileSystem;
  readonly identity: HomeIdentity;
  readonly program: string;
  /** Without it, frames are taken at their word. */
  readonly beside?: BesideJournal;
  readonly onFault: (fault: unknown) => void;
  readonly segmentBytes?: number;
}

/** The state that a journal means, and the journal. Each frame that is read is read once. */
export async function addUp(
  terms: AddUpTerms,
): Promise<Pick<RecoveredHome, "state" | "ledger" | "journal" | "tornTail" | "from">> {
  const { fileSystem, identity, segmentBytes, beside } = terms;
  const found = await readCheckpoint(terms.checkpoints, identity, terms.program);
  const checkpoint = found.kind === "found" ? found.checkpoint : undefined;
  let state = checkpoint?.state ?? initialState(identity);
  let ledger = checkpoint?.ledger ?? emptyFrontier;
  const own = new OwnMaps();
  const witness = checkpoint?.record ?? (found.kind === "witness" ? found.record : undefined);
  const { journal, recovered } = await openJournal<JournalEvent>({
    fileSystem,
    header: { workspaceId: identity.workspaceId, homeId: identity.nodeId },
    decodeEvent: requireEvent,
    onFrame: (frame) => {
      state = evolveAll(state, frame.events, own);
      ledger = withEgress(ledger, frame.events);
    },
    onFault: terms.onFault,
    ...(beside === undefined
      ? {}
      : { renewBeside: (events: readonly JournalEvent[]) => renewBeside(beside, identity, events) }),
    ...(segmentBytes === undefined ? {} : { segmentBytes }),
    ...(witness === undefined ? {} : { witness }),
    ...(checkpoint === undefined ? {} : { summedTo: checkpoint.record.sequence }),
  });
  const from = checkpoint === undefined ? { start: reasonOf(found) } : { checkpoint: checkpoint.record.sequence };
  return { state, ledger, journal, tornTail: recovered.tornTail, from };
}

/** Bytes become durable side by side with the frame that names them: after a crash either may be there alone. */
async function renewBeside(
  beside: BesideJournal,
  { nodeId }: HomeIdentity,
  events: readonly JournalEvent[],
): Promise<boolean> {
  for (const event of events) {
    // A job that ran here has a receipt too, which nobody else signed and nobody keeps.
    if (event.kind === "ContributionMetered" && event.nodeId === nodeId) continue;
    if (!(await isRenewed(beside, event))) return false;
  }
  return true;
}

async function isRenewed({ blobs, outputs }: BesideJournal, event: JournalEvent): Promise<boolean> {
  if (event.kind === "OutputAppended") return outputs.renew(event.attemptId, event.stream, event.fromByte, event);
  if (event.kind === "EgressPreviewed") return (await blobs.renew(event.payload)) && blobs.renew(event.preview);
  if (event.kind === "ContributionMetered") return blobs.renew(event.receipt);
  if (event.kind === "JobQueued") return event.job.kind !== "ask" || blobs.renew(event.job.prompt);
  return true;
}

function reasonOf(found: FoundCheckpoint): string {
  if (found.kind === "ignored" || found.kind === "witness") return `the checkpoint was ignored: ${found.reason}`;
  return "there is no checkpoint";
}

function requireEvent(value: unknown): JournalEvent {
  const decoded = decodeEvent(value);
  if (decoded.ok) return decoded.value;
  throw new Error(`the event's ${decoded.path} ${decoded.problem}`);
}
