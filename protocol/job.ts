// A job is its specification: what runs, over which bytes. The same specification has the same `jobKey` everywhere.
// Inputs are named by the digest of the bytes as they are sent, so a jobKey commits to every byte of a job.
import * as z from "zod";
import { type Digest, digestOfJson, digestSchema } from "./digest.ts";
import type { Bytes, DurationMs } from "./quantities.ts";
import { bytesSchema, durationMsSchema } from "./quantities.ts";
import { workspacePathSchema, type WorkspacePath } from "./workspacePath.ts";

export type JobKind = "command" | "ask";

/** How the dependencies of a command arrive. `folders` are sent though they are ignored by git. */
export type Dependencies =
  | { readonly kind: "nothing" }
  | { readonly kind: "install-step"; readonly argv: readonly string[] }
  | { readonly kind: "folders"; readonly paths: readonly WorkspacePath[] };

/** What an attempt may use. Past a limit it is ended and says which. */
export interface JobLimits {
  readonly wallMs: DurationMs;
  readonly memoryBytes: Bytes;
  readonly outputBytes: Bytes;
}

/** A command over a tree of files. `tree` names a TreeManifest. */
export interface CommandJob {
  readonly kind: "command";
  readonly argv: readonly string[];
  readonly folder: WorkspacePath | ".";
  readonly tree: Digest;
  readonly dependencies: Dependencies;
  /** Globs of the files that come back as a proposal. */
  readonly outputs: readonly string[];
  readonly limits: JobLimits;
}

/** One inference. `prompt` names a blob: canonical JSON of ChatMessage[]. */
export interface AskJob {
  readonly kind: "ask";
  /** The digest of the model's file: a name alone does not say which bytes answer. */
  readonly model: Digest;
  readonly prompt: Digest;
  readonly outputTokensMax: number;
  readonly temperatureMilli: number;
  readonly seed: number;
  readonly limits: JobLimits;
}

export type JobSpec = CommandJob | AskJob;

export interface ChatMessage {
  readonly role: "system" | "user" | "assistant";
  readonly content: string;
}

/** The content of an input tree. Entries are sorted by path. */
export interface TreeManifest {
  readonly kind: "tree";
  readonly entries: readonly TreeEntry[];
}

export type TreeEntry =
  | {
      readonly kind: "file";
      readonly path: WorkspacePath;
      readonly digest: Digest;
      readonly bytes: Bytes;
      readonly executable: boolean;
    }
  | { readonly kind: "symlink"; readonly path: WorkspacePath; readonly target: string };

/** The digest of the canonical job specification. */
export function jobKey(job: JobSpec): Digest {
  return digestOfJson(job);
}

/** At most this many files in one input tree; more is refused with advice. */
export const TREE_ENTRIES_MAX = 50_000;
/** At most this many words in one command line. */
export const ARGV_MAX = 1_024;

const argvSchema = z.array(z.string().max(65_536)).min(1).max(ARGV_MAX);
export const jobLimitsSchema: z.ZodType<JobLimits> = z.strictObject({
  wallMs: durationMsSchema,
  memoryBytes: bytesSchema,
  outputBytes: bytesSchema,
});
const dependenciesSchema: z.ZodType<Dependencies> = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("nothing") }),
  z.strictObject({ kind: z.literal("install-step"), argv: argvSchema }),
  z.strictObject({ kind: z.literal("folders"), paths: z.array(workspacePathSchema).min(1).max(64) }),
]);

const commandJob = z.strictObject({
  kind: z.literal("command"),
  argv: argvSchema,
  folder: z.union([z.literal("."), workspacePathSchema]),
  tree: digestSchema,
  dependencies: dependenciesSchema,
  outputs: z.array(z.string().min(1).max(1_024)).max(256),
  limits: jobLimitsSchema,
});
export const commandJobSchema: z.ZodType<CommandJob> = commandJob;

export const jobSpecSchema: z.ZodType<JobSpec> = z.discriminatedUnion("kind", [
  commandJob,
  z.strictObject({
    kind: z.literal("ask"),
    model: digestSchema,
    prompt: digestSchema,
    outputTokensMax: z.number().int().min(1).max(1_000_000),
    temperatureMilli: z.number().int().min(0).max(2_000),
    seed: z.number().int().min(0).max(0xffff_ffff),
    limits: jobLimitsSchema,
  }),
]);

export const treeEntrySchema: z.ZodType<TreeEntry> = z.discriminatedUnion("kind", [
  z.strictObject({
    kind: z.literal("file"),
    path: workspacePathSchema,
    digest: digestSchema,
    bytes: bytesSchema,
    executable: z.boolean(),
  }),
  z.strictObject({ kind: z.literal("symlink"), path: workspacePathSchema, target: z.string().min(1).max(4_096) }),
]);

export const treeManifestSchema: z.ZodType<TreeManifest> = z.strictObject({
  kind: z.literal("tree"),
  entries: z.array(treeEntrySchema).max(TREE_ENTRIES_MAX),
});

export const chatMessagesSchema: z.ZodType<readonly ChatMessage[]> = z
  .array(z.strictObject({ role: z.enum(["system", "user", "assistant"]), content: z.string() }))
  .min(1)
  .max(1_024);
