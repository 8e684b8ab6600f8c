// Nodes: who may connect, who is connected, and the invites that may still let somebody in.
// Heartbeats are no events: whether a node lives is judged by the shell and told here as NodeLost.
import type { Digest } from "#protocol/digest.ts";
import type { InstanceId, InviteId, NodeId } from "#protocol/ids.ts";
import type { NodeCapabilities } from "#protocol/node.ts";
import type { EpochMs } from "#protocol/quantities.ts";
import type { PublicKey } from "#protocol/signature.ts";

/** Invites that can still be used at one time; more is refused. */
export const LIVE_INVITES_MAX = 5;
/** Enrolled workers and pending enrolments together. Revoked ones are remembered besides, so that none comes back. */
export const NODES_MAX = 256;
/** Used and expired invites stay in memory up to this many, so that a reuse is told from nonsense. */
export const RECENT_INVITES_MAX = 64;

/** The leaf that was replaced stays good this long, for the case that the worker never learned that its next one counts. */
export const LEAF_OVERLAP_MS: number = 7 * 86_400_000;
/** A node replaces its leaf no sooner after the last time; a honest one does so every few weeks. */
export const ROTATION_MS_MIN: number = 3_600_000;

export interface HeldInvite {
  readonly inviteId: InviteId;
  readonly createdAt: EpochMs;
  readonly expiresAt: EpochMs;
  readonly fingerprint: Digest;
  readonly certificate: string;
  readonly secretDigest: Digest;
  /** Who used it. */
  readonly usedBy?: NodeId;
}

export type NodeStatus =
  | { readonly kind: "pending"; readonly words: readonly string[]; readonly inviteId: InviteId }
  | { readonly kind: "ready"; readonly instanceId: InstanceId }
  | { readonly kind: "unreachable"; readonly reason: string }
  | { readonly kind: "revoked"; readonly reason: string };

export interface ReplacedLeaf {
  readonly fingerprint: Digest;
  readonly certificate: string;
  readonly rotatedAt: EpochMs;
  readonly overlapEndsAt: EpochMs;
}

export interface HeldNode {
  readonly nodeId: NodeId;
  readonly name: string;
  readonly local: boolean;
  readonly publicKey: PublicKey;
  readonly fingerprint?: Digest;
  readonly certificate?: string;
  /** The leaf before the present one, while both are good. */
  readonly replaced?: ReplacedLeaf;
  readonly status: NodeStatus;
  readonly since: EpochMs;
  readonly capabilities?: NodeCapabilities;
  /** The latest life of its state folder that connected, and which process that was. A new enrolment begins anew. */
  readonly lastLife?: { readonly life: number; readonly instanceId: InstanceId };
}

export type Clustering =
  | { readonly on: false }
  | { readonly on: true; readonly listenHost: string; readonly listenPort: number };

export interface NodesState {
  readonly clustering: Clustering;
  /** The last address clustering used, so that workers find the Home again when it is turned on again. */
  readonly lastListen?: { readonly host: string; readonly port: number };
  readonly byId: ReadonlyMap<NodeId, HeldNode>;
  readonly invites: ReadonlyMap<InviteId, HeldInvite>;
}

export const noNodes: NodesState = { clustering: { on: false }, byId: new Map(), invites: new Map() };

/** The name of a node as every surface shows it. */
export function nodeName(state: NodesState, id: NodeId): string {
  return state.byId.get(id)?.name ?? id;
}
