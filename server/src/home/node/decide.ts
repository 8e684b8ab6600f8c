// Letting workers in, and out. An invite is used once, by compare-and-set in one synchronous decision; the owner confirms
// every enrolment; revocation ends what the node still does.
import type {
  ConnectNode,
  CreateInvite,
  LoseNode,
  NodeCommand,
  RequestEnrolment,
  RevokeNode,
  RotateCertificate,
  Transfer,
  TurnClusteringOff,
} from "#protocol/commands.ts";
import { type Refusal, refuse } from "#protocol/errors.ts";
import type { JournalEvent } from "#protocol/events.ts";
import { nodeIdOf } from "#protocol/identity.ts";
import { type NodeId, nodeId as idOfNode } from "#protocol/ids.ts";
import { type EpochMs, epochMs } from "#protocol/quantities.ts";
import { type Crossed, crossedWith, type Ending, endingEvents, lostWith } from "../job/ending.ts";
import { type Attempt, type LiveStage, liveAttempts } from "../job/state.ts";
import { revocationsOf } from "../lease/decide.ts";
import type { HomeState } from "../state.ts";
import { type HeldNode, LEAF_OVERLAP_MS, LIVE_INVITES_MAX, NODES_MAX, ROTATION_MS_MIN } from "./state.ts";

export function decideNode(state: HomeState, command: NodeCommand): readonly JournalEvent[] | Refusal {
  const of = { version: 1, at: command.at } as const;
  switch (command.kind) {
    case "turn-clustering-on": {
      const { clustering } = state.nodes;
      const { listenHost, listenPort } = command;
      const same = clustering.on && clustering.listenHost === listenHost && clustering.listenPort === listenPort;
      return same ? [] : [{ ...of, kind: "ClusteringTurnedOn", listenHost, listenPort }];
    }
    case "turn-clustering-off":
      return turnOff(state, command);
    case "create-invite":
      return createInvite(state, command);
    case "request-enrolment":
      return requestEnrolment(state, command);
    case "approve-node": {
      const node = state.nodes.byId.get(command.nodeId);
      if (node?.status.kind !== "pending") return notPending(command.nodeId);
      return [{ ...of, kind: "NodeEnrolled", nodeId: command.nodeId }];
    }
    case "refuse-node": {
      const node = state.nodes.byId.get(command.nodeId);
      if (node?.status.kind !== "pending") return notPending(command.nodeId);
      return [{ ...of, kind: "EnrolmentRefused", nodeId: command.nodeId, reason: command.reason }];
    }
    case "rotate-certificate":
      return rotate(state, command);
    case "connect-node":
      return connect(state, command);
    case "lose-node":
      return lose(state, command);
    case "revoke-node":
      return revoke(state, command);
    case "block-clustering":
      return [{ ...of, kind: "ClusteringBlocked", code: command.code, detail: command.detail }];
    case "refuse-link": {
      const node = command.nodeId === undefined ? {} : { nodeId: command.nodeId };
      return [{ ...of, ...node, kind: "LinkRefused", code: command.code, detail: command.detail }];
    }
  }
}

function turnOff(state: HomeState, command: TurnClusteringOff): readonly JournalEvent[] {
  if (!state.nodes.clustering.on) return [];
  const ending: Ending = {
    kind: "failed",
    code: "clustering-off",
    message: "Clustering was turned off while a worker had this job.",
    advice: "Run it here (--on local), or turn clustering on again: arw-home invite.",
  };
  const remote = liveAttempts(state.jobs).filter(({ attempt }) => !attempt.local);
  const ready = [...state.nodes.byId.values()].filter((node) => !node.local && node.status.kind === "ready");
  return [
    { kind: "ClusteringTurnedOff", version: 1, at: command.at, reason: command.reason },
    ...ready.map((node): JournalEvent => nodeLost(node.nodeId, command.at, "clustering-off", "clustering is off")),
    ...remote.flatMap(({ job, attempt }) =>
      endingEvents(state, job, command.at, ending, crossedWith(command.transfers, attempt)),
    ),
  ];
}

function createInvite(state: HomeState, command: CreateInvite): readonly JournalEvent[] | Refusal {
  if (!state.nodes.clustering.on) return CLUSTERING_OFF;
  const live = [...state.nodes.invites.values()].filter(
    (invite) => invite.usedBy === undefined && invite.expiresAt > command.at,
  );
  if (live.length >= LIVE_INVITES_MAX) {
    return refuse(
      "too-many-invites",
      `${live.length} invites are open already.`,
      "Use one of them, or wait until one runs out (15 minutes).",
    );
  }
  const { inviteId, expiresAt, fingerprint, certificate, secretDigest } = command;
  const invite = { inviteId, expiresAt, fingerprint, certificate, secretDigest, role: "worker" } as const;
  return [{ kind: "InviteCreated", version: 1, at: command.at, ...invite }];
}

function requestEnrolment(state: HomeState, command: RequestEnrolment): readonly JournalEvent[] | Refusal {
  if (!state.nodes.clustering.on) return CLUSTERING_OFF;
  const invite = state.nodes.invites.get(command.inviteId);
  if (invite === undefined) return refuse("invite-unknown", "This Home made no such invite.", "Ask for a new invite.");
  if (invite.usedBy !== undefined) {
    // The reuse itself is a fact the owner must see, and still nobody is let in.
    return [{ kind: "InviteReused", version: 1, at: command.at, inviteId: command.inviteId }];
  }
  if (command.at >= invite.expiresAt) {
    return refuse("invite-expired", "The invite has run out.", "Ask the owner for a new one: arw-home invite.");
  }
  const nodeId = nodeIdOf(command.publicKey);
  const problem = enrolmentProblem(state, nodeId);
  if (problem !== undefined) return problem;
  const { inviteId, publicKey, fingerprint, certificate, words } = command;
  const name = uniqueName(state, command.name, nodeId);
  return [
    {
      kind: "EnrolmentRequested",
      version: 1,
      at: command.at,
      nodeId,
      inviteId,
      publicKey,
      fingerprint,
      certificate,
      name,
      words,
    },
  ];
}

/** Why this identity may not enrol now, whatever invite it holds. */
function enrolmentProblem(state: HomeState, nodeId: NodeId): Refusal | undefined {
  const held = state.nodes.byId.get(nodeId);
  if (held?.local === true) {
    return refuse("node-is-home", "A Home cannot be its own worker.", "Use another state folder.");
  }
  if (held?.status.kind === "revoked") {
    return refuse(
      "node-revoked",
      "This worker was revoked; its identity is not let in again.",
      "Give the worker a new identity: arw-worker leave --new-identity, then join.",
    );
  }
  if (held?.status.kind === "ready") {
    // Enrolling over a live link would leave what it does to a node that waits for the owner, or is turned away.
    return refuse("node-enrolled", "This worker is enrolled and connected.", "Nothing to do: arw-worker status.");
  }
  const known = [...state.nodes.byId.values()].filter((node) => !node.local && node.status.kind !== "revoked");
  if (held === undefined && known.length >= NODES_MAX) {
    return refuse("too-many-nodes", `This Home knows ${NODES_MAX} nodes already.`, "Revoke one first.");
  }
  return undefined;
}

/** Two nodes never share a name, and none is called `local` or like an id: people choose nodes by name. */
function uniqueName(state: HomeState, wanted: string, nodeId: NodeId): string {
  const others = [...state.nodes.byId.values()].filter((node) => node.nodeId !== nodeId);
  const taken = new Set(["local", ...others.map((node) => node.name.toLowerCase())]);
  const name = printableName(wanted);
  if (!taken.has(name.toLowerCase())) return name;
  for (let suffix = 2; ; suffix++) {
    if (!taken.has(`${name}-${suffix}`.toLowerCase())) return `${name}-${suffix}`;
  }
}

/** A worker chooses its name, and every surface shows it: nothing in it may move a cursor, turn text around or pass for an id. */
function printableName(wanted: string): string {
  const name = wanted.replaceAll(/\p{C}/gu, "").replaceAll(/\s+/gu, " ").trim();
  return name === "" || idOfNode.is(name) ? "worker" : name;
}

/** A node's next leaf beside its present one. A leaf that is known already is not news, so that a lost answer can be asked for again. */
function rotate(state: HomeState, command: RotateCertificate): readonly JournalEvent[] | Refusal {
  const { nodeId, at, from, fingerprint, certificate } = command;
  const node = state.nodes.byId.get(nodeId);
  if (node === undefined || node.local || node.status.kind === "pending" || node.status.kind === "revoked") {
    return refuse("not-enrolled", "This worker is not enrolled here.", "Join again with a new invite.");
  }
  if (fingerprint === node.fingerprint) return [];
  const { replaced } = node;
  const shown = from === node.fingerprint || (from === replaced?.fingerprint && at < replaced.overlapEndsAt);
  if (!shown) {
    return refuse("certificate-replaced", "The link's certificate was replaced before.", "Connect with the newer one.");
  }
  if (replaced !== undefined && at < replaced.rotatedAt + ROTATION_MS_MIN) {
    return refuse("certificate-too-soon", "This worker replaced its certificate just now.", "Try again in an hour.");
  }
  const overlapEndsAt = epochMs(at + LEAF_OVERLAP_MS);
  const rotated = { nodeId, fingerprint, certificate, replaces: from, overlapEndsAt };
  return [{ kind: "NodeCertificateRotated", version: 1, at, ...rotated }];
}

function connect(state: HomeState, command: ConnectNode): readonly JournalEvent[] | Refusal {
  const node = state.nodes.byId.get(command.nodeId);
  const isLocal = command.nodeId === state.identity.nodeId;
  if (!isLocal && (node === undefined || node.status.kind === "pending" || node.status.kind === "revoked")) {
    return refuse("not-enrolled", "This worker is not enrolled here.", "Join again with a new invite.");
  }
  if (!isLocal && !state.nodes.clustering.on) return CLUSTERING_OFF;
  const restored = restoredState(node, command);
  if (restored !== undefined) return restored;
  const held = new Set(command.held);
  const missing = liveAttempts(state.jobs, command.nodeId).filter(({ attempt }) => !held.has(attempt.attemptId));
  return [
    {
      kind: "NodeConnected",
      version: 1,
      at: command.at,
      nodeId: command.nodeId,
      instanceId: command.instanceId,
      ...(command.life === undefined ? {} : { life: command.life }),
      capabilities: command.capabilities,
    },
    ...missing.flatMap(({ job, attempt, stage }) =>
      endingEvents(
        state,
        job,
        command.at,
        lostWith(state, attempt, "attempt-lost", isLocal ? "the Home restarted" : "it no longer holds the attempt"),
        lostOnConnect(command.transfers, attempt, stage),
      ),
    ),
  ];
}

/**
 * A state folder counts its starts. One that comes with a life that another process has lived already, or with an earlier
 * one, was restored from an old backup or copied: what it believes of its attempts, budgets and keys may be out of date.
 */
function restoredState(node: HeldNode | undefined, { life, instanceId }: ConnectNode): Refusal | undefined {
  const last = node?.lastLife;
  if (life === undefined || last === undefined || life > last.life) return undefined;
  if (life === last.life && instanceId === last.instanceId) return undefined;
  return refuse(
    "state-restored",
    `its state folder is in life ${life}, and life ${last.life} was here before`,
    "On that machine: arw-worker leave, then join again with a new invite.",
  );
}

/** Whether an offer that nobody answered reached the node cannot be known: it is never repeated blindly. */
function lostOnConnect(transfers: readonly Transfer[], attempt: Attempt, stage: LiveStage): Crossed {
  const crossed = crossedWith(transfers, attempt);
  return stage === "offered" ? { ...crossed, state: "unknown" } : crossed;
}

function lose(state: HomeState, command: LoseNode): readonly JournalEvent[] {
  const node = state.nodes.byId.get(command.nodeId);
  if (node === undefined) return [];
  const lostEvents =
    node.status.kind === "ready" ? [nodeLost(node.nodeId, command.at, command.code, command.detail)] : [];
  const ending = (attempt: Attempt): Ending => lostWith(state, attempt, "node-lost", command.detail);
  return [...lostEvents, ...endAllOn(state, command.nodeId, command.at, command.transfers, ending)];
}

function revoke(state: HomeState, command: RevokeNode): readonly JournalEvent[] | Refusal {
  const node = state.nodes.byId.get(command.nodeId);
  if (node === undefined) return refuse("node-unknown", "There is no such node.", "See `arw-home nodes`.");
  if (node.local) return refuse("node-is-home", "The Home cannot revoke itself.", "Choose a worker.");
  if (node.status.kind === "revoked") return [];
  const ending = (): Ending => ({
    kind: "failed",
    code: "node-revoked",
    message: `${node.name} was revoked: ${command.reason}.`,
    advice: "Start the episode again here or on another worker.",
  });
  return [
    { kind: "NodeRevoked", version: 1, at: command.at, nodeId: command.nodeId, reason: command.reason },
    ...revocationsOf(state, command.nodeId, command.at, `${node.name} was revoked`),
    ...endAllOn(state, command.nodeId, command.at, command.transfers, ending),
  ];
}

function endAllOn(
  state: HomeState,
  nodeId: NodeId,
  at: EpochMs,
  transfers: readonly Transfer[],
  ending: (attempt: Attempt) => Ending,
): readonly JournalEvent[] {
  return liveAttempts(state.jobs, nodeId).flatMap(({ job, attempt }) =>
    endingEvents(state, job, at, ending(attempt), crossedWith(transfers, attempt)),
  );
}

function nodeLost(nodeId: NodeId, at: EpochMs, code: string, detail: string): JournalEvent {
  return { kind: "NodeLost", version: 1, at, nodeId, code, detail };
}

function notPending(nodeId: NodeId): Refusal {
  return refuse("node-not-pending", `${nodeId} does not wait for a confirmation.`, "See `arw-home nodes`.");
}

const CLUSTERING_OFF: Refusal = refuse(
  "clustering-off",
  "Clustering is off.",
  "Turn it on first: arw-home invite does.",
);
