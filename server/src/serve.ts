// Runs one Home: opens its state, replays its journal, wires core and shells together, and closes all in order.
// It decides nothing. A Home that cannot be opened whole is not opened at all.
import { mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { openBlobFiles } from "#platform/blobs/blobFiles.ts";
import type { BlobStore } from "#platform/blobs/blobStore.ts";
import { loadOrCreateIdentity } from "#platform/identity/identityFile.ts";
import { openLeaves } from "#platform/identity/leafFile.ts";
import { environmentSecrets } from "#platform/redaction/environmentSecrets.ts";
import { identitySecret, redactionSalt } from "#platform/redaction/redactionSalt.ts";
import { openPrivateFolder } from "#platform/state/privateFolder.ts";
import { acquireProcessLock, type ProcessLock } from "#platform/state/processLock.ts";
import { stateFolders } from "#platform/state/stateFolders.ts";
import { ArwError } from "#protocol/errors.ts";
import { epochMs, type EpochMs } from "#protocol/quantities.ts";
import { ClosingStack } from "./adapters/closingStack.ts";
import { openClientServer } from "./adapters/clientServer/clientServer.ts";
import { openOwnerSecret } from "./adapters/clientServer/ownerSecret.ts";
import { openWorkspaceRedaction } from "./adapters/collect/workspaceRedaction.ts";
import { Followers } from "./adapters/followers.ts";
import { HomeLives } from "./adapters/homeLives.ts";
import { openIdleWatch } from "./adapters/idleWatch.ts";
import { openHomeLog } from "./adapters/homeLog.ts";
import { createLocalEngines, type LocalEngines } from "./adapters/localNode/localEngines.ts";
import { openOutputFiles } from "./adapters/outputFiles.ts";
import { openSteadyClock } from "./adapters/steadyClock.ts";
import type { ServeOptions } from "./cli/cliHost.ts";
import { type LifeParts, openLife } from "./openLife.ts";

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
  const now = (): EpochMs => epochMs(Date.now());
  const identity = await loadOrCreateIdentity(join(homeFolder, "identity"));
  const ownSecrets = [identitySecret(identity), ...environmentSecrets(process.env)];
  const redaction = openWorkspaceRedaction(workspaceFolder, ownSecrets, redactionSalt(identity), (error) =>
    log.trouble("the secrets of the workspace could not all be read", error),
  );
  const log = await openHomeLog(homeFolder, () => redaction.current);
  closing.defer(() => log.close());
  closing.defer(() => redaction.close());
  const leaves = await openLeaves(join(homeFolder, "leaf"), identity, now(), "mint");
  const owner = await openOwnerSecret(homeFolder);
  const blobs = await openBlobFiles(join(homeFolder, "blobs"));
  closing.defer(() => blobs.settled());
  const outputs = await openOutputFiles(join(homeFolder, "outputs"));
  closing.defer(() => outputs.close());
  const invitesFolder = join(homeFolder, "invites");
  await mkdir(invitesFolder, { recursive: true, mode: 0o700 });
  const engines = await openEngines(homeFolder, blobs);
  closing.defer(() => engines.dispose());
  const stopped = new AbortController();
  const parts: LifeParts = {
    workspaceId,
    identity,
    leaves,
    blobs,
    outputs,
    engines: engines.all,
    examine: (signal) => engines.examine(signal),
    homeFolder,
    invitesFolder,
    workspaceFolder,
    now,
    steady: await openSteadyClock(),
    log,
    redaction,
    followers: new Followers(),
    onStop: () => stopped.abort(),
    readOnly: () => lives.readOnly,
    reopen: () => lives.reopen(),
  };
  const lives = new HomeLives({ open: (onFault) => openLife(parts, onFault), now, log });
  await lives.start();
  closing.defer(() => lives.close());
  const idle = openIdleWatch({ idleMs: IDLE_MS, busy: () => lives.busy, enabled: options.background });
  closing.defer(() => idle.dispose());
  await lives.begin(AbortSignal.any([options.signal, stopped.signal]));
  const clients = await openClientServer({
    socketPath,
    api: lives.api,
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

async function lockHome(homeFolder: string): Promise<ProcessLock> {
  const lock = await acquireProcessLock(join(homeFolder, "lock"));
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
