// Turns the messages of an `ask` into the blob that is sent and the item that the preview shows.
// For another machine they are the redactor's output and nothing else: nothing serialises them again, and the digest that
// the owner approves is of those bytes. What another detector still finds in them is refused, and stored nowhere.
import type { BeginningBlobStore, BegunBlob } from "#platform/blobs/blobStore.ts";
import type { Redactor } from "#platform/redaction/redactor.ts";
import { canonicalJson } from "#protocol/canonicalJson.ts";
import type { PreviewItem, RemovedSecret } from "#protocol/egress.ts";
import { type Refusal, refuse } from "#protocol/errors.ts";
import type { ChatMessage } from "#protocol/job.ts";
import { detectSecrets } from "./secretDetector.ts";

export interface CollectedPrompt {
  readonly kind: "prompt";
  /** What names it becomes durable together with it. */
  readonly prompt: BegunBlob;
  readonly item: PreviewItem;
  /** What the redactor took out. */
  readonly removed: readonly RemovedSecret[];
}

/** Where the prompt is answered. Only what leaves is redacted: a local prompt stays on this machine. */
export type PromptDestination = { readonly kind: "local" } | { readonly kind: "remote"; readonly redactor: Redactor };

/** How a prompt is called where people see what leaves. */
export const PROMPT_ITEM = "(prompt)";

/** Refuses with `prompt-has-secret` where a secret is found that the redactor does not know. */
export async function promptItem(
  messages: readonly ChatMessage[],
  destination: PromptDestination,
  blobs: BeginningBlobStore,
  signal: AbortSignal,
): Promise<CollectedPrompt | Refusal> {
  const sent = destination.kind === "local" ? { messages, removed: [] } : redacted(messages, destination.redactor);
  if (destination.kind === "remote") {
    const refusal = await secretLeft(sent.messages, signal);
    if (refusal !== undefined) return refusal;
  }
  const prompt = await blobs.begin(Buffer.from(canonicalJson(sent.messages), "utf8"));
  const item: PreviewItem = {
    path: PROMPT_ITEM,
    bytes: prompt.bytes,
    classification: "internal",
    digest: prompt.digest,
  };
  return { kind: "prompt", prompt, item, removed: sent.removed };
}

function redacted(
  messages: readonly ChatMessage[],
  redactor: Redactor,
): { readonly messages: readonly ChatMessage[]; readonly removed: readonly RemovedSecret[] } {
  const removed = new Map<string, RemovedSecret>();
  const sent = messages.map(({ role, content }) => {
    const { text, removed: here } = redactor.redact(content);
    for (const { rule, tag, times } of here) {
      const before = removed.get(`${rule} ${tag}`)?.times ?? 0;
      removed.set(`${rule} ${tag}`, { path: PROMPT_ITEM, rule, tag, times: before + times });
    }
    return { role, content: text };
  });
  return { messages: sent, removed: [...removed.values()] };
}

async function secretLeft(messages: readonly ChatMessage[], signal: AbortSignal): Promise<Refusal | undefined> {
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
  return undefined;
}
