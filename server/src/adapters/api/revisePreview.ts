// Takes items, or lines of items, out of what was collected for a waiting preview, or puts lines back: a new revision in its
// place. The workspace is not read again, so nothing that was not shown can come in.
import type { Digest } from "#protocol/digest.ts";
import type { EgressPreview } from "#protocol/egress.ts";
import type { Refusal } from "#protocol/errors.ts";
import { type PreviewId, previewId } from "#protocol/ids.ts";
import type { JobSpec } from "#protocol/job.ts";
import type { ParamsOf, ResultOf } from "#protocol/wire/client.ts";
import type { Redactor } from "#platform/redaction/redactor.ts";
import { waitingPreview } from "../../home/egress/decide.ts";
import type { HeldPreview } from "../../home/egress/state.ts";
import { taintOf } from "../../home/egress/taint.ts";
import { requesterOf as clientOf } from "../../home/episode/state.ts";
import type { ClientSession } from "../clientServer/homeApi.ts";
import { previewDocument } from "../collect/previewDocument.ts";
import { LEFT_OUT_BY_YOU } from "../collect/treeCandidates.ts";
import type { WorkspaceRedaction } from "../collect/workspaceRedaction.ts";
import { mint } from "../mint.ts";
import { costOf, highestOf, policyOf, storePreview } from "./offloadPreview.ts";
import type { PreviewDocuments } from "./previewDocuments.ts";
import { type RevisedInput, revisedInput } from "./revisedInput.ts";
import { type HomeServices, requesterOf } from "./services.ts";

/** Refuses what the preview does not have or cannot do without, or with what the core says of the preview. */
export async function revisePreview(
  services: HomeServices,
  previews: PreviewDocuments,
  params: ParamsOf<"reviseEgress">,
  session: ClientSession,
): Promise<ResultOf<"reviseEgress"> | Refusal> {
  const { home, blobs } = services;
  const held = waitingPreview(home.state, params.previewId);
  if ("kind" in held) return held;
  const job = home.state.jobs.byId.get(held.jobId)?.job;
  if (job === undefined) throw new Error(`preview ${held.previewId} has no job`);
  const shown = await previews.read(held.preview);
  const redactor = await redactorFor(job, services.redaction, session.signal);
  const input = await revisedInput(job, shown, params, { blobs, redactor }, session.signal);
  if (input.kind === "refusal") return input;
  await services.freshPolicy();
  const document = revisedDocument(services, held, shown, input);
  const { digest, durable } = await storePreview(blobs, document, input.job);
  await durable;
  return execute(services, params, session, { document, stored: digest, input });
}

/** Knows the secrets as they are now. Throws ArwError `secrets-unread` for a prompt, which may not leave without. */
async function redactorFor(job: JobSpec, redaction: WorkspaceRedaction, signal: AbortSignal): Promise<Redactor> {
  try {
    return await redaction.refreshed(signal);
  } catch (error) {
    signal.throwIfAborted();
    // Files were collected without that knowledge; a shorter file is looked through for all that is known.
    if (job.kind === "ask") throw error;
    return redaction.current;
  }
}

async function execute(
  { home, now, steady }: HomeServices,
  { cut = [], digest, previewId: id, putBack = [] }: ParamsOf<"reviseEgress">,
  session: ClientSession,
  revision: { readonly document: EgressPreview; readonly stored: Digest; readonly input: RevisedInput },
): Promise<ResultOf<"reviseEgress"> | Refusal> {
  const { document, stored, input } = revision;
  const executed = await home.execute({
    kind: "revise-egress",
    at: now(),
    by: requesterOf(session),
    previewId: id,
    digest,
    replacedBy: document.previewId,
    preview: stored,
    job: input.job,
    payloadBytes: document.payloadBytes,
    items: document.items.length,
    highestClassification: highestOf(document.items),
    leftOut: document.leftOut.length,
    takenOut: input.taken.size,
    ...(cut.length === 0 ? {} : { shortened: cut.length }),
    ...(putBack.length === 0 ? {} : { putBack: putBack.length }),
    cost: document.cost,
    paths: input.paths,
    steady: steady(),
  });
  return executed.kind === "refusal" ? executed : { previewId: document.previewId, digest: stored };
}

function revisedDocument(
  { home, now }: HomeServices,
  held: HeldPreview,
  shown: EgressPreview,
  { items, job, paths, taken }: RevisedInput,
): EgressPreview {
  const { episodeId, jobId, title, destination, leaseMs } = shown;
  const leftOut = [...shown.leftOut, ...[...taken].map((path) => ({ path, reason: LEFT_OUT_BY_YOU }))].sort(byPath);
  const cost = costOf(home.state, { nodeId: held.destination.nodeId, job, items, now: now() });
  const id: PreviewId = mint(previewId);
  const client = clientOf(home.state.episodes, episodeId);
  const judged = { at: now(), client, corrId: episodeId, job, nodeId: destination.nodeId, paths, cost };
  const { policy: _, ...placed } = shown.why;
  const why = { ...placed, ...policyOf(home.state, { ...judged, items }) };
  const taint = taintOf(home.state, { ...judged, highestClassification: highestOf(items) });
  const met = taint === undefined ? {} : { taint };
  const facts = { previewId: id, episodeId, jobId, title, destination, why, ...met, cost, leaseMs, items, leftOut };
  const { removed = [], unknownSecrets = 0 } = shown;
  return job.kind === "ask"
    ? previewDocument({ ...facts, job, removed, unknownSecrets })
    : previewDocument({ ...facts, job });
}

function byPath(left: { readonly path: string }, right: { readonly path: string }): number {
  return left.path < right.path ? -1 : left.path > right.path ? 1 : 0;
}
