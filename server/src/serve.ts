// Runs one Home: opens its state, replays its journal, wires core and shells together, and closes all in order.
// It decides nothing. A Home that cannot be opened whole is not opened at all.
import { mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { openBlobFiles } from "#platform/blobs/blobFiles.ts";
import type { BlobStore } from "#platform/blobs/blobStore.ts";
import { openNodeFileSystem } from "#platform/files/nodeFileSystem.ts";
import { loadOrCreateIdentity } from "#platform/identity/identityFile.ts";
import { loadOrMintLeaf } from "#platform/identity/leafFile.ts";
import { openPrivateFolder } from "#platform/state/privateFolder.ts";
import { stateFolders } from "#platform/state/stateFolders.ts";
import { decodeEvent } from "#protocol/decodeEvent.ts";
import { ArwError } from "#protocol/errors.ts";
import type { JournalEvent } from "#protocol/events.ts";
import { epochMs, type EpochMs } from "#protocol/quantities.ts";
import { ClosingStack } from "./adapters/closingStack.ts";
import { openClientServer } from "./adapters/clientServer/clientServer.ts";
import { openOwnerSecret } from "./adapters/clientServer/ownerSecret.ts";
import { acquireHomeLock, type HomeLock } from "./adapters/homeLock.ts";
import { openIdleWatch } from "./adapters/idleWatch.ts";
import { type FileJournal } from "./adapters/journal/journalWriter.ts";
import { openJournal } from "./adapters/journal/journalFile.ts";
import { openHomeLog } from "./adapters/homeLog.ts";
import { createLocalEngines, type LocalEngines } from "./adapters/localNode/localEngines.ts";
import { openOutputFiles } from "./adapters/outputFiles.ts";
import type { ServeOptions } from "./cli/cliHost.ts";
import { OwnMaps } from "./home/boundedMap.ts";
import { evolveAll } from "./home/evolve.ts";
import type { HomeIdentity } from "./home/identity.ts";
import { resume } from "./home/resume.ts";
import { type HomeState, initialState } from "./home/state.ts";
import { wireHome } from "./wireHome.ts";

/** A background Home ends this long after its last client, when nothing runs. */
export const IDLE_MS = 60_000;

export async function serve(options: ServeOptions): Promise<void> {
  const { homeFolder } = options;
  await openPrivateFolder(homeFolder);
  const closing = new ClosingStack();
  try {
    await run(options, closing);
  } catch (error) {
    // Whoever stops a Home that still starts gets what was asked for.
    if (error !== options.signal.reason) throw error;
  } finally {
    await closing.close();
  }
}

async function run(options: ServeOptions, closing: ClosingStack): Promise<void> {
  const { workspaceFolder, workspaceId, homeFolder, socketPath } = options;
  const lock = await lockHome(homeFolder);
  closing.defer(() => lock.release());
  const log = await openHomeLog(homeFolder);
  closing.defer(() => log.close());
  const now = (): EpochMs => epochMs(Date.now());
  const identity = await loadOrCreateIdentity(join(homeFolder, "identity"));
  const leaf = await loadOrMintLeaf(join(homeFolder, "leaf"), identity, now());
  const owner = await openOwnerSecret(homeFolder);
  const { publicKey, nodeId } = identity;
  const recovered = await recover(homeFolder, { workspaceId, nodeId, publicKey });
  closing.defer(() => recovered.close());
  if (recovered.repaired !== undefined) log.info("journal repaired", recovered.repaired);
  const blobs = await openBlobFiles(join(homeFolder, "blobs"));
  const outputs = await openOutputFiles(join(homeFolder, "outputs"));
  closing.defer(() => outputs.close());
  const invitesFolder = join(homeFolder, "invites");
  await mkdir(invitesFolder, { recursive: true, mode: 0o700 });
  const engines = await openEngines(homeFolder, blobs);
  closing.defer(() => engines.dispose());
  const wired = await wireHome({
    state: recovered.state,
    journal: recovered.journal,
    identity,
    leaf,
    blobs,
    outputs,
    engines: engines.all,
    homeFolder,
    invitesFolder,
    workspaceFolder,
    now,
    log,
    onStop: () => stopped.abort(),
  });
  closing.defer(() => wired.dispose());
  const stopped = new AbortController();
  const idle = openIdleWatch({ idleMs: IDLE_MS, busy: wired.busy, enabled: options.background });
  closing.defer(() => idle.dispose());
  for (const effect of resume(recovered.state)) wired.perform(effect);
  await wired.connectLocalNode(AbortSignal.any([options.signal, stopped.signal]));
  const clients = await openClientServer({
    socketPath,
    api: wired.api,
    checkOwnerSecret: owner.check,
    onClients: (count) => idle.clients(count),
    log: (text, facts) => log.info(text, facts),
  });
  closing.defer(() => clients.close());
  log.info("home ready", { workspaceId, processId: process.pid });
  options.announce(owner.minted === undefined ? {} : { ownerSecret: owner.minted });
  await aborted([options.signal, stopped.signal, idle.ended]);
  log.info("home stopping", {});
}

async function openEngines(homeFolder: string, blobs: BlobStore): Promise<LocalEngines> {
  const jobsFolder = join(homeFolder, "jobs");
  // A Home that was killed left its job folders; no run of an earlier life goes on.
  await rm(jobsFolder, { recursive: true, force: true });
  const folders = stateFolders();
  const [enginesFolder, modelsFolder] = [folders.enginesFolder(), folders.modelsFolder()];
  return createLocalEngines({ blobs, jobsFolder, enginesFolder, modelsFolder });
}

interface Recovered {
  readonly state: HomeState;
  readonly journal: FileJournal<JournalEvent>;
  readonly repaired: { readonly segment: string; readonly atByte: number; readonly cutBytes: number } | undefined;
  close(): Promise<void>;
}

/** Reads every frame once; the state is their sum. Throws JournalFault. */
async function recover(homeFolder: string, identity: HomeIdentity): Promise<Recovered> {
  const fileSystem = await openNodeFileSystem(join(homeFolder, "journal"));
  let state = initialState(identity);
  const own = new OwnMaps();
  try {
    const { journal, recovered } = await openJournal<JournalEvent>({
      fileSystem,
      header: { workspaceId: identity.workspaceId, homeId: identity.nodeId },
      decodeEvent: (value) => {
        const decoded = decodeEvent(value);
        if (decoded.ok) return decoded.value;
        throw new Error(`the event's ${decoded.path} ${decoded.problem}`);
      },
      onFrame: (frame) => {
        state = evolveAll(state, frame.events, own);
      },
    });
    const close = async (): Promise<void> => {
      await journal.close();
      await fileSystem.close();
    };
    return { state, journal, repaired: recovered.tornTail, close };
  } catch (error) {
    await fileSystem.close();
    throw error;
  }
}

async function lockHome(homeFolder: string): Promise<HomeLock> {
  const lock = await acquireHomeLock(join(homeFolder, "lock"));
  if (lock.kind === "acquired") return lock;
  throw new ArwError(
    "home-held",
    `Another Home (process ${lock.pid}) has this workspace since ${new Date(lock.since).toISOString()}.`,
    "Use that one: every arw-home command finds it. Or stop it first: arw-home stop.",
  );
}

function aborted(signals: readonly AbortSignal[]): Promise<void> {
  const any = AbortSignal.any([...signals]);
  return new Promise((resolve) => {
    if (any.aborted) return resolve();
    any.addEventListener("abort", () => resolve(), { once: true });
  });
}
