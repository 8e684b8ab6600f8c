// What the commands of `arw-worker` do, put together from the worker's parts. Each command opens the state folder anew.
// It holds nothing between commands and decides nothing that its parts can decide.
import { rm } from "node:fs/promises";
import { hostname } from "node:os";
import type { BlobStore } from "#platform/blobs/blobStore.ts";
import { environmentSecrets } from "#platform/redaction/environmentSecrets.ts";
import { createRedactor } from "#platform/redaction/redactor.ts";
import { identitySecret, redactionSalt } from "#platform/redaction/redactionSalt.ts";
import { REDACTION_RULES } from "#platform/redaction/rules.ts";
import { stateFolders } from "#platform/state/stateFolders.ts";
import { ArwError } from "#protocol/errors.ts";
import { epochMs } from "#protocol/quantities.ts";
import { parseInvite } from "#protocol/wire/inviteText.ts";
import { askWorker } from "./adapters/controlSocket.ts";
import { enrol } from "./adapters/dial/enrol.ts";
import { openDailyUse } from "./adapters/dailyUseFile.ts";
import { forgetLedger, heldLedger } from "./adapters/ledgerWitness.ts";
import { rulesStatusOf } from "./adapters/machineOwner.ts";
import { countReceipts, receiptsFolder } from "./adapters/receiptKeeper.ts";
import { openRulesFile } from "./adapters/rulesFile.ts";
import { startWorker, type WorkerTerms } from "./adapters/runningWorker.ts";
import { workerGoneSchema, workerStatusSchema } from "./adapters/workerAnswers.ts";
import { openWorkerLog } from "./adapters/workerLog.ts";
import { type NamedMembership, openWorkerFolder, type WorkerFolder } from "./adapters/workerFolder.ts";
import type {
  Joined,
  JoinOptions,
  LeaveOptions,
  RunningWorker,
  RunOptions,
  WorkerActions,
} from "./cli/workerActions.ts";
import type { HeldLedger } from "./core/heldLedger.ts";
import type { IdleStatus, WorkerStatus } from "./core/workerStatus.ts";
import type { Engine } from "./core/engine.ts";
import { createEngines } from "./engines/createEngines.ts";
import { machineActions, sweepLeftovers } from "./machineActions.ts";

export function createWorkerActions(): WorkerActions {
  return { join: joinHome, run, status, leave, ledger, ...machineActions };
}

const NAME_CHARACTERS_MAX = 64;

function openFolder(): Promise<WorkerFolder> {
  return openWorkerFolder(stateFolders().workerFolder());
}

async function joinHome(inviteText: string, options: JoinOptions, signal: AbortSignal): Promise<Joined> {
  const invite = parseInvite(inviteText);
  const folder = await openFolder();
  if ((await askWorker(folder.path, "status", workerStatusSchema)) !== undefined) {
    const stopIt = "Stop it first, or give the second worker its own folder with --state.";
    throw new ArwError("worker-running", "The worker of this state folder is running for its Home.", stopIt);
  }
  const now = (): ReturnType<typeof epochMs> => epochMs(Date.now());
  const name = options.name ?? hostname().slice(0, NAME_CHARACTERS_MAX);
  const leaf = await folder.freshLeaf(now());
  const terms = { identity: folder.identity, leaf, name, now, onWords: options.onWords };
  const membership = { ...(await enrol(invite, terms, signal)), name };
  await folder.saveMembership(membership);
  return joinedOf(membership);
}

async function run(options: RunOptions): Promise<RunningWorker> {
  const folder = await openFolder();
  const membership = await requireMembership(folder);
  await sweepLeftovers(folder.path);
  const ownSecrets = [identitySecret(folder.identity), ...environmentSecrets(process.env)];
  const redactor = createRedactor(REDACTION_RULES, ownSecrets, redactionSalt(folder.identity));
  const log = openWorkerLog(folder.path, () => new Date(), redactor);
  const worker = await startWorker({
    folder,
    membership,
    slots: options.slots,
    engines: (blobs) => enginesOf(folder, blobs, options.unsandboxed),
    onChange: (change) => {
      log.write(change.kind, logDetail(change));
      options.onChange(change);
    },
    log: (fact, detail) => log.write(fact, detail),
  });
  options.onChange({ kind: "running", joined: joinedOf(membership), slots: options.slots });
  return worker;
}

function logDetail(change: Parameters<WorkerTerms["onChange"]>[0]): Readonly<Record<string, unknown>> {
  if (change.kind === "waiting") return { code: change.error.code, message: change.error.message };
  const { kind: _, ...detail } = change;
  return detail;
}

function enginesOf(folder: WorkerFolder, blobs: BlobStore, unsandboxed: boolean): readonly Engine[] {
  const state = stateFolders();
  const folders = {
    jobsFolder: folder.jobsPath,
    enginesFolder: state.enginesFolder(),
    modelsFolder: state.modelsFolder(),
  };
  return createEngines({ blobs, ...folders, unsandboxed });
}

async function status(): Promise<WorkerStatus | IdleStatus> {
  const folder = await openFolder();
  const running = await askWorker(folder.path, "status", workerStatusSchema);
  if (running !== undefined) return running;
  const { nodeId } = folder.identity;
  const membership = await folder.membership();
  const rules = rulesStatusOf(openRulesFile(folder.path), await openDailyUse(folder.dailyUsePath), new Date());
  if (membership === undefined) return { state: "stopped", nodeId, rules };
  const { name, homeId, workspaceId } = membership;
  const { alarm } = await heldLedger(folder.path, membership);
  const alarmed = alarm === undefined ? {} : { alarm: alarm.message };
  return { state: "stopped", nodeId, name, homeId, workspaceId, ...alarmed, rules };
}

async function leave({ newIdentity }: LeaveOptions): Promise<Joined | undefined> {
  const folder = await openFolder();
  // A machine that was revoked and has left already may still want another identity.
  const membership = newIdentity ? await folder.membership() : await requireMembership(folder);
  // A running worker says goodbye itself; the answer comes when it is gone.
  await askWorker(folder.path, "stop", workerGoneSchema);
  await folder.removeMembership();
  if (newIdentity) await folder.removeIdentity();
  for (const path of [folder.blobsPath, folder.jobsPath]) await rm(path, { recursive: true, force: true });
  return membership === undefined ? undefined : joinedOf(membership);
}

async function ledger(accept: boolean): Promise<HeldLedger> {
  const folder = await openFolder();
  const membership = await requireMembership(folder);
  if (accept) {
    if ((await askWorker(folder.path, "status", workerStatusSchema)) !== undefined) {
      throw new ArwError(
        "worker-running",
        "The worker of this state folder is running.",
        "Stop it first: arw-worker drain",
      );
    }
    await forgetLedger(folder.path, membership);
  }
  const receipts = { folder: receiptsFolder(folder.path), count: await countReceipts(folder.path) };
  return { ...(await heldLedger(folder.path, membership)), receipts };
}

async function requireMembership(folder: WorkerFolder): Promise<NamedMembership> {
  const membership = await folder.membership();
  if (membership !== undefined) return membership;
  throw new ArwError(
    "not-joined",
    "This worker belongs to no Home yet.",
    "Ask a Home's owner for an invite (arw-home invite), then: arw-worker join <invite>",
  );
}

function joinedOf({ name, nodeId, homeId, workspaceId }: NamedMembership): Joined {
  return { name, nodeId, homeId, workspaceId };
}
