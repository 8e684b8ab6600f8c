// Previews, approvals and the ledger for clients. An approval carries the digest that was shown; the core compares it.
import type { LeaseChoice } from "#protocol/commands.ts";
import { refuse } from "#protocol/errors.ts";
import { attemptId, egressRecordId, leaseId, type PreviewId } from "#protocol/ids.ts";
import type { JobSpec } from "#protocol/job.ts";
import { OUTPUT_PAGE_BYTES_MAX } from "#protocol/wire/clientViews.ts";
import { looksAtPaths } from "../../home/policy/offload.ts";
import type { HeldPreview } from "../../home/egress/state.ts";
import type { HomeApi } from "../clientServer/homeApi.ts";
import { mint } from "../mint.ts";
import { putBeforeOwner } from "../staging/putBefore.ts";
import { RESUME_TITLE } from "../staging/titles.ts";
import { changesOf } from "./itemChanges.ts";
import { pathsOfJob } from "./jobInputs.ts";
import { PreviewDocuments } from "./previewDocuments.ts";
import { revisePreview } from "./revisePreview.ts";
import { type HomeServices, requesterOf } from "./services.ts";

type EgressApi = Pick<
  HomeApi,
  | "readPreview"
  | "readPreviewItem"
  | "reviseEgress"
  | "itemChanges"
  | "approveEgress"
  | "denyEgress"
  | "pauseOffloads"
  | "resumeOffloads"
  | "listEgress"
>;

export function egressApi(services: HomeServices): EgressApi {
  const { home, blobs, view, now, steady, crossings } = services;
  const previews = new PreviewDocuments(blobs);
  const heldOf = async (id: PreviewId): Promise<HeldPreview | undefined> =>
    home.state.egress.previews.get(id) ?? (await view.current()).preview(id);
  const pathsForPolicy = async (job: JobSpec): Promise<readonly string[] | undefined> =>
    looksAtPaths(home.state) ? pathsOfJob(job, blobs) : undefined;
  return {
    readPreview: async ({ previewId }) => {
      const held = await heldOf(previewId);
      if (held === undefined) return PREVIEW_UNKNOWN;
      const { preview: digest, state, leaseUnfit, replacedBy } = held;
      return {
        preview: await previews.read(digest),
        digest,
        state,
        ...(replacedBy === undefined ? {} : { replacedBy }),
        ...(leaseUnfit === undefined ? {} : { leaseUnfit }),
      };
    },
    readPreviewItem: async ({ previewId, digest, fromByte }) => {
      const held = await heldOf(previewId);
      if (held === undefined) return PREVIEW_UNKNOWN;
      if (!(await previews.isSent(held.preview, digest))) return ITEM_UNKNOWN;
      const bytes = await blobs.read(digest, fromByte, OUTPUT_PAGE_BYTES_MAX);
      return { base64: Buffer.from(bytes).toString("base64") };
    },
    reviseEgress: (params, session) => revisePreview(services, previews, params, session),
    itemChanges: async ({ previewId, paths }, { signal }) => {
      const held = await heldOf(previewId);
      if (held === undefined) return PREVIEW_UNKNOWN;
      const { items } = await previews.read(held.preview);
      return changesOf({ items, paths, blobs, workspaceFolder: services.workspaceFolder }, signal);
    },
    approveEgress: async ({ previewId, digest, leaseMs, scoped }, session) => {
      await services.freshPolicy();
      const held = home.state.egress.previews.get(previewId);
      if (held === undefined) return PREVIEW_UNKNOWN;
      const job = home.state.jobs.byId.get(held.jobId)?.job;
      if (job === undefined) return PREVIEW_UNKNOWN;
      const choice: LeaseChoice =
        scoped === undefined
          ? { kind: "once", leaseMs: leaseMs ?? held.leaseMs }
          : { kind: "scoped", terms: scoped, paths: await pathsOfJob(job, blobs) };
      const paths = choice.kind === "scoped" ? choice.paths : await pathsForPolicy(job);
      const id = mint(leaseId);
      const record = mint(egressRecordId);
      const executed = await home.execute({
        kind: "approve-egress",
        at: now(),
        by: requesterOf(session),
        previewId,
        digest,
        lease: choice,
        ...(paths === undefined ? {} : { paths }),
        steady: steady(),
        leaseId: id,
        recordId: record,
        attemptId: mint(attemptId),
      });
      return executed.kind === "refusal" ? executed : { leaseId: id, recordId: record };
    },
    denyEgress: async ({ previewId, reason }, session) => {
      const recordId = mint(egressRecordId);
      const order = { kind: "deny-egress", at: now(), by: requesterOf(session), previewId, reason, recordId } as const;
      const executed = await home.execute(order);
      return executed.kind === "refusal" ? executed : {};
    },
    pauseOffloads: async (_, session) => {
      const by = requesterOf(session);
      const transfers = crossings.transfers();
      const executed = await home.execute({ kind: "pause-offloads", at: now(), by, transfers });
      return executed.kind === "refusal" ? executed : {};
    },
    resumeOffloads: async (_, session) => {
      if (!session.owner) {
        const action = { kind: "change-setting", change: { name: "resume-offloads" } } as const;
        const asked = { action, title: RESUME_TITLE, evidence: [], why: "Only the owner resumes offloads." };
        return putBeforeOwner(services, session, asked);
      }
      const executed = await home.execute({ kind: "resume-offloads", at: now(), by: requesterOf(session) });
      return executed.kind === "refusal" ? executed : {};
    },
    listEgress: async (params) => (await view.current()).egressRows(params),
  };
}

const PREVIEW_UNKNOWN = refuse("preview-unknown", "There is no such egress preview.", "See `arw-home episodes`.");

const ITEM_UNKNOWN = refuse(
  "preview-item-unknown",
  "The preview names no such bytes.",
  "Ask for the digest of one of its items, or for its payload.",
);
