// What the commands ask of the program: the border between words on a terminal and the worker itself.
// The composition root fulfils it; a test may too.
import type { ArwError } from "#protocol/errors.ts";
import type { NodeId, WorkspaceId } from "#protocol/ids.ts";
import type { CheckReport } from "../core/doctor/checks.ts";
import type { EngineGpu } from "../core/engine.ts";
import type { HeldLedger } from "../core/heldLedger.ts";
import type { IdleStatus, WorkerStatus } from "../core/workerStatus.ts";

export interface Joined {
  readonly name: string;
  readonly nodeId: NodeId;
  readonly homeId: NodeId;
  readonly workspaceId: WorkspaceId;
}

export type WorkerChange =
  | { readonly kind: "running"; readonly joined: Joined; readonly slots: number }
  | { readonly kind: "connected" }
  | { readonly kind: "disconnected"; readonly reason: string }
  | { readonly kind: "waiting"; readonly error: ArwError }
  | { readonly kind: "draining"; readonly running: number }
  | { readonly kind: "stopping" }
  | { readonly kind: "log"; readonly fact: string; readonly detail: Readonly<Record<string, unknown>> };

export interface RunOptions {
  readonly slots: number;
  /** The owner's explicit word that commands may do whatever this user may. */
  readonly unsandboxed: boolean;
  readonly onChange: (change: WorkerChange) => void;
}

export interface RunningWorker {
  /** Resolves when the worker has left; rejects with an ArwError where the Home does not want it. */
  readonly done: Promise<void>;
  readonly drain: () => void;
  readonly stop: () => void;
}

export interface JoinOptions {
  readonly name?: string;
  /** The words that must be equal on both screens. */
  readonly onWords: (words: readonly string[]) => void;
}

export interface LeaveOptions {
  /** A Home that has revoked this machine lets it in again only as another node. */
  readonly newIdentity: boolean;
}

/** What `engines add` brought. */
export interface InstalledEngine {
  readonly version: string;
  readonly gpu: EngineGpu;
  readonly folder: string;
  readonly bytes: number;
}

/** An engine as it is installed on this machine. */
export type EngineListing =
  | {
      readonly engine: "command" | "llama";
      readonly state: "absent";
      readonly reason: string;
      readonly fix: string;
      /** It is there, but of no use to this machine. */
      readonly installed?: InstalledEngine;
    }
  | { readonly engine: "command"; readonly state: "ready" }
  | ({ readonly engine: "llama"; readonly state: "ready" } & InstalledEngine);

export interface EngineActions {
  list(signal: AbortSignal): Promise<readonly EngineListing[]>;
  /** Installs the llama engine for this user; resolves with its folder. */
  addLlama(gpu: EngineGpu, onLine: (line: string) => void, signal: AbortSignal): Promise<string>;
  /** `filesStay`: a process has them loaded; they go when it has ended. */
  removeLlama(): Promise<{ readonly wasThere: boolean; readonly filesStay: boolean }>;
}

export interface ServiceOptions {
  readonly slots: number;
  readonly unsandboxed: boolean;
  /** A service of this user, also where it is root. */
  readonly user: boolean;
}

export interface ServiceActions {
  /** The unit's path and text; nothing is written. */
  plan(options: ServiceOptions): Promise<{ readonly path: string; readonly text: string }>;
  install(options: ServiceOptions, onStep: (step: string) => void): Promise<void>;
  /** False where there was none. */
  uninstall(options: Pick<ServiceOptions, "user">, onStep: (step: string) => void): Promise<boolean>;
  status(options: Pick<ServiceOptions, "user">): Promise<{
    readonly installed: boolean;
    readonly path: string;
    readonly active: string;
    readonly enabled: string;
  }>;
}

export interface WorkerActions {
  /** Enrols this machine; resolves once the Home's owner has said yes. */
  join(invite: string, options: JoinOptions, signal: AbortSignal): Promise<Joined>;
  run(options: RunOptions): Promise<RunningWorker>;
  status(): Promise<WorkerStatus | IdleStatus>;
  /** Lets the running worker end its attempts and leave; tells how many are left, and resolves when it is gone. */
  drain(onLeft: (attempts: number) => void, signal: AbortSignal): Promise<void>;
  /** Stops the running worker, if there is one, and forgets the Home, which it resolves with, and everything it sent. */
  leave(options: LeaveOptions): Promise<Joined | undefined>;
  /** What this worker saw of its Home's egress ledger; with `accept` it forgets that, and takes the ledger as it is. */
  ledger(accept: boolean): Promise<HeldLedger>;
  doctor(signal: AbortSignal): Promise<readonly CheckReport[]>;
  /** The last lines of the log; with `follow` every further one too, until the signal is aborted. */
  logs(count: number, follow: boolean, onLine: (line: string) => void, signal: AbortSignal): Promise<void>;
  readonly engines: EngineActions;
  readonly service: ServiceActions;
}
