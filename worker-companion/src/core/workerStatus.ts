// What a running worker says of itself, to its owner on this machine and to nobody else.
// It must never carry a key, an invite or a byte of a job.
import type { NodeId, WorkspaceId } from "#protocol/ids.ts";
import type { EngineAdvert } from "#protocol/node.ts";

export interface WorkerStatus {
  readonly state: "running";
  readonly pid: number;
  readonly version: string;
  readonly name: string;
  readonly nodeId: NodeId;
  readonly homeId: NodeId;
  readonly workspaceId: WorkspaceId;
  readonly link: "connected" | "connecting";
  readonly leaving: boolean;
  readonly running: number;
  readonly slots: number;
  readonly engines: readonly EngineAdvert[];
}

/** Where no worker runs: whom it belongs to, if anybody. */
export interface IdleStatus {
  readonly state: "stopped";
  readonly name?: string;
  readonly nodeId: NodeId;
  readonly homeId?: NodeId;
  readonly workspaceId?: WorkspaceId;
}
