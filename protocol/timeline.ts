// An entry of the timeline: one journal event as every surface shows it. The Home projects it once, so that editor,
// terminal and guests read the same words.
import * as z from "zod";
import {
  type AttemptId,
  attemptId,
  type EpisodeId,
  episodeId,
  type JobId,
  jobId,
  type LeaseId,
  leaseId,
  type NodeId,
  nodeId,
  type PreviewId,
  previewId,
  type ProposalId,
  proposalId,
  type StagedId,
  stagedId,
} from "./ids.ts";
import { type Bytes, bytesSchema, type EpochMs, epochMsSchema, type Sequence, sequenceSchema } from "./quantities.ts";
import { type JobOutcome, jobOutcomeSchema, type OutputStream, outputStreamSchema } from "./result.ts";

/** A crossing of the machine's boundary: out ▲ or back ▼. */
export interface Crossing {
  readonly direction: "out" | "back";
  readonly nodeId: NodeId;
  readonly bytes: Bytes;
  readonly leaseId: LeaseId;
}

export interface TimelineEntry {
  /** The frame and the place within it: a total order. */
  readonly sequence: Sequence;
  readonly index: number;
  readonly at: EpochMs;
  /** The event's kind, e.g. `JobOffered`. */
  readonly kind: string;
  readonly level: "detail" | "info" | "attention" | "error";
  readonly corrId?: EpisodeId;
  readonly jobId?: JobId;
  readonly attemptId?: AttemptId;
  /** Where it happened; absent for what happened at the Home itself. `local` is the Home's own node. */
  readonly where?: { readonly nodeId: NodeId; readonly name: string };
  readonly text: string;
  readonly crossing?: Crossing;
  readonly output?: { readonly stream: OutputStream; readonly fromByte: Bytes; readonly bytes: Bytes };
  readonly previewId?: PreviewId;
  readonly proposalId?: ProposalId;
  readonly stagedId?: StagedId;
  /** On EpisodeFinished. */
  readonly outcome?: JobOutcome;
}

export const timelineEntrySchema: z.ZodType<TimelineEntry> = z.strictObject({
  sequence: sequenceSchema,
  index: z.number().int().min(0),
  at: epochMsSchema,
  kind: z.string(),
  level: z.enum(["detail", "info", "attention", "error"]),
  corrId: episodeId.schema.exactOptional(),
  jobId: jobId.schema.exactOptional(),
  attemptId: attemptId.schema.exactOptional(),
  where: z.strictObject({ nodeId: nodeId.schema, name: z.string() }).exactOptional(),
  text: z.string(),
  crossing: z
    .strictObject({
      direction: z.enum(["out", "back"]),
      nodeId: nodeId.schema,
      bytes: bytesSchema,
      leaseId: leaseId.schema,
    })
    .exactOptional(),
  output: z.strictObject({ stream: outputStreamSchema, fromByte: bytesSchema, bytes: bytesSchema }).exactOptional(),
  previewId: previewId.schema.exactOptional(),
  proposalId: proposalId.schema.exactOptional(),
  stagedId: stagedId.schema.exactOptional(),
  outcome: jobOutcomeSchema.exactOptional(),
});
