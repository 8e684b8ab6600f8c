// How the Home speaks to a node, whether it is the worker at the end of a link or the node `local` in this very process.
// It carries messages; it decides nothing.
import type { NodeId } from "#protocol/ids.ts";
import type { CloseCode } from "#protocol/wire/version.ts";
import type { BlobChunk, HomeMessage, Offer } from "#protocol/wire/worker.ts";

/** What carries something of the workspace. */
export type PayloadMessage = Offer | BlobChunk;
/** What says nothing of the workspace, and may be said to a node at any time. */
export type ControlMessage = Exclude<HomeMessage, PayloadMessage>;

export interface NodeChannel {
  readonly nodeId: NodeId;
  readonly local: boolean;
  /** Resolves when there is room for the next message: true, or false where the channel is closed. */
  deliver(message: ControlMessage): Promise<boolean>;
  /** As `deliver`, for the egress gate alone: nothing of the workspace reaches a node by another way. */
  carry(message: PayloadMessage, bytes?: Uint8Array): Promise<boolean>;
  /** Ends the link: the node dials again and says again what was not answered. Absent where there is no link to end. */
  readonly hangUp?: (code: CloseCode, detail: string) => void;
}
