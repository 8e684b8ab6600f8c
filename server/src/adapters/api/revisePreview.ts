// Takes items out of what was collected for a waiting preview: what was shown minus them, byte for byte.
// The workspace is not read again, so nothing that was not shown can come in.
import type { Digest } from "#protocol/digest.ts";
import type { EgressPreview } from "#protocol/egress.ts";
import { type Refusal, refuse } from "#protocol/errors.ts";
import { type PreviewId, previewId } from "#protocol/ids.ts";
import type { CommandJob, TreeEntry, TreeManifest } from "#protocol/job.ts";
import type { ParamsOf, ResultOf } from "#protocol/wire/client.ts";
import type { StoredBlob } from "#platform/blobs/blobStore.ts";
import { canonicalBytes } from "#platform/givingWay.ts";
import { waitingPreview } from "../../home/egress/decide.ts";
import type { HeldPreview } from "../../home/egress/state.ts";
import { taintOf } from "../../home/egress/taint.ts";
import { requesterOf as clientOf } from "../../home/episode/state.ts";
import { treeOf } from "../attempts/blobService.ts";
import type { ClientSession } from "../clientServer/homeApi.ts";
import { FILE_LIST_ITEM } from "../collect/inputTree.ts";
import { previewDocument } from "../collect/previewDocument.ts";
import { PROMPT_ITEM } from "../collect/promptItem.ts";
import { LEFT_OUT_BY_YOU, withParents } from "../collect/treeCandidates.ts";
import { mint } from "../mint.ts";
import { costOf, highestOf, policyOf, storePreview } from "./offloadPreview.ts";
import type { PreviewDocuments } from "./previewDocuments.ts";
import { type HomeServices, requesterOf } from "./services.ts";

/** Refuses with `preview-item-needed`, `preview-item-unknown`, or what the core says of the preview. */
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
  const shown = await previews.read(held.preview);
  const needed = neededItem(job?.kind, params.leaveOut);
  if (needed !== undefined) return needed;
  if (job?.kind !== "command") throw new Error(`preview ${held.previewId} has no job`);
  const split = takeOut((await treeOf(job, blobs)).entries, params.leaveOut);
  if ("kind" in split) return split;
  const manifest: TreeManifest = { kind: "tree", entries: split.kept };
  const tree = await blobs.put(await canonicalBytes(manifest));
  const revised = { ...job, tree: tree.digest };
  const document = revisedDocument(services, held, { shown, job: revised, tree, ...split });
  const { digest, durable } = await storePreview(blobs, document, revised);
  await durable;
  return execute(services, params, session, { document, stored: digest, job: revised, split });
}

async function execute(
  { home, now, steady }: HomeServices,
  { previewId: id, digest }: ParamsOf<"reviseEgress">,
  session: ClientSession,
  revision: {
    readonly document: EgressPreview;
    readonly stored: Digest;
    readonly job: CommandJob;
    readonly split: Split;
  },
): Promise<ResultOf<"reviseEgress"> | Refusal> {
  const { document, stored, job, split } = revision;
  const executed = await home.execute({
    kind: "revise-egress",
    at: now(),
    by: requesterOf(session),
    previewId: id,
    digest,
    replacedBy: document.previewId,
    preview: stored,
    job,
    payloadBytes: document.payloadBytes,
    items: document.items.length,
    highestClassification: highestOf(document.items),
    leftOut: document.leftOut.length,
    takenOut: split.taken.size,
    cost: document.cost,
    paths: split.kept.map(({ path }) => path),
    steady: steady(),
  });
  return executed.kind === "refusal" ? executed : { previewId: document.previewId, digest: stored };
}

function revisedDocument(
  { home, now }: HomeServices,
  held: HeldPreview,
  revision: {
    readonly shown: EgressPreview;
    readonly job: CommandJob;
    readonly tree: StoredBlob;
  } & Split,
): EgressPreview {
  const { shown, job, tree, kept, taken } = revision;
  const { episodeId, jobId, title, destination, leaseMs } = shown;
  const list = { path: FILE_LIST_ITEM, bytes: tree.bytes, classification: "internal", digest: tree.digest } as const;
  const items = shown.items.flatMap((item) => {
    if (item.path === FILE_LIST_ITEM) return [list];
    return taken.has(item.path) ? [] : [item];
  });
  const leftOut = [...shown.leftOut, ...[...taken].map((path) => ({ path, reason: LEFT_OUT_BY_YOU }))];
  const node = home.state.nodes.byId.get(held.destination.nodeId);
  const cost = costOf(node?.capabilities?.priceCard, job, items);
  const id: PreviewId = mint(previewId);
  const client = clientOf(home.state.episodes, episodeId);
  const judged = {
    at: now(),
    client,
    corrId: episodeId,
    job,
    nodeId: destination.nodeId,
    paths: kept.map(({ path }) => path),
    cost,
  };
  const { policy: _, ...placed } = shown.why;
  const why = { ...placed, ...policyOf(home.state, { ...judged, items }) };
  const taint = taintOf(home.state, { ...judged, highestClassification: highestOf(items) });
  const met = taint === undefined ? {} : { taint };
  const facts = { previewId: id, episodeId, jobId, title, destination, why, ...met, cost, leaseMs };
  return previewDocument({ ...facts, job, items, leftOut: leftOut.sort(byPath) });
}

interface Split {
  readonly kept: readonly TreeEntry[];
  /** The paths of the entries that go, links included. */
  readonly taken: ReadonlySet<string>;
}

/** A path takes out its file or link, and a folder's path all that is beneath it. One that hits nothing is a mistake. */
function takeOut(entries: readonly TreeEntry[], leaveOut: readonly string[]): Split | Refusal {
  const wanted = new Set(leaveOut.map((path) => path.replace(/\/+$/u, "")));
  const hit = new Set<string>();
  const taken = new Set<string>();
  for (const { path } of entries) {
    const by = withParents(path).find((parent) => wanted.has(parent));
    if (by === undefined) continue;
    hit.add(by);
    taken.add(path);
  }
  // A path beneath a folder that goes as well has been hit by that folder.
  const missed = [...wanted].find((path) => !hit.has(path) && !withParents(path).some((parent) => hit.has(parent)));
  if (missed === undefined) return { kept: entries.filter(({ path }) => !taken.has(path)), taken };
  return refuse(
    "preview-item-unknown",
    `The preview names nothing at ${JSON.stringify(missed)}.`,
    "Name an item, or a folder of items, as the preview shows it: arw-home egress show <preview>.",
  );
}

function neededItem(kind: "command" | "ask" | undefined, leaveOut: readonly string[]): Refusal | undefined {
  if (kind === "ask") {
    return refuse(
      "preview-item-needed",
      "The prompt itself cannot be taken out: without it there is nothing to ask.",
      "Deny this preview, and ask again with another prompt, or on this machine (--on local).",
    );
  }
  const needed = leaveOut.find((path) => path === FILE_LIST_ITEM || path === PROMPT_ITEM);
  if (needed === undefined) return undefined;
  return refuse(
    "preview-item-needed",
    `${needed} cannot be taken out: without it the worker does not know which file is which.`,
    "Take files out instead; the list then names only what is left.",
  );
}

function byPath(left: { readonly path: string }, right: { readonly path: string }): number {
  return left.path < right.path ? -1 : left.path > right.path ? 1 : 0;
}
