// What the commands ask of the program: the border between words on a terminal and the worker itself.
// The composition root fulfils it; a test may too.
import type { ArwError } from "#protocol/errors.ts";
import type { NodeId, WorkspaceId } from "#protocol/ids.ts";
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

export interface WorkerActions {
  /** Enrols this machine; resolves once the Home's owner has said yes. */
  join(invite: string, options: JoinOptions, signal: AbortSignal): Promise<Joined>;
  run(options: RunOptions): Promise<RunningWorker>;
  status(): Promise<WorkerStatus | IdleStatus>;
  /** Stops the running worker, if there is one, and forgets the Home, which it resolves with, and everything it sent. */
  leave(options: LeaveOptions): Promise<Joined | undefined>;
  /** Installs the llama engine for this user; resolves with its folder. */
  addLlama(onLine: (line: string) => void, signal: AbortSignal): Promise<string>;
}
