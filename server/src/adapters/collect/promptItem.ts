// Turns the messages of an `ask` into the blob that is sent and the item that the preview shows.
// For another machine a prompt that holds a secret is refused, and neither refusal nor blob store ever holds it.
import type { BeginningBlobStore, BegunBlob } from "#platform/blobs/blobStore.ts";
import { canonicalJson } from "#protocol/canonicalJson.ts";
import type { PreviewItem } from "#protocol/egress.ts";
import { type Refusal, refuse } from "#protocol/errors.ts";
import type { ChatMessage } from "#protocol/job.ts";
import { detectSecrets } from "./secretDetector.ts";

export interface CollectedPrompt {
  readonly kind: "prompt";
  /** What names it becomes durable together with it. */
  readonly prompt: BegunBlob;
  readonly item: PreviewItem;
}

/** How a prompt is called where people see what leaves. */
export const PROMPT_ITEM = "(prompt)";

/** Refuses with `prompt-has-secret`, only for `remote`: a local prompt stays on this machine. */
export async function promptItem(
  messages: readonly ChatMessage[],
  destination: "local" | "remote",
  blobs: BeginningBlobStore,
  signal: AbortSignal,
): Promise<CollectedPrompt | Refusal> {
  if (destination === "remote") {
    for (const { role, content } of messages) {
      const finding = (await detectSecrets(content, signal))[0];
      if (finding === undefined) continue;
      const where = `line ${finding.line} of the ${role} message`;
      return refuse(
        "prompt-has-secret",
        `The prompt may not leave this machine: ${where} ${finding.message} (${finding.rule}).`,
        "Take it out of the prompt, or ask on this machine.",
      );
    }
  }
  const prompt = await blobs.begin(Buffer.from(canonicalJson(messages), "utf8"));
  const item: PreviewItem = {
    path: PROMPT_ITEM,
    bytes: prompt.bytes,
    classification: "internal",
    digest: prompt.digest,
  };
  return { kind: "prompt", prompt, item };
}
