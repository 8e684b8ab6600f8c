// Offloads whose preview documents are stored as a Home stores them, with the paths that a test names.
// It decides nothing: the documents are what `collect/` would have written.
import { canonicalJson } from "#protocol/canonicalJson.ts";
import { type Digest, digestOf } from "#protocol/digest.ts";
import type { EgressPreview } from "#protocol/egress.ts";
import { byteCount, durationMs } from "#protocol/quantities.ts";
import type { DeskBench } from "./deskBench.ts";
import { approve, deny, destinationOf, finished, idsOf, preview } from "./homeCommands.ts";
import { GPU, type TestNode } from "./homeScenario.ts";

export type SendEnd = "received" | "denied" | "open";

export function previewDocument(number: number, paths: readonly string[], node: TestNode = GPU): EgressPreview {
  const { previewId, episodeId, jobId } = idsOf(number);
  return {
    kind: "egress-preview",
    previewId,
    episodeId,
    jobId,
    title: `episode ${number}`,
    payload: digestOf(`payload ${number}`),
    payloadBytes: byteCount(1_000),
    items: paths.map((path) => ({ path, bytes: byteCount(10), classification: "internal", digest: digestOf(path) })),
    leftOut: [],
    destination: destinationOf(node),
    why: { rule: "offload-asks", localAlternative: "none" },
    cost: { kind: "unknown", reason: "it has no price card" },
    leaseMs: durationMs(600_000),
  };
}

/** Shows episode `number` with these paths and brings it to this end. Answers with the document's digest. */
export async function sent(
  bench: DeskBench,
  number: number,
  paths: readonly string[],
  end: SendEnd = "denied",
): Promise<Digest> {
  const { digest } = await bench.blobs.put(Buffer.from(canonicalJson(previewDocument(number, paths))));
  await bench.give(preview(number, GPU, { preview: digest }));
  await bench.give(end === "denied" ? deny(number) : approve(number, { digest }));
  if (end === "received") await bench.give(finished(number, GPU));
  return digest;
}
