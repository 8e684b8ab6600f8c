// Turns what a client asks for into a job whose bytes are in blobs, collected and classified for where it will run.
// What leaves is what was collected here: nothing serialises it again afterwards.
import { canonicalJson } from "#protocol/canonicalJson.ts";
import { highestClass, type PathClass } from "#protocol/classes.ts";
import type { Classification, LeftOut, PreviewItem } from "#protocol/egress.ts";
import { type Refusal, refuse } from "#protocol/errors.ts";
import type { AskJob, ChatMessage, CommandJob, JobLimits, JobSpec, TreeManifest } from "#protocol/job.ts";
import { byteCount, durationMs } from "#protocol/quantities.ts";
import type { EpisodeRequest } from "#protocol/wire/clientViews.ts";
import type { BlobStore } from "#platform/blobs/blobStore.ts";
import { treeOf } from "../attempts/blobService.ts";
import type { Placement } from "../../home/scheduler/place.ts";
import { collectTree } from "../collect/inputTree.ts";
import type { PreviewedJob } from "../collect/previewDocument.ts";
import { promptItem } from "../collect/promptItem.ts";
import { detectSecrets } from "../collect/secretDetector.ts";
import type { HomeServices } from "./services.ts";

export interface CollectedJob {
  readonly kind: "collected";
  readonly previewed: PreviewedJob;
  readonly items: readonly PreviewItem[];
  readonly leftOut: readonly LeftOut[];
  /** Every path that is sent or named in what is sent. */
  readonly paths: readonly string[];
  /** Settles when all its bytes are durable; no frame that names them may be so before. */
  readonly durable: Promise<void>;
}

/** A command may run this long unless the client says otherwise; the most it may say. */
export const WALL_MS_DEFAULT: number = 10 * 60_000;
export const WALL_MS_MAX: number = 24 * 60 * 60_000;
export const MEMORY_BYTES_DEFAULT: number = 4 * 1024 ** 3;
export const OUTPUT_BYTES_DEFAULT: number = 8 * 1024 ** 2;
export const OUTPUT_TOKENS_DEFAULT = 256;

export const DEFAULT_SYSTEM_PROMPT = "You are a helpful assistant.";

const LOCAL = { kind: "local" } as const;

/** What collecting needs of the Home. */
export interface JobServices extends Pick<HomeServices, "workspaceFolder" | "blobs" | "detector" | "redaction"> {
  /** Globs of what the owner marked. */
  readonly neverLeaves: readonly string[];
  /** What marks and derivation say of the class of paths. */
  readonly classOf: (path: string) => PathClass;
}

export async function collectJob(
  services: JobServices,
  request: EpisodeRequest,
  placed: Placement,
  signal: AbortSignal,
): Promise<CollectedJob | Refusal> {
  const collected =
    request.kind === "command"
      ? await collectCommand(services, request, placed, signal)
      : await collectAsk(services, request, placed, signal);
  if (collected.kind === "refusal" || placed.local) return collected;
  // For titles, logs and diagnoses, which wait for no file.
  services.redaction.refreshLater();
  // The specification leaves as well: a token typed into a command line is a secret like any other.
  const finding = (await detectSecrets(canonicalJson(collected.previewed.job), signal))[0];
  if (finding === undefined) return collected;
  return refuse(
    "command-has-secret",
    `The command itself may not leave this machine: it holds what looks like a secret (${finding.rule}).`,
    "Take it out of the command line, or run it here (--on local).",
  );
}

async function collectCommand(
  { workspaceFolder, blobs, detector, neverLeaves, classOf }: JobServices,
  request: EpisodeRequest & { kind: "command" },
  placed: Placement,
  signal: AbortSignal,
): Promise<CollectedJob | Refusal> {
  const wallMs = request.wallMs ?? durationMs(WALL_MS_DEFAULT);
  if (wallMs <= 0 || wallMs > WALL_MS_MAX) {
    return refuse("limit-invalid", "A command may run from a moment to 24 hours.", "Choose a time between them.");
  }
  const { folder, dependencies } = request;
  const outside = request.outputs.find((glob) => glob.startsWith("/") || glob.split("/").includes(".."));
  if (outside !== undefined) return outsideWorkspace(outside);
  const leaveOut = request.leaveOut ?? [];
  const destination = placed.local ? "local" : "remote";
  const tree = await collectTree(
    { workspaceFolder, folder, dependencies, leaveOut, neverLeaves, classOf, destination, blobs, detector },
    signal,
  );
  const memoryBytes = request.memoryBytes ?? byteCount(MEMORY_BYTES_DEFAULT);
  const job: CommandJob = {
    kind: "command",
    argv: request.argv,
    folder,
    tree: tree.tree.digest,
    dependencies,
    outputs: request.outputs,
    limits: { wallMs, memoryBytes, outputBytes: byteCount(OUTPUT_BYTES_DEFAULT) },
  };
  return {
    kind: "collected",
    previewed: { job },
    items: tree.items,
    leftOut: tree.leftOut,
    paths: pathsIn(tree.manifest),
    durable: Promise.resolve(),
  };
}

async function collectAsk(
  { blobs, redaction }: JobServices,
  request: EpisodeRequest & { kind: "ask" },
  placed: Placement,
  signal: AbortSignal,
): Promise<CollectedJob | Refusal> {
  if (placed.model === undefined) throw new Error("an ask was placed without a model");
  const messages: readonly ChatMessage[] = [
    { role: "system", content: request.system ?? DEFAULT_SYSTEM_PROMPT },
    { role: "user", content: request.prompt },
  ];
  // What stays here is not redacted, and does not wait until the workspace's files were looked through.
  const destination = placed.local ? LOCAL : ({ kind: "remote", redactor: await redaction.refreshed(signal) } as const);
  const prompt = await promptItem(messages, destination, blobs, signal);
  if (prompt.kind === "refusal") return prompt;
  const limits: JobLimits = {
    wallMs: durationMs(WALL_MS_DEFAULT),
    memoryBytes: byteCount(MEMORY_BYTES_DEFAULT),
    outputBytes: byteCount(OUTPUT_BYTES_DEFAULT),
  };
  const job: AskJob = {
    kind: "ask",
    model: placed.model.digest,
    prompt: prompt.prompt.digest,
    outputTokensMax: request.outputTokensMax ?? OUTPUT_TOKENS_DEFAULT,
    temperatureMilli: request.temperatureMilli ?? 0,
    seed: request.seed ?? 0,
    limits,
  };
  const { item, removed } = prompt;
  const previewed = { job, removed, unknownSecrets: redaction.unknownSecrets };
  return { kind: "collected", previewed, items: [item], leftOut: [], paths: [], durable: prompt.prompt.durable };
}

/** The highest class of what a job is given, as its facts carry it: absent for internal. */
export function inputClassOf(items: readonly PreviewItem[]): { readonly inputClass?: Classification } {
  const inputClass = highestClass(items.map(({ classification }) => classification));
  return inputClass === "internal" ? {} : { inputClass };
}

/** The same paths for a job that was collected before: its tree, which its digest commits to, has them. */
export async function pathsOfJob(job: JobSpec, blobs: BlobStore): Promise<readonly string[]> {
  return job.kind === "ask" ? [] : pathsIn(await treeOf(job, blobs));
}

/** Links as well: their names and targets are in the list of files. */
function pathsIn({ entries }: TreeManifest): readonly string[] {
  return entries.map(({ path }) => path);
}

function outsideWorkspace(path: string): Refusal {
  return refuse(
    "path-outside-workspace",
    `${JSON.stringify(path)} lies outside the workspace, and nothing there is sent or comes back.`,
    "Name it relative to the workspace, without .. and without a leading slash.",
  );
}
