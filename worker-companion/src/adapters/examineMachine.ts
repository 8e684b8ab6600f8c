// Finds out the doctor's facts on this machine: looks, tries the sandbox, starts the engine once, dials the Home.
// It changes nothing and judges nothing; whatever cannot be found out becomes a fact that says so.
import { statfs } from "node:fs/promises";
import { join } from "node:path";
import { readSecretFile } from "#platform/identity/secretFile.ts";
import { ArwError, messageOf } from "#protocol/errors.ts";
import type { EngineAdvert, Sandbox } from "#protocol/node.ts";
import { epochMs } from "#protocol/quantities.ts";
import type {
  DoctorFacts,
  HomeFact,
  LedgerFact,
  MembershipFact,
  RulesFact,
  Trouble,
} from "../core/doctor/doctorFacts.ts";
import type { Engine } from "../core/engine.ts";
import type { WorkerStatus } from "../core/workerStatus.ts";
import { probeGpus } from "../engines/gpuProbe.ts";
import { installedLlama } from "../engines/llama/engineFolder.ts";
import { unreadableModels } from "../engines/llama/modelFiles.ts";
import { sandboxOf } from "../engines/nodeProbe.ts";
import { dialHome } from "./dial/dialHome.ts";
import { heldLedger } from "./ledgerWitness.ts";
import { openRulesFile } from "./rulesFile.ts";
import type { NamedMembership, WorkerFolder } from "./workerFolder.ts";

export interface Examined {
  readonly path: string;
  /** The opened folder, or why it cannot be opened. */
  readonly folder: WorkerFolder | ArwError;
  readonly engines: readonly Engine[];
  /** The llama engine's own. */
  readonly engineFolder: string;
  readonly modelsFolder: string;
  /** What the running worker says of itself, where one runs. */
  readonly running: WorkerStatus | undefined;
}

/** Files that are as secret as a key. */
const SECRET_FILES = ["identity", "leaf.pem", "home.json", "daily-use.json", "life.json"];

export async function examineMachine(examined: Examined, signal: AbortSignal): Promise<DoctorFacts> {
  const { path, folder, engines, engineFolder, modelsFolder } = examined;
  const membership = folder instanceof ArwError ? folder : await membershipOf(folder);
  // One after the other: the sandbox's probe is disturbed by an engine that starts beside it on a small machine.
  const sandbox = await sandboxOrNone(engines, signal);
  const adverts = await advertsOf(engines, signal);
  const [gpus, freeBytes, troubles, unreadable, home] = await Promise.all([
    probeGpus(signal),
    freeBytesOf(path),
    folder instanceof ArwError ? [troubleOf(folder)] : secretTroubles(folder.path),
    unreadableModels(modelsFolder),
    homeFact(examined, membership, signal),
  ]);
  return {
    platform: process.platform,
    stateFolder: { path, troubles },
    rules: rulesFact(path),
    disk: { folder: path, freeBytes },
    sandbox,
    engines: adverts,
    llamaBuild: installedLlama(engineFolder)?.gpu,
    gpus,
    models: { folder: modelsFolder, unreadable },
    membership: membershipFact(membership),
    home,
    ledger: await ledgerFact(path, membership),
  };
}

async function membershipOf(folder: WorkerFolder): Promise<NamedMembership | ArwError | undefined> {
  try {
    return await folder.membership();
  } catch (error) {
    if (error instanceof ArwError) return error;
    throw error;
  }
}

function membershipFact(membership: NamedMembership | ArwError | undefined): MembershipFact {
  if (membership === undefined) return { kind: "none" };
  if (membership instanceof ArwError) return { kind: "unusable", trouble: troubleOf(membership) };
  return { kind: "joined", name: membership.name, homeId: membership.homeId };
}

async function ledgerFact(folder: string, membership: NamedMembership | ArwError | undefined): Promise<LedgerFact> {
  if (membership === undefined || membership instanceof ArwError) return { kind: "unseen" };
  try {
    const { alarm, seen } = await heldLedger(folder, membership);
    if (alarm !== undefined) return { kind: "alarm", trouble: troubleOf(alarm) };
    return seen === undefined ? { kind: "unseen" } : { kind: "seen", size: seen.size };
  } catch (error) {
    if (error instanceof ArwError) return { kind: "alarm", trouble: troubleOf(error) };
    throw error;
  }
}

/** A second link of the same node would push the running worker's aside, so that one is asked instead. */
async function homeFact(
  { folder, running }: Examined,
  membership: NamedMembership | ArwError | undefined,
  signal: AbortSignal,
): Promise<HomeFact> {
  if (membership === undefined || membership instanceof ArwError || folder instanceof ArwError) {
    return { kind: "not-asked" };
  }
  if (running?.link === "connected") {
    return { kind: "reached", by: "running-worker", clockAheadMs: running.clockAheadMs };
  }
  if (running !== undefined) {
    return {
      kind: "unreached",
      code: "home-unreachable",
      trouble: {
        problem: "the running worker is not connected to the Home, and dials it again and again",
        fix: "look why: arw-worker logs",
      },
    };
  }
  const now = (): ReturnType<typeof epochMs> => epochMs(Date.now());
  let clockAheadMs: number | undefined;
  try {
    const { current: leaf } = await folder.leaves(now());
    const onClock = (aheadMs: number): void => {
      clockAheadMs = aheadMs;
    };
    const { link } = await dialHome({ home: membership, leaf, now, onClock }, signal);
    // Nothing is said on it: the Home must not take this for the worker.
    link.onMessage(async () => {});
    link.close("goodbye", "only looked whether the Home answers");
    await link.closed;
    return { kind: "reached", by: "doctor", clockAheadMs };
  } catch (error) {
    signal.throwIfAborted();
    if (!(error instanceof ArwError)) throw error;
    return { kind: "unreached", code: error.code, trouble: troubleOf(error) };
  }
}

async function sandboxOrNone(engines: readonly Engine[], signal: AbortSignal): Promise<Sandbox> {
  try {
    return await sandboxOf(engines, signal);
  } catch (error) {
    signal.throwIfAborted();
    return { kind: "none", reason: `it could not be tried: ${String(error)}`.slice(0, 256) };
  }
}

async function advertsOf(engines: readonly Engine[], signal: AbortSignal): Promise<readonly EngineAdvert[]> {
  const adverts: EngineAdvert[] = [];
  for (const engine of engines) {
    try {
      adverts.push(await engine.probe(signal));
    } catch (error) {
      signal.throwIfAborted();
      const kind = engine.kind === "command" ? "command" : "llama";
      adverts.push({ kind, state: "absent", reason: String(error).slice(0, 1_024), advice: "arw-worker logs" });
    }
  }
  return adverts;
}

/** The same reading as every other program's, so that what it refuses is what the doctor names. */
async function secretTroubles(folder: string): Promise<readonly Trouble[]> {
  const troubles: Trouble[] = [];
  for (const name of SECRET_FILES) {
    try {
      await readSecretFile(join(folder, name));
    } catch (error) {
      const problem = messageOf(error);
      const fix = error instanceof ArwError ? error.advice : `look at ${join(folder, name)}`;
      troubles.push({ problem, fix });
    }
  }
  return troubles;
}

function rulesFact(folder: string): RulesFact {
  const current = openRulesFile(folder).current();
  switch (current.kind) {
    case "absent":
      return { kind: "absent" };
    case "read":
      return { kind: "read", path: current.path, rules: current.rules.rules.length };
    case "unreadable":
      return {
        kind: "unreadable",
        trouble: {
          problem: `${current.path}: ${current.problem}`,
          fix: "correct that place; the worker reads it again by itself",
        },
      };
  }
}

async function freeBytesOf(folder: string): Promise<number | undefined> {
  try {
    const { bavail, bsize } = await statfs(folder);
    return bavail * bsize;
  } catch {
    return undefined;
  }
}

function troubleOf({ message, advice }: ArwError): Trouble {
  return { problem: message.replace(/\.$/u, ""), fix: advice };
}
