// What `arw-worker doctor`, `engines`, `logs`, `drain` and `service` do on this machine, put together from the worker's parts.
// It holds nothing between commands and decides nothing that its parts can decide.
import { mkdtemp, readdir, realpath, rm } from "node:fs/promises";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";
import { openBlobFiles } from "#platform/blobs/blobFiles.ts";
import { type StateFolders, stateFolders } from "#platform/state/stateFolders.ts";
import { digestHex, digestOf } from "#protocol/digest.ts";
import { ArwError } from "#protocol/errors.ts";
import { askWorker } from "./adapters/controlSocket.ts";
import { drainWorker } from "./adapters/drainWorker.ts";
import { examineMachine } from "./adapters/examineMachine.ts";
import {
  installService,
  type ServicePlan,
  serviceStatus,
  uninstallService,
} from "./adapters/service/systemdService.ts";
import { unitFolder, unitText } from "./adapters/service/systemdUnit.ts";
import { workerStatusSchema } from "./adapters/workerAnswers.ts";
import { openWorkerFolder, type WorkerFolder } from "./adapters/workerFolder.ts";
import { followLog, lastLines } from "./adapters/workerLog.ts";
import type {
  EngineActions,
  EngineListing,
  InstalledEngine,
  ServiceActions,
  ServiceOptions,
  WorkerActions,
} from "./cli/workerActions.ts";
import { examine } from "./core/doctor/checks.ts";
import type { Engine } from "./core/engine.ts";
import { createEngines, tryLlama } from "./engines/createEngines.ts";
import { addLlamaEngine, folderBytes } from "./engines/llama/addLlama.ts";
import {
  forgetCurrent,
  installedLlama,
  isAlive,
  type LlamaInstallation,
  sweepInstallations,
} from "./engines/llama/engineFolder.ts";

type MachineActions = Pick<WorkerActions, "doctor" | "drain" | "logs" | "engines" | "service">;

export const machineActions: MachineActions = {
  doctor: async (signal) => {
    const state = stateFolders();
    const path = state.workerFolder();
    const folder = await openedOrProblem(path);
    const running =
      folder instanceof ArwError
        ? undefined
        : await askWorker(path, "status", workerStatusSchema).catch(() => undefined);
    // A folder that is not to be trusted is not written into either.
    const bench = folder instanceof ArwError ? await mkdtemp(join(tmpdir(), "arw-doctor-")) : path;
    return withEngines(state, bench, async (engines) =>
      examine(
        await examineMachine(
          { path, folder, engines, engineFolder: llamaFolder(state), modelsFolder: state.modelsFolder(), running },
          signal,
        ),
      ),
    );
  },
  drain: (onLeft, signal) => drainWorker(stateFolders().workerFolder(), onLeft, signal),
  logs: async (count, follow, onLine, signal) => {
    const folder = stateFolders().workerFolder();
    for (const line of await lastLines(folder, count)) onLine(line);
    if (follow) await followLog(folder, onLine, signal);
  },
  engines: engineActions(),
  service: serviceActions(),
};

/** What commands of an earlier time left behind, unless somebody still uses it. */
export async function sweepLeftovers(folder: string): Promise<void> {
  for (const name of await readdir(folder)) {
    const owner = /^probe-(\d+)$/u.exec(name)?.[1];
    if (owner !== undefined && !isAlive(Number(owner))) await rm(join(folder, name), { recursive: true, force: true });
  }
  await sweepInstallations(llamaFolder(stateFolders()));
}

function engineActions(): EngineActions {
  return {
    list: async (signal) => {
      const { path } = await openWorkerFolder(stateFolders().workerFolder());
      return withEngines(stateFolders(), path, (engines) => listEngines(engines, signal));
    },
    addLlama: async (gpu, onLine, signal) => {
      const folder = llamaFolder(stateFolders());
      const added = await addLlamaEngine(folder, gpu, { onLine, tryOut: tryLlama }, signal);
      await sweepInstallations(folder);
      return added.folder;
    },
    removeLlama: async () => {
      const folder = llamaFolder(stateFolders());
      const wasThere = await forgetCurrent(folder);
      return { wasThere, filesStay: (await sweepInstallations(folder)) > 0 };
    },
  };
}

async function listEngines(engines: readonly Engine[], signal: AbortSignal): Promise<readonly EngineListing[]> {
  const installed = installedLlama(llamaFolder(stateFolders()));
  const listings: EngineListing[] = [];
  for (const engine of engines) {
    const advert = await engine.probe(signal);
    if (advert.state === "absent") {
      const held = advert.kind === "llama" && installed !== undefined ? { installed: await described(installed) } : {};
      listings.push({ engine: advert.kind, state: "absent", reason: advert.reason, fix: advert.advice, ...held });
    } else if (advert.kind === "command") listings.push({ engine: "command", state: "ready" });
    else if (installed === undefined) {
      const development = { version: "of the development dependencies", gpu: "cpu", folder: "", bytes: 0 } as const;
      listings.push({ engine: "llama", state: "ready", ...development });
    } else {
      listings.push({ engine: "llama", state: "ready", ...(await described(installed)) });
    }
  }
  return listings;
}

async function described({ version, gpu, folder }: LlamaInstallation): Promise<InstalledEngine> {
  return { version, gpu, folder, bytes: await folderBytes(folder) };
}

/** Engines that only show what they can do: their jobs' folder is nobody else's, and is gone afterwards. */
async function withEngines<Answer>(
  state: StateFolders,
  bench: string,
  use: (engines: readonly Engine[]) => Promise<Answer>,
): Promise<Answer> {
  const jobsFolder = join(bench, `probe-${process.pid}`);
  const engines = createEngines({
    blobs: await openBlobFiles(join(jobsFolder, "blobs")),
    jobsFolder,
    enginesFolder: state.enginesFolder(),
    modelsFolder: state.modelsFolder(),
    unsandboxed: false,
  });
  try {
    return await use(engines);
  } finally {
    await Promise.all(engines.map((engine) => engine.dispose()));
    await rm(jobsFolder, { recursive: true, force: true });
  }
}

function llamaFolder(state: StateFolders): string {
  return join(state.enginesFolder(), "llama");
}

async function openedOrProblem(path: string): Promise<WorkerFolder | ArwError> {
  try {
    return await openWorkerFolder(path);
  } catch (error) {
    if (error instanceof ArwError) return error;
    throw error;
  }
}

function serviceActions(): ServiceActions {
  return {
    plan: async (options) => {
      const plan = await servicePlan(options);
      return { path: join(plan.unitFolder, plan.unitName), text: plan.text };
    },
    install: async (options, onStep) => {
      const membership = await (await openWorkerFolder(stateFolders().workerFolder())).membership();
      if (membership === undefined) {
        throw new ArwError(
          "not-joined",
          "This worker belongs to no Home yet, so a service would only fail.",
          "Join first: arw-worker join <invite> --no-run",
        );
      }
      await installService(await servicePlan(options), onStep);
    },
    uninstall: async ({ user }, onStep) => uninstallService(await servicePlan({ ...ANY_SERVICE, user }), onStep),
    status: async ({ user }) => serviceStatus(await servicePlan({ ...ANY_SERVICE, user })),
  };
}

/** Where only the unit's name and place matter. */
const ANY_SERVICE = { slots: 1, unsandboxed: false } as const;

async function servicePlan({ slots, unsandboxed, user }: ServiceOptions): Promise<ServicePlan> {
  const scope = process.getuid?.() === 0 && !user ? "system" : "user";
  const state = stateFolders();
  const chosen = process.env["ARW_STATE_HOME"] ?? "";
  // A worker with a state folder of its own is a service of its own.
  const suffix = chosen === "" ? "" : `-${digestHex(digestOf(state.root)).slice(0, 8)}`;
  const program = [process.execPath, await realpath(process.argv[1] ?? "")] as const;
  return {
    scope,
    unitName: `arw-worker${suffix}.service`,
    unitFolder: unitFolder({ scope, homeDirectory: homedir(), configHome: process.env["XDG_CONFIG_HOME"] }),
    text: unitText({ scope, name: `(${state.root})`, program, stateRoot: state.root, slots, unsandboxed }),
  };
}
