// Drops the output and the blobs that nothing needs any more, or says what it would drop. The journal, and with it every
// ledger, stays whole. It must never drop what an open episode, a live attempt or a command on its way may read.
import type { SweptBlobStore } from "#platform/blobs/blobStore.ts";
import { type Digest, isDigest } from "#protocol/digest.ts";
import type { JournalEvent } from "#protocol/events.ts";
import { byteCount, type EpochMs, sequence } from "#protocol/quantities.ts";
import type { StorageView } from "#protocol/wire/clientViews.ts";
import type { Journal } from "../../home/journalPort.ts";
import type { OutputFiles } from "../outputFiles.ts";
import { digestsIn, EpisodeTraces } from "./retained.ts";

/** Documents that name other blobs (manifests, proposals, previews) are smaller; a larger blob is plain content. */
const DOCUMENT_BYTES_MAX: number = 64 * 1024 * 1024;

export interface StorageTerms {
  readonly journal: Pick<Journal<JournalEvent>, "read">;
  readonly blobs: SweptBlobStore;
  readonly outputs: Pick<OutputFiles, "attempts" | "remove">;
  readonly now: () => EpochMs;
  /** Attempts that run, whether or not the journal says so yet. */
  readonly isLive: (attemptId: string) => boolean;
}

/** Reads the whole journal once. Throws ArwError where a document that is needed cannot be read: then nothing is dropped. */
export async function collectStorage(terms: StorageTerms, dryRun: boolean, signal: AbortSignal): Promise<StorageView> {
  const { journal, blobs, outputs, now, isLive } = terms;
  // Candidates first: what is stored from here on is used, and what is used is not removed.
  const stored: { readonly digest: Digest; readonly bytes: number; readonly idle: boolean }[] = [];
  for await (const blob of blobs.all()) stored.push(blob);
  // Whoever runs now may not be in what the journal is about to say, and may have ended when it has said it.
  const written = [...(await outputs.attempts())].map(([attempt, bytes]) => ({
    attempt,
    bytes,
    live: isLive(attempt),
  }));
  const traces = new EpisodeTraces();
  for await (const { events } of journal.read(sequence(1), Number.MAX_SAFE_INTEGER)) {
    signal.throwIfAborted();
    for (const event of events) traces.note(event);
  }
  const retained = traces.retained(now());
  const needed = await closure(blobs, retained.digests, signal);
  const blobCount = { kept: 0, dropped: 0, droppedBytes: 0 };
  for (const { digest, bytes, idle } of stored) {
    signal.throwIfAborted();
    const drop = idle && !needed.has(digest) && (dryRun || (await blobs.removeIdle(digest)));
    count(blobCount, drop, bytes);
  }
  const outputCount = { kept: 0, dropped: 0, droppedBytes: 0 };
  for (const { attempt, bytes, live } of written) {
    const drop = !live && !retained.attempts.has(attempt);
    if (drop && !dryRun) await outputs.remove(attempt);
    count(outputCount, drop, bytes);
  }
  return { dryRun, blobs: viewOf(blobCount), outputs: viewOf(outputCount) };
}

/** The digests and all that the documents among them name, and those in turn. */
async function closure(
  blobs: SweptBlobStore,
  roots: ReadonlySet<string>,
  signal: AbortSignal,
): Promise<ReadonlySet<string>> {
  const needed = new Set<string>();
  const open = [...roots];
  for (let digest = open.pop(); digest !== undefined; digest = open.pop()) {
    if (needed.has(digest)) continue;
    needed.add(digest);
    signal.throwIfAborted();
    if (isDigest(digest)) open.push(...(await namedBy(blobs, digest)));
  }
  return needed;
}

async function namedBy(blobs: SweptBlobStore, digest: Digest): Promise<readonly string[]> {
  const bytes = await blobs.size(digest);
  if (bytes === undefined || bytes > DOCUMENT_BYTES_MAX) return [];
  const first = Buffer.from(await blobs.read(digest, byteCount(0), 1)).toString("latin1");
  if (first !== "{" && first !== "[") return [];
  return digestsIn(Buffer.from(await blobs.read(digest, byteCount(0), bytes)).toString("latin1"));
}

interface Count {
  kept: number;
  dropped: number;
  droppedBytes: number;
}

function count(into: Count, dropped: boolean, bytes: number): void {
  if (!dropped) into.kept++;
  else {
    into.dropped++;
    into.droppedBytes += bytes;
  }
}

function viewOf({ kept, dropped, droppedBytes }: Count): StorageView["blobs"] {
  return { kept, dropped, droppedBytes: byteCount(droppedBytes) };
}
