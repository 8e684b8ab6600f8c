// Makes the preview document of an offload, stores it under its digest, and gives the core its description.
// Nothing is sent here: the job waits for the owner, unless the core finds a lease that covers it.
import type { Command } from "#protocol/commands.ts";
import { canonicalJson } from "#protocol/canonicalJson.ts";
import { type Classification, type Destination } from "#protocol/egress.ts";
import { type Refusal, refuse } from "#protocol/errors.ts";
import { keyWords } from "#protocol/identity.ts";
import {
  attemptId,
  egressRecordId,
  type EpisodeId,
  type JobId,
  type LeaseId,
  type NodeId,
  type PreviewId,
  previewId,
} from "#protocol/ids.ts";
import type { JobSpec } from "#protocol/job.ts";
import { byteCount, durationMs, type Sequence, tokenCount } from "#protocol/quantities.ts";
import { LEASE_MS_DEFAULT } from "#protocol/wire/clientViews.ts";
import type { Placement } from "../../home/scheduler/place.ts";
import type { ClientSession } from "../clientServer/homeApi.ts";
import { estimateCost } from "../collect/estimateCost.ts";
import { previewDocument } from "../collect/previewDocument.ts";
import { mint } from "../mint.ts";
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

export interface Previewed {
  readonly kind: "previewed";
  readonly previewId: PreviewId;
  /** The scoped lease under which it has been let out already. */
  readonly leaseId?: LeaseId;
  readonly sequence: Sequence;
}

export async function previewOffload(
  { home, blobs, now, steady }: HomeServices,
  { begun, placed, collected, session }: NewOffload,
): Promise<Previewed | Refusal> {
  const node = home.state.nodes.byId.get(placed.target);
  // While the bytes were collected, the owner may have turned it away.
  if (node === undefined) return refuse("node-unknown", `${placed.name} is gone.`, "See `arw-home nodes`.");
  const destination: Destination = {
    nodeId: node.nodeId,
    name: node.name,
    keyWords: keyWords(node.publicKey),
    carrier: "direct",
  };
  const { job } = collected;
  const bytes = byteCount(collected.items.reduce((total, item) => total + item.bytes, 0));
  const cost = estimateCost(node.capabilities?.priceCard, {
    bytes,
    ...(job.kind === "command"
      ? { wallMs: job.limits.wallMs }
      : { tokensIn: tokenCount(bytes), outputTokensMax: tokenCount(job.outputTokensMax) }),
  });
  const id = mint(previewId);
  const leaseMs = durationMs(LEASE_MS_DEFAULT);
  const why = { rule: `${placed.rule}: ${placed.why}`, localAlternative: placed.localAlternative };
  const { episodeId, jobId, title } = begun;
  const facts = { previewId: id, episodeId, jobId, title, destination, why, cost, leaseMs };
  const document = previewDocument({ ...facts, job, items: collected.items, leftOut: collected.leftOut });
  const stored = await blobs.begin(Buffer.from(canonicalJson(document)));
  const beside = Promise.all([collected.durable, stored.durable]).then(() => undefined);
  const preview: Command = {
    kind: "preview-offload",
    at: now(),
    by: requesterOf(session),
    ...begun,
    previewId: id,
    preview: stored.digest,
    payloadBytes: document.payloadBytes,
    items: document.items.length,
    highestClassification: highest(document.items.map((item) => item.classification)),
    leftOut: document.leftOut.length,
    destination,
    cost,
    leaseMs,
    paths: collected.paths,
    steady: steady(),
    recordId: mint(egressRecordId),
    attemptId: mint(attemptId),
  };
  const executed = await home.execute(preview, beside);
  if (executed.kind === "refusal") return executed;
  const offered = executed.events.find((event) => event.kind === "JobOffered");
  const leased = offered?.leaseId === undefined ? {} : { leaseId: offered.leaseId };
  return { kind: "previewed", previewId: id, sequence: executed.sequence, ...leased };
}

const ASCENDING: readonly Classification[] = ["public", "internal", "secret", "regulated"];

function highest(classifications: readonly Classification[]): Classification {
  const top = Math.max(...classifications.map((each) => ASCENDING.indexOf(each)), 0);
  return ASCENDING[top] ?? "internal";
}
