// Staged actions: what waits for the owner before it is done, with what it would do, how risky that is and what speaks for it.
// An action is named by the digest of its canonical form. Titles and notes are not in it: other words are not another action.
import * as z from "zod";
import { type Digest, digestOfJson, digestSchema } from "./digest.ts";
import { type EpisodeId, episodeId, type NodeId, nodeId, type ProposalId, proposalId } from "./ids.ts";
import { type CommandJob, commandJobSchema, type JobKind } from "./job.ts";
import { type ScopedTerms, scopedTermsSchema } from "./lease.ts";
import { POLICY_CHARACTERS_MAX, POLICY_NAME_CHARACTERS_MAX, POLICY_RULES_MAX } from "./policy.ts";
import type { ProposedChange } from "./proposal.ts";
import { type Bytes, bytesSchema } from "./quantities.ts";
import { type JobOutcome, jobOutcomeSchema } from "./result.ts";
import { workspacePathSchema, type WorkspacePath } from "./workspacePath.ts";

/** Paths that a staged application names, and those that its evidence names by themselves. */
export const STAGED_PATHS_MAX = 1_000;
export const EVIDENCE_PATHS_MAX = 20;
/** Files of one application whose content was written anew. */
export const STAGED_EDITS_MAX = 64;
export const STAGED_EVIDENCE_MAX = 16;
export const STAGED_NOTE_CHARACTERS_MAX = 1_024;
/** Items that are approved, or looked at, with one call. */
export const STAGED_BATCH_MAX = 50;

/** What applying would touch, counted from the very changes that the digest names. */
export interface Touched {
  readonly files: number;
  readonly deletes: number;
  /** Paths that steer git, the editor or ARW itself. */
  readonly protected: number;
  /** Paths that no output glob of the episode names. */
  readonly outside: number;
}

/** The content of a proposed file as somebody wrote it anew; the bytes are a blob. */
export interface EditedContent {
  readonly path: WorkspacePath;
  readonly digest: Digest;
  readonly bytes: Bytes;
}

/** The changes as they would be written: what was edited has its new content, all else is as it was proposed. */
export function editedChanges(
  changes: readonly ProposedChange[],
  edited: readonly EditedContent[] = [],
): readonly ProposedChange[] {
  const contents = new Map(edited.map((each) => [each.path, each]));
  return changes.map((change) => {
    const content = contents.get(change.path);
    if (content === undefined || (change.kind !== "create" && change.kind !== "edit")) return change;
    return { ...change, digest: content.digest, bytes: content.bytes };
  });
}

export type SettingChange =
  | { readonly name: "resume-offloads" }
  | { readonly name: "unmark-never-leaves"; readonly globs: readonly string[] }
  /** The port is opened again where it was last. */
  | { readonly name: "turn-clustering-on"; readonly host: string; readonly port: number };

/** Everything that makes it this action and no other. */
export type StagedAction =
  | {
      readonly kind: "apply-proposal";
      readonly proposalId: ProposalId;
      /** The digest of the proposal, and that of the list of changes which are written. */
      readonly proposal: Digest;
      readonly changes: Digest;
      /** Only these files, sorted; absent for all that is left. */
      readonly paths?: readonly WorkspacePath[];
      /** Files whose content somebody wrote anew since they were proposed, sorted; all else is as the job made it. */
      readonly edited?: readonly EditedContent[];
      readonly touched: Touched;
    }
  | {
      readonly kind: "run-command";
      readonly job: CommandJob;
      readonly target: NodeId;
      /** Whether a sandbox keeps it from files, network and environment. */
      readonly contained: boolean;
    }
  | { readonly kind: "grant-lease"; readonly nodeId: NodeId; readonly job: JobKind; readonly terms: ScopedTerms }
  | { readonly kind: "change-setting"; readonly change: SettingChange }
  | {
      readonly kind: "adopt-policy";
      readonly name: string;
      /** The whole text: what is approved can be read. */
      readonly text: string;
      /** The digest of the text that it takes the place of; absent while none was ever adopted. */
      readonly replaces?: Digest;
      /** What it is adopted upon; absent in items of older programs, which are void when they are to be done. */
      readonly base?: PolicyBase;
    };

/** What stands beside a text when it is adopted, and decides with it what is in force afterwards. */
export interface PolicyBase {
  /** Of the policy in force: every change of it is another. */
  readonly epoch: number;
  /** The digest of the workspace's own document, which goes on to count. */
  readonly workspace?: Digest;
  /** What a file of the workspace forbade before it was removed or rewritten: it counts now, and no more afterwards. */
  readonly drops?: DroppedRules;
}

export interface DroppedRules {
  /** Of the whole document that is dropped. */
  readonly document: Digest;
  /** The ids of its rules. */
  readonly rules: readonly string[];
  readonly noEgress?: boolean;
}

export function stagedDigest(action: StagedAction): Digest {
  return digestOfJson(action);
}

export type RiskLevel = "low" | "medium" | "high";

export interface Risk {
  readonly level: RiskLevel;
  /** The row of the table that decided, and why, in words. */
  readonly rule: string;
  readonly reason: string;
}

/** What speaks for or against an action. Bytes are named by digest and read where they are. */
export type Evidence =
  | {
      readonly kind: "diff";
      readonly proposal: Digest;
      readonly files: number;
      /** The first of them, sorted; `touched` has the counts. */
      readonly protectedPaths: readonly string[];
      readonly outsidePaths: readonly string[];
      readonly askedFor: readonly string[];
    }
  | {
      readonly kind: "command";
      readonly job: Digest;
      readonly argv: readonly string[];
      readonly folder: string;
      /** Globs that were kept out of its inputs: how they are collected again. What that gives is held to the digest. */
      readonly leaveOut?: readonly string[];
    }
  /** What made it ran in a sandbox, with nothing of it in the workspace yet. */
  | {
      readonly kind: "dry-run";
      readonly episodeId: EpisodeId;
      readonly title: string;
      readonly outcome: JobOutcome;
      readonly outputBytes: number;
    }
  | { readonly kind: "asked"; readonly by: string; readonly why: string }
  /** It comes from outside this machine: what it holds was written by somebody else. */
  | { readonly kind: "taint"; readonly untrusted: string };

/** How an approved action ended. `void`: what would have been done was not any more what had been approved. */
export type StagedOutcome = "done" | "failed" | "void" | "unknown";

const count = z.number().int().min(0);
const words = z.array(z.string().max(65_536)).max(1_024);
const evidencePaths = z.array(z.string().max(4_096)).max(EVIDENCE_PATHS_MAX);

export const settingChangeSchema: z.ZodType<SettingChange> = z.discriminatedUnion("name", [
  z.strictObject({ name: z.literal("resume-offloads") }),
  z.strictObject({
    name: z.literal("unmark-never-leaves"),
    globs: z.array(z.string().min(1).max(1_024)).min(1).max(256),
  }),
  z.strictObject({
    name: z.literal("turn-clustering-on"),
    host: z.string().max(255),
    port: z.number().int().min(1).max(65_535),
  }),
]);

const droppedRulesSchema: z.ZodType<DroppedRules> = z.strictObject({
  document: digestSchema,
  rules: z.array(z.string().max(POLICY_NAME_CHARACTERS_MAX)).max(POLICY_RULES_MAX),
  noEgress: z.boolean().exactOptional(),
});

const policyBaseSchema: z.ZodType<PolicyBase> = z.strictObject({
  epoch: z.number().int().min(0),
  workspace: digestSchema.exactOptional(),
  drops: droppedRulesSchema.exactOptional(),
});

/** What was written anew, as an action names it. */
export const editedContentsSchema: z.ZodType<readonly EditedContent[]> = z
  .array(z.strictObject({ path: workspacePathSchema, digest: digestSchema, bytes: bytesSchema }))
  .min(1)
  .max(STAGED_EDITS_MAX);

export const stagedActionSchema: z.ZodType<StagedAction> = z.discriminatedUnion("kind", [
  z.strictObject({
    kind: z.literal("apply-proposal"),
    proposalId: proposalId.schema,
    proposal: digestSchema,
    changes: digestSchema,
    paths: z.array(workspacePathSchema).min(1).max(STAGED_PATHS_MAX).exactOptional(),
    edited: editedContentsSchema.exactOptional(),
    touched: z.strictObject({ files: count, deletes: count, protected: count, outside: count }),
  }),
  z.strictObject({
    kind: z.literal("run-command"),
    job: commandJobSchema,
    target: nodeId.schema,
    contained: z.boolean(),
  }),
  z.strictObject({
    kind: z.literal("grant-lease"),
    nodeId: nodeId.schema,
    job: z.enum(["command", "ask"]),
    terms: scopedTermsSchema,
  }),
  z.strictObject({ kind: z.literal("change-setting"), change: settingChangeSchema }),
  z.strictObject({
    kind: z.literal("adopt-policy"),
    name: z.string().max(POLICY_NAME_CHARACTERS_MAX),
    text: z.string().max(2 * POLICY_CHARACTERS_MAX),
    replaces: digestSchema.exactOptional(),
    base: policyBaseSchema.exactOptional(),
  }),
]);

export const riskSchema: z.ZodType<Risk> = z.strictObject({
  level: z.enum(["low", "medium", "high"]),
  rule: z.string(),
  reason: z.string(),
});

export const evidenceSchema: z.ZodType<Evidence> = z.discriminatedUnion("kind", [
  z.strictObject({
    kind: z.literal("diff"),
    proposal: digestSchema,
    files: count,
    protectedPaths: evidencePaths,
    outsidePaths: evidencePaths,
    askedFor: z.array(z.string().max(1_024)).max(256),
  }),
  z.strictObject({
    kind: z.literal("command"),
    job: digestSchema,
    argv: words,
    folder: z.string().max(4_096),
    leaveOut: z.array(z.string().max(1_024)).max(256).exactOptional(),
  }),
  z.strictObject({
    kind: z.literal("dry-run"),
    episodeId: episodeId.schema,
    title: z.string(),
    outcome: jobOutcomeSchema,
    outputBytes: count,
  }),
  z.strictObject({ kind: z.literal("asked"), by: z.string(), why: z.string().max(STAGED_NOTE_CHARACTERS_MAX) }),
  z.strictObject({ kind: z.literal("taint"), untrusted: z.string() }),
]);

export const stagedOutcomeSchema: z.ZodType<StagedOutcome> = z.enum(["done", "failed", "void", "unknown"]);
