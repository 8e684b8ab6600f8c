// Previews, approvals and the ledger for clients. An approval carries the digest that was shown; the core compares it.
import type { LeaseChoice } from "#protocol/commands.ts";
import { decodeJson } from "#protocol/decode.ts";
import { type Digest } from "#protocol/digest.ts";
import { type EgressPreview, egressPreviewSchema } from "#protocol/egress.ts";
import { ArwError, refuse } from "#protocol/errors.ts";
import { attemptId, egressRecordId, leaseId } from "#protocol/ids.ts";
import { byteCount } from "#protocol/quantities.ts";
import type { BlobStore } from "#platform/blobs/blobStore.ts";
import type { HomeApi } from "../clientServer/homeApi.ts";
import { mint } from "../mint.ts";
import { pathsOfJob } from "./jobInputs.ts";
import { type HomeServices, requesterOf } from "./services.ts";

type EgressApi = Pick<HomeApi, "readPreview" | "approveEgress" | "denyEgress" | "listEgress">;

/** A preview document of a tree with the most entries fits. */
export const PREVIEW_BYTES_MAX: number = 64 * 1024 * 1024;

export function egressApi(services: HomeServices): EgressApi {
  const { home, blobs, view, now, steady } = services;
  return {
    readPreview: async ({ previewId }) => {
      const held = home.state.egress.previews.get(previewId);
      if (held === undefined) return PREVIEW_UNKNOWN;
      const { preview: digest, state, leaseUnfit } = held;
      const unfit = leaseUnfit === undefined ? {} : { leaseUnfit };
      return { preview: await readPreview(blobs, digest), digest, state, ...unfit };
    },
    approveEgress: async ({ previewId, digest, leaseMs, scoped }, session) => {
      const held = home.state.egress.previews.get(previewId);
      if (held === undefined) return PREVIEW_UNKNOWN;
      const job = home.state.jobs.byId.get(held.jobId)?.job;
      if (job === undefined) return PREVIEW_UNKNOWN;
      const choice: LeaseChoice =
        scoped === undefined
          ? { kind: "once", leaseMs: leaseMs ?? held.leaseMs }
          : { kind: "scoped", terms: scoped, paths: await pathsOfJob(job, blobs) };
      const id = mint(leaseId);
      const record = mint(egressRecordId);
      const executed = await home.execute({
        kind: "approve-egress",
        at: now(),
        by: requesterOf(session),
        previewId,
        digest,
        lease: choice,
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
    listEgress: async () => ({ rows: (await view.current()).egressRows() }),
  };
}

const PREVIEW_UNKNOWN = refuse("preview-unknown", "There is no such egress preview.", "See `arw-home episodes`.");

async function readPreview(blobs: BlobStore, digest: Digest): Promise<EgressPreview> {
  const bytes = await blobs.read(digest, byteCount(0), PREVIEW_BYTES_MAX);
  const decoded = decodeJson(egressPreviewSchema, Buffer.from(bytes).toString("utf8"));
  if (decoded.ok) return decoded.value;
  throw new ArwError("preview-malformed", `The stored preview ${decoded.path} ${decoded.problem}.`, "Start again.");
}
