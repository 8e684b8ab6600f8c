// Makes the request again from the job that a preview commits to, so that the very same can run on this machine instead.
// What it cannot read it does not guess: then there is no request.
import { decodeJson } from "#protocol/decode.ts";
import type { EgressPreview } from "#protocol/egress.ts";
import { ArwError } from "#protocol/errors.ts";
import { type AskJob, type ChatMessage, type JobSpec, jobSpecSchema } from "#protocol/job.ts";
import * as z from "zod";
import type { EpisodeRequest } from "#protocol/wire/clientViews.ts";
import type { Home } from "../home/home.ts";
import { readSent } from "./sentBytes.ts";

/** A job's specification, or a prompt with its wrapping, is far shorter. */
const REQUEST_BYTES_MAX: number = 8 * 1024 * 1024;

const messagesSchema: z.ZodType<readonly ChatMessage[]> = z.array(
  z.strictObject({ role: z.enum(["system", "user", "assistant"]), content: z.string() }),
);

/** Undefined where the Home no longer has it. */
export async function sameRequest(
  home: Pick<Home, "call">,
  preview: EgressPreview,
): Promise<EpisodeRequest | undefined> {
  try {
    const job = await readJson(home, preview, preview.payload, jobSpecSchema);
    if (job === undefined) return undefined;
    if (job.kind === "command") return commandRequest(job);
    const messages = await readJson(home, preview, job.prompt, messagesSchema);
    return messages === undefined ? undefined : askRequest(job, messages);
  } catch (error) {
    if (error instanceof ArwError) return undefined;
    throw error;
  }
}

function commandRequest({
  argv,
  dependencies,
  folder,
  limits,
  outputs,
}: Extract<JobSpec, { kind: "command" }>): EpisodeRequest {
  const { memoryBytes, wallMs } = limits;
  return { kind: "command", argv, folder, outputs, dependencies, wallMs, memoryBytes };
}

/** A request has one prompt and at most one system text; anything else was not made by one. */
function askRequest(
  { model, outputTokensMax, seed, temperatureMilli }: AskJob,
  messages: readonly ChatMessage[],
): EpisodeRequest | undefined {
  const prompt = messages.at(-1);
  const [system] = messages.length === 2 ? messages : [];
  const isAsRequested = prompt?.role === "user" && (messages.length === 1 || system?.role === "system");
  if (!isAsRequested) return undefined;
  return {
    kind: "ask",
    prompt: prompt.content,
    ...(system === undefined ? {} : { system: system.content }),
    model,
    outputTokensMax,
    temperatureMilli,
    seed,
  };
}

async function readJson<T>(
  home: Pick<Home, "call">,
  { previewId }: EgressPreview,
  digest: EgressPreview["payload"],
  schema: z.ZodType<T>,
): Promise<T | undefined> {
  const bytes = await readSent(home, previewId, digest, REQUEST_BYTES_MAX);
  if (bytes === undefined) return undefined;
  const decoded = decodeJson(schema, new TextDecoder().decode(bytes));
  return decoded.ok ? decoded.value : undefined;
}
