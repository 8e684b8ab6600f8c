// Makes the preview document of an offload, stores it under its digest, and gives the core its description.
// Nothing is sent here: the job waits for the owner, unless the core finds a lease that covers it.
import type { PreviewOffload } from "#protocol/commands.ts";
import { canonicalJson } from "#protocol/canonicalJson.ts";
import { highestClass } from "#protocol/classes.ts";
import type { Classification, Cost, Destination, EgressPreview, PreviewItem } from "#protocol/egress.ts";
import { type Refusal, refuse } from "#protocol/errors.ts";
import { keyWords } from "#protocol/identity.ts";
import {
  attemptId,
  egressRecordId,
  type EpisodeId,
  type JobId,
  type LeaseId,
  leaseId,
  type NodeId,
  type PreviewId,
  previewId,
} from "#protocol/ids.ts";
import type { JobSpec } from "#protocol/job.ts";
import { byteCount, durationMs, type EpochMs, type Sequence, tokenCount } from "#protocol/quantities.ts";
import { LEASE_MS_DEFAULT } from "#protocol/wire/clientViews.ts";
import type { BeginningBlobStore, BegunBlob } from "#platform/blobs/blobStore.ts";
import { canonicalBytes } from "#platform/givingWay.ts";
import { estimateCost } from "../../home/egress/cost.ts";
import { likeJobs, pricesOf } from "../../home/egress/prices.ts";
import { taintOf } from "../../home/egress/taint.ts";
import { judgeOffload, type OffloadFacts } from "../../home/policy/offload.ts";
import type { HomeState } from "../../home/state.ts";
import type { Placement } from "../../home/scheduler/place.ts";
import type { ClientSession } from "../clientServer/homeApi.ts";
import { payloadBytesOf, previewDocument } from "../collect/previewDocument.ts";
import { mint } from "../mint.ts";
import type { DeniedOffload } from "../policy/pastOffloads.ts";
import type { CollectedJob } from "./jobInputs.ts";
import { type HomeServices, requesterOf } from "./services.ts";

export interface NewOffload {
  readonly begun: {
    readonly episodeId: EpisodeId;
    readonly jobId: JobId;
    readonly title: string;
    readonly job: JobSpec;
    readonly target: NodeId;
    readonly on?: NodeId;
  };
  readonly placed: Placement;
  readonly collected: CollectedJob;
  readonly session: ClientSession;
}

interface CostFacts {
  readonly nodeId: NodeId;
  readonly job: JobSpec;
  readonly items: readonly PreviewItem[];
  readonly now: EpochMs;
}

export interface Previewed {
  readonly kind: "previewed";
  readonly previewId: PreviewId;
  /** The scoped lease under which it has been let out already. */
  readonly leaseId?: LeaseId;
  readonly sequence: Sequence;
}

export async function previewOffload(
  services: HomeServices,
  { begun, placed, collected, session }: NewOffload,
): Promise<Previewed | Refusal> {
  const { home, blobs, now, steady } = services;
  await services.freshPolicy();
  const node = home.state.nodes.byId.get(placed.target);
  // While the bytes were collected, the owner may have turned it away.
  if (node === undefined) return refuse("node-unknown", `${placed.name} is gone.`, "See `arw-home nodes`.");
  const destination: Destination = {
    nodeId: node.nodeId,
    name: node.name,
    keyWords: keyWords(node.publicKey),
    carrier: "direct",
  };
  const { job } = collected.previewed;
  const cost = costOf(home.state, { nodeId: node.nodeId, job, items: collected.items, now: now() });
  const id = mint(previewId);
  const leaseMs = durationMs(LEASE_MS_DEFAULT);
  const { episodeId, jobId, title } = begun;
  const { client } = session;
  const nodeId = placed.target;
  const judged = { at: now(), client, corrId: episodeId, job, nodeId, paths: collected.paths, cost };
  const why = {
    rule: `${placed.rule}: ${placed.why}`,
    localAlternative: placed.localAlternative,
    ...policyOf(home.state, { ...judged, items: collected.items }),
  };
  const taint = taintOf(home.state, { ...judged, highestClassification: highestOf(collected.items) });
  const met = taint === undefined ? {} : { taint };
  const facts = { previewId: id, episodeId, jobId, title, destination, why, ...met, cost, leaseMs };
  const document = previewDocument({
    ...facts,
    ...collected.previewed,
    items: collected.items,
    leftOut: collected.leftOut,
  });
  const stored = await storePreview(blobs, document, job);
  const preview: PreviewOffload = {
    kind: "preview-offload",
    at: now(),
    by: requesterOf(session),
    ...begun,
    previewId: id,
    preview: stored.digest,
    payloadBytes: document.payloadBytes,
    items: document.items.length,
    highestClassification: highestOf(document.items),
    leftOut: document.leftOut.length,
    destination,
    cost,
    leaseMs,
    paths: collected.paths,
    steady: steady(),
    leaseId: mint(leaseId),
    recordId: mint(egressRecordId),
    attemptId: mint(attemptId),
  };
  const executed = await home.execute(preview, bothDurable(collected.durable, stored.durable));
  if (executed.kind === "refusal") {
    if (executed.code === "policy-denied") services.deniedOffloads.note(deniedOffload(preview));
    return executed;
  }
  const offered = executed.events.find((event) => event.kind === "JobOffered");
  const leased = offered?.leaseId === undefined ? {} : { leaseId: offered.leaseId };
  return { kind: "previewed", previewId: id, sequence: executed.sequence, ...leased };
}

/** What policy says of what is shown, for people; the core asks again, and alone decides. */
export function policyOf(
  state: HomeState,
  {
    items,
    ...facts
  }: Omit<OffloadFacts, "highestClassification" | "bytes"> & { readonly items: readonly PreviewItem[] },
): Pick<EgressPreview["why"], "policy"> {
  const bytes = payloadBytesOf(facts.job, items);
  const judged = judgeOffload(state, { ...facts, highestClassification: highestOf(items), bytes });
  const { effect, rules, explanation } = judged;
  return effect === "deny" ? {} : { policy: { effect, rules, explanation } };
}

function deniedOffload(preview: PreviewOffload): DeniedOffload {
  const { episodeId, title, destination, at, by, job, target: nodeId, highestClassification, cost } = preview;
  const facts = { at, client: by.client, job, nodeId, highestClassification, bytes: preview.payloadBytes, cost };
  return { episodeId, title, destination: destination.name, facts };
}

export function highestOf(items: readonly PreviewItem[]): Classification {
  return highestClass(items.map(({ classification }) => classification));
}

/** What the job may cost at the node's prices with these items, and what like jobs came to there. */
export function costOf(state: HomeState, { nodeId, job, items, now }: CostFacts): Cost {
  const bytes = byteCount(items.reduce((total, item) => total + item.bytes, 0));
  const use =
    job.kind === "command"
      ? { bytes, wallMs: job.limits.wallMs }
      : { bytes, tokensIn: tokenCount(bytes), outputTokensMax: tokenCount(job.outputTokensMax) };
  return estimateCost(pricesOf(state, nodeId), use, likeJobs(state, nodeId, job, now));
}

/** Stores the document, and the specification that its payload names, so that both can be read as they are. */
export async function storePreview(
  blobs: BeginningBlobStore,
  document: EgressPreview,
  job: JobSpec,
): Promise<Pick<BegunBlob, "digest" | "durable">> {
  const payload = await blobs.begin(Buffer.from(canonicalJson(job)));
  const { digest, durable } = await blobs.begin(await canonicalBytes(document));
  return { digest, durable: bothDurable(payload.durable, durable) };
}

async function bothDurable(one: Promise<void>, other: Promise<void>): Promise<void> {
  await Promise.all([one, other]);
}
