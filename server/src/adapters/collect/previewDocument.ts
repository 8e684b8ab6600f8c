// Builds the document that the owner approves before anything leaves. Pure: the same facts give the same digest.
// It must never carry a secret item: one here is a bug of the collector, and it throws before anybody could approve it.
import { canonicalJson } from "#protocol/canonicalJson.ts";
import type {
  Cost,
  Destination,
  EgressPreview,
  EpisodeTaint,
  LeftOut,
  PreviewItem,
  RemovedSecret,
} from "#protocol/egress.ts";
import type { EpisodeId, JobId, PreviewId } from "#protocol/ids.ts";
import { type AskJob, type CommandJob, type JobSpec, jobKey } from "#protocol/job.ts";
import { byteCount, type Bytes, type DurationMs } from "#protocol/quantities.ts";

/**
 * Only the text of an `ask` is ever redacted. The input of a command never is: a placeholder would break its build, and its
 * proposal would write the placeholder back. So there is no proposal over a redacted base, and no way to describe one.
 */
export type PreviewedJob =
  | { readonly job: AskJob; readonly removed: readonly RemovedSecret[]; readonly unknownSecrets: number }
  | { readonly job: CommandJob; readonly removed?: never; readonly unknownSecrets?: never };

interface DocumentFacts {
  readonly previewId: PreviewId;
  readonly episodeId: EpisodeId;
  readonly jobId: JobId;
  readonly title: string;
  readonly items: readonly PreviewItem[];
  readonly leftOut: readonly LeftOut[];
  readonly destination: Destination;
  readonly why: EgressPreview["why"];
  /** Absent where private and untrusted content have not met. */
  readonly taint?: EpisodeTaint;
  readonly cost: Cost;
  readonly leaseMs: DurationMs;
}

export type PreviewFacts = DocumentFacts & PreviewedJob;

/** Throws Error where an item is secret or regulated, or where the job's own input is not among the items. */
export function previewDocument(facts: PreviewFacts): EgressPreview {
  const { job, items, removed, unknownSecrets = 0, ...rest } = facts;
  const forbidden = items.find(({ classification }) => classification === "secret" || classification === "regulated");
  if (forbidden !== undefined) throw new Error(`${forbidden.classification} data reached a preview`);
  const input = job.kind === "command" ? job.tree : job.prompt;
  if (!items.some(({ digest }) => digest === input)) throw new Error("the preview lacks the job's own input");
  return {
    kind: "egress-preview",
    ...rest,
    payload: jobKey(job),
    payloadBytes: payloadBytesOf(job, items),
    items,
    ...(removed === undefined || removed.length === 0 ? {} : { removed }),
    ...(unknownSecrets === 0 ? {} : { unknownSecrets }),
  };
}

/** The specification is sent as well: arguments are bytes that leave. */
export function payloadBytesOf(job: JobSpec, items: readonly PreviewItem[]): Bytes {
  const specificationBytes = Buffer.byteLength(canonicalJson(job), "utf8");
  return byteCount(specificationBytes + items.reduce((total, { bytes }) => total + bytes, 0));
}
