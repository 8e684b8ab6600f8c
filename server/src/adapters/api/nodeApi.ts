// Nodes, invites and the clustering switch for clients. Every change here needs an owner session; listing does not.
import { randomBytes } from "node:crypto";
import { type Refusal, refuse } from "#protocol/errors.ts";
import type { Requester } from "#protocol/commands.ts";
import { inviteId } from "#protocol/ids.ts";
import { durationMs, epochMs } from "#protocol/quantities.ts";
import { inviteText } from "#protocol/wire/inviteText.ts";
import { NEVER_ON } from "../../home/staging/action.ts";
import { nodeView } from "../../home/node/view.ts";
import type { HomeApi } from "../clientServer/homeApi.ts";
import { createInviteMaterial, INVITE_SECRET_BYTES } from "../listener/inviteMaterial.ts";
import { mint } from "../mint.ts";
import type { Clustering } from "../workers/clustering.ts";
import { putBeforeOwner } from "../staging/putBefore.ts";
import { TURN_ON_TITLE } from "../staging/titles.ts";
import { type HomeServices, type ListeningPlace, requesterOf } from "./services.ts";

type NodeApi = Pick<
  HomeApi,
  "listNodes" | "approveNode" | "refuseNode" | "revokeNode" | "createInvite" | "turnClusteringOn" | "turnClusteringOff"
>;

export const INVITE_MS_DEFAULT: number = 15 * 60_000;
export const INVITE_MS_MAX: number = 24 * 60 * 60_000;
/** Only programs on this machine reach it: another machine must be meant (--listen). */
export const LISTEN_HOST_DEFAULT = "127.0.0.1";

/** What clients' calls about nodes need of the Home. */
export type NodeServices = Pick<HomeServices, "home" | "now" | "crossings" | "presenceOf">;

export function nodeApi(services: NodeServices, clustering: Clustering): NodeApi {
  const { home, now, crossings, presenceOf } = services;
  const order = (session: Parameters<HomeApi["approveNode"]>[1]) => ({ at: now(), by: requesterOf(session) });
  return {
    listNodes: async () => {
      const { state } = home;
      return { nodes: [...state.nodes.byId.values()].map((node) => nodeView(state, node, presenceOf(node.nodeId))) };
    },
    approveNode: async ({ nodeId }, session) => {
      const executed = await home.execute({ kind: "approve-node", ...order(session), nodeId });
      return executed.kind === "refusal" ? executed : {};
    },
    refuseNode: async ({ nodeId, reason }, session) => {
      const executed = await home.execute({ kind: "refuse-node", ...order(session), nodeId, reason });
      return executed.kind === "refusal" ? executed : {};
    },
    revokeNode: async ({ nodeId, reason }, session) => {
      const transfers = crossings.transfers();
      const executed = await home.execute({ kind: "revoke-node", ...order(session), nodeId, reason, transfers });
      return executed.kind === "refusal" ? executed : {};
    },
    createInvite: (params, session) => settled(clustering, () => openAndInvite(services, clustering, params, session)),
    turnClusteringOn: async (_, session) => {
      if (session.owner) return turnClusteringOn(services, clustering, requesterOf(session));
      const { lastListen } = home.state.nodes;
      if (lastListen === undefined) return NEVER_ON;
      const action = { kind: "change-setting", change: { name: "turn-clustering-on", ...lastListen } } as const;
      const why = "Only the owner opens the port for workers.";
      return putBeforeOwner(services, session, { action, title: TURN_ON_TITLE, evidence: [], why });
    },
    turnClusteringOff: async (_, session) => {
      const transfers = crossings.transfers();
      const reason = `${session.client} turned it off`;
      const executed = await home.execute({ kind: "turn-clustering-off", ...order(session), reason, transfers });
      if (executed.kind === "refusal") return executed;
      await clustering.settle();
      return {};
    },
  };
}

/** Opens the door for something that may be refused: then it listens where it did before, or nowhere. */
async function settled<Result extends object>(
  clustering: Clustering,
  opening: () => Promise<Result | Refusal>,
): Promise<Result | Refusal> {
  try {
    const opened = await opening();
    if ("kind" in opened) await clustering.settle();
    return opened;
  } catch (error) {
    // It listens where it did before, or nowhere; of two failures the first is the one to tell.
    await clustering.settle().catch(() => undefined);
    throw error;
  }
}

/** Opens the very port of last time: the workers that are enrolled dial no other. */
export function turnClusteringOn(
  services: Pick<HomeServices, "home" | "now">,
  clustering: Clustering,
  by: Requester,
): Promise<ListeningPlace | Refusal> {
  return settled(clustering, () => turnOn(services, clustering, by));
}

async function turnOn(
  { home, now }: Pick<HomeServices, "home" | "now">,
  clustering: Clustering,
  by: Requester,
): Promise<ListeningPlace | Refusal> {
  const { lastListen } = home.state.nodes;
  if (lastListen === undefined) return NEVER_ON;
  const { host } = lastListen;
  const port = await clustering.open(host, lastListen.port);
  const executed = await home.execute({
    kind: "turn-clustering-on",
    at: now(),
    by,
    listenHost: host,
    listenPort: port,
  });
  return executed.kind === "refusal" ? executed : { host, port };
}

const openAndInvite = async (
  { home, now }: NodeServices,
  clustering: Clustering,
  params: Parameters<HomeApi["createInvite"]>[0],
  session: Parameters<HomeApi["createInvite"]>[1],
): ReturnType<HomeApi["createInvite"]> => {
  const lifetimeMs = params.lifetimeMs ?? durationMs(INVITE_MS_DEFAULT);
  if (lifetimeMs <= 0 || lifetimeMs > INVITE_MS_MAX) {
    return refuse("limit-invalid", "An invite lives from a moment to 24 hours.", "Choose a time between them.");
  }
  const by = requesterOf(session);
  const last = home.state.nodes.lastListen;
  const host = params.listenHost ?? last?.host ?? LISTEN_HOST_DEFAULT;
  const samePlace = last !== undefined && last.host === host;
  const port = await clustering.open(host, params.listenPort ?? (samePlace ? last.port : 0));
  const on = { kind: "turn-clustering-on", at: now(), by, listenHost: host, listenPort: port } as const;
  const turnedOn = await home.execute(on);
  if (turnedOn.kind === "refusal") return turnedOn;
  const id = mint(inviteId);
  const at = now();
  const expiresAt = epochMs(at + lifetimeMs);
  const addresses = params.addresses ?? clustering.addresses(host, port);
  const material = await createInviteMaterial({
    home: clustering.identity,
    leaf: clustering.leaf,
    workspaceId: home.state.identity.workspaceId,
    addresses,
    inviteId: id,
    now: at,
    expiresAt,
    secret: randomBytes(INVITE_SECRET_BYTES),
  });
  await clustering.keepInviteSecret(id, material.secret);
  const { fingerprint, certificate, secretDigest } = material;
  const created = await home.execute({
    kind: "create-invite",
    at,
    by,
    inviteId: id,
    expiresAt,
    fingerprint,
    certificate,
    secretDigest,
  });
  if (created.kind === "refusal") return created;
  return { inviteId: id, text: inviteText(material.invite), addresses, expiresAt };
};
