// What clients ask and are told about the policy: the document in force, what is wrong with a text, what would be decided of a
// request, and what was adopted when. `client.ts` has the methods.
import * as z from "zod";
import { type Digest, digestSchema } from "../digest.ts";
import { type Classification, classificationSchema } from "../egress.ts";
import { type EpisodeId, episodeId, type PreviewId, previewId } from "../ids.ts";
import {
  POLICY_CHARACTERS_MAX,
  POLICY_NAME_CHARACTERS_MAX,
  type PolicyAction,
  policyActionSchema,
  type PolicyEffect,
  policyEffectSchema,
  type PolicyObligations,
  policyObligationsSchema,
  type PolicySubjectKind,
  policySubjectKindSchema,
} from "../policy.ts";
import { type PolicyFinding, policyFindingSchema } from "../policyFinding.ts";
import { type Bytes, bytesSchema, type EpochMs, epochMsSchema } from "../quantities.ts";
import { WORKSPACE_PATH_CHARACTERS_MAX } from "../workspacePath.ts";

/** Adoptions that `policy/history` answers with, the newest first. */
export const POLICY_HISTORY_MAX = 100;
/** Paths of a hypothetical request. */
export const EXPLAINED_PATHS_MAX = 256;

export interface PolicyView {
  /** Grows with every change of what policy says; 0 where nothing was ever adopted. */
  readonly epoch: number;
  readonly name: string;
  /** What is in force, comments included. */
  readonly text: string;
  /** Absent where it is the posture that a Home begins with. */
  readonly adopted?: { readonly at: EpochMs; readonly by: string; readonly digest: Digest };
  /** The Home's own file. */
  readonly file: string;
  /** The file holds something else than what is in force: it counts once it is adopted. */
  readonly edited: boolean;
  /** Why nothing leaves: the file cannot be read. */
  readonly problem?: string;
  readonly findings: readonly PolicyFinding[];
  readonly workspace?: WorkspacePolicyView;
}
export interface WorkspacePolicyView {
  readonly file: string;
  /** Absent where it cannot be read. */
  readonly name?: string;
  readonly problem?: string;
  /** The file is gone or forbids less: what it forbade before counts until the owner adopts a policy. */
  readonly unconfirmed?: "removed" | "changed";
  readonly findings: readonly PolicyFinding[];
}

export interface CheckPolicyParams {
  readonly text: string;
  /** Whose document it would be: a workspace's only makes things stricter. */
  readonly of: "home" | "workspace";
}
export interface CheckPolicyResult {
  /** Absent where the text is no policy. */
  readonly name?: string;
  readonly findings: readonly PolicyFinding[];
  /** Of the last offloads, those that would have been decided otherwise; none where the text is no policy. */
  readonly changed: readonly ChangedDecision[];
  /** How many were looked at. */
  readonly looked: number;
  /** The newest of them that each rule of the text fits; rules that fit none are absent. */
  readonly decided: readonly RuleDecision[];
}
/** A past offload that a rule fits. */
export interface RuleDecision {
  readonly rule: string;
  readonly episodeId: EpisodeId;
  readonly title: string;
  readonly destination: string;
  readonly at: EpochMs;
  /** What the whole text makes of it. */
  readonly effect: PolicyEffect;
  /** Whether the egress ledger has a record of it: that it left, or that the owner denied it. */
  readonly recorded: boolean;
}
/** A past offload that another policy would have decided otherwise. */
export interface ChangedDecision {
  readonly episodeId: EpisodeId;
  readonly title: string;
  readonly destination: string;
  readonly at: EpochMs;
  readonly before: PolicyEffect;
  readonly after: PolicyEffect;
  readonly explanation: string;
  readonly recorded: boolean;
}

export interface AdoptPolicyResult {
  readonly epoch: number;
  readonly name: string;
  /** The previews that waited, and may no longer leave. */
  readonly withdrawn: readonly PreviewId[];
}

/** A request that nobody made. */
export interface ExplainPolicyParams {
  readonly action: PolicyAction;
  readonly subject?: { readonly kind: PolicySubjectKind; readonly id: string };
  readonly paths?: readonly string[];
  readonly classification?: Classification;
  readonly bytes?: Bytes;
  readonly model?: string;
  /** A name or an id. */
  readonly node?: string;
  readonly purpose?: string;
  readonly at?: EpochMs;
}
export interface ExplainPolicyResult {
  readonly effect: PolicyEffect;
  readonly rules: readonly string[];
  readonly obligations: PolicyObligations;
  readonly explanation: string;
}

export interface PolicyHistoryEntry {
  readonly at: EpochMs;
  readonly epoch: number;
  readonly text: string;
}

const name = z.string().min(1).max(POLICY_NAME_CHARACTERS_MAX);
const findings = z.array(policyFindingSchema);
const epoch = z.number().int().min(0);

export const policyViewSchema: z.ZodType<PolicyView> = z.strictObject({
  epoch,
  name: z.string(),
  text: z.string(),
  adopted: z.strictObject({ at: epochMsSchema, by: z.string(), digest: digestSchema }).exactOptional(),
  file: z.string(),
  edited: z.boolean(),
  problem: z.string().exactOptional(),
  findings,
  workspace: z
    .strictObject({
      file: z.string(),
      name: z.string().exactOptional(),
      problem: z.string().exactOptional(),
      unconfirmed: z.enum(["removed", "changed"]).exactOptional(),
      findings,
    })
    .exactOptional(),
});

/** A text of any length up to twice the limit: what is too long is found, not refused unread. */
const text = z.string().max(2 * POLICY_CHARACTERS_MAX);

export const policyTextParamsSchema: z.ZodType<{ readonly text: string }> = z.strictObject({ text });

export const checkPolicyParamsSchema: z.ZodType<CheckPolicyParams> = z.strictObject({
  text,
  of: z.enum(["home", "workspace"]),
});

export const checkPolicyResultSchema: z.ZodType<CheckPolicyResult> = z.strictObject({
  name: z.string().exactOptional(),
  findings,
  changed: z.array(
    z.strictObject({
      episodeId: episodeId.schema,
      title: z.string(),
      destination: z.string(),
      at: epochMsSchema,
      before: policyEffectSchema,
      after: policyEffectSchema,
      explanation: z.string(),
      recorded: z.boolean(),
    }),
  ),
  looked: z.number().int().min(0),
  decided: z.array(
    z.strictObject({
      rule: z.string(),
      episodeId: episodeId.schema,
      title: z.string(),
      destination: z.string(),
      at: epochMsSchema,
      effect: policyEffectSchema,
      recorded: z.boolean(),
    }),
  ),
});

export const adoptPolicyResultSchema: z.ZodType<AdoptPolicyResult> = z.strictObject({
  epoch,
  name: z.string(),
  withdrawn: z.array(previewId.schema),
});

export const explainPolicyParamsSchema: z.ZodType<ExplainPolicyParams> = z.strictObject({
  action: policyActionSchema,
  subject: z.strictObject({ kind: policySubjectKindSchema, id: name }).exactOptional(),
  paths: z.array(z.string().min(1).max(WORKSPACE_PATH_CHARACTERS_MAX)).max(EXPLAINED_PATHS_MAX).exactOptional(),
  classification: classificationSchema.exactOptional(),
  bytes: bytesSchema.exactOptional(),
  model: name.exactOptional(),
  node: name.exactOptional(),
  purpose: name.exactOptional(),
  at: epochMsSchema.exactOptional(),
});

export const explainPolicyResultSchema: z.ZodType<ExplainPolicyResult> = z.strictObject({
  effect: policyEffectSchema,
  rules: z.array(z.string()),
  obligations: policyObligationsSchema,
  explanation: z.string(),
});

export const policyHistorySchema: z.ZodType<{ readonly entries: readonly PolicyHistoryEntry[] }> = z.strictObject({
  entries: z.array(z.strictObject({ at: epochMsSchema, epoch, text: z.string() })).max(POLICY_HISTORY_MAX),
});
