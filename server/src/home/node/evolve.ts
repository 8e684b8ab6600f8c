// How enrolments, connections and revocations change what is known of nodes. Total.
import type { NodeEvent } from "#protocol/events.ts";
import type { NodeId } from "#protocol/ids.ts";
import { withEntry } from "../boundedMap.ts";
import type { HomeIdentity } from "../identity.ts";
import { type HeldInvite, type HeldNode, type NodesState, RECENT_INVITES_MAX } from "./state.ts";

export function evolveNodes(state: NodesState, event: NodeEvent, identity: HomeIdentity): NodesState {
  switch (event.kind) {
    case "ClusteringTurnedOn":
      return {
        ...state,
        clustering: { on: true, listenHost: event.listenHost, listenPort: event.listenPort },
        lastListen: { host: event.listenHost, port: event.listenPort },
      };
    case "ClusteringTurnedOff":
      return { ...state, clustering: { on: false } };
    case "InviteCreated": {
      const invite: HeldInvite = {
        inviteId: event.inviteId,
        createdAt: event.at,
        expiresAt: event.expiresAt,
        fingerprint: event.fingerprint,
        certificate: event.certificate,
        secretDigest: event.secretDigest,
      };
      const mayGo = (held: HeldInvite): boolean => held.usedBy !== undefined || held.expiresAt < event.at;
      return {
        ...state,
        invites: withEntry(state.invites, event.inviteId, invite, { keep: RECENT_INVITES_MAX, mayGo }),
      };
    }
    case "ClusteringBlocked":
    case "InviteReused":
    case "LinkRefused":
      return state;
    case "EnrolmentRequested": {
      const invite = state.invites.get(event.inviteId);
      const node: HeldNode = {
        nodeId: event.nodeId,
        name: event.name,
        local: false,
        publicKey: event.publicKey,
        fingerprint: event.fingerprint,
        certificate: event.certificate,
        status: { kind: "pending", words: event.words, inviteId: event.inviteId },
        since: event.at,
      };
      const invites =
        invite === undefined
          ? state.invites
          : withEntry(state.invites, event.inviteId, { ...invite, usedBy: event.nodeId });
      return { ...state, invites, byId: withEntry(state.byId, event.nodeId, node) };
    }
    case "NodeEnrolled":
      return changed(state, event.nodeId, () => ({
        status: { kind: "unreachable", reason: "it has not connected yet" },
        since: event.at,
      }));
    case "EnrolmentRefused": {
      const byId = new Map(state.byId);
      byId.delete(event.nodeId);
      return { ...state, byId };
    }
    case "NodeCertificateRotated":
      return changed(state, event.nodeId, (node) => {
        const { fingerprint, certificate, replaces, overlapEndsAt, at } = event;
        const before = replaces === node.replaced?.fingerprint ? node.replaced.certificate : (node.certificate ?? "");
        const replaced = { fingerprint: replaces, certificate: before, rotatedAt: at, overlapEndsAt };
        return { fingerprint, certificate, replaced };
      });
    case "NodeConnected": {
      const held = state.byId.get(event.nodeId);
      const base: HeldNode | undefined =
        held ?? (event.nodeId === identity.nodeId ? localNode(identity, event.at) : undefined);
      if (base === undefined) return state;
      const node: HeldNode = {
        ...base,
        status: { kind: "ready", instanceId: event.instanceId },
        since: event.at,
        capabilities: event.capabilities,
        ...(event.life === undefined ? {} : { lastLife: { life: event.life, instanceId: event.instanceId } }),
      };
      return { ...state, byId: withEntry(state.byId, event.nodeId, node) };
    }
    case "NodeLost":
      return changed(state, event.nodeId, (node) =>
        node.status.kind === "ready" ? { status: { kind: "unreachable", reason: event.detail }, since: event.at } : {},
      );
    case "NodeRevoked":
      return changed(state, event.nodeId, () => ({
        status: { kind: "revoked", reason: event.reason },
        since: event.at,
      }));
  }
}

function localNode(identity: HomeIdentity, since: HeldNode["since"]): HeldNode {
  return {
    nodeId: identity.nodeId,
    name: "local",
    local: true,
    publicKey: identity.publicKey,
    status: { kind: "unreachable", reason: "starting" },
    since,
  };
}

function changed(state: NodesState, id: NodeId, change: (node: HeldNode) => Partial<HeldNode>): NodesState {
  const node = state.byId.get(id);
  if (node === undefined) return state;
  return { ...state, byId: withEntry(state.byId, id, { ...node, ...change(node) }) };
}
