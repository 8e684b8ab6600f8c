// As many timeline entries as a test wants, cheap to make: episodes of a few steps, some of which crossed or failed.
import { byteCount, epochMs, sequence } from "#protocol/quantities.ts";
import type { TimelineEntry } from "#protocol/timeline.ts";
import { attemptNumber, episodeNumber, jobNumber, leaseNumber, nodeNumber } from "./sampleEntries.ts";

const STARTS_AT = Date.UTC(2026, 10, 23, 9, 0, 0);
/** Entries of one episode. */
const EPISODE_ENTRIES = 20;

/** From entry `first` on; the same entry for the same number. */
export function manyEntries(count: number, first = 0): readonly TimelineEntry[] {
  return Array.from({ length: count }, (_, index) => entryNumber(first + index));
}

function entryNumber(number: number): TimelineEntry {
  const episode = Math.floor(number / EPISODE_ENTRIES);
  const step = number % EPISODE_ENTRIES;
  const where = { nodeId: nodeNumber(1 + (episode % 3)), name: episode % 3 === 0 ? "local" : `box-${episode % 3}` };
  const base = {
    sequence: sequence(number + 1),
    index: 0,
    at: epochMs(STARTS_AT + number * 40),
    level: "info",
    corrId: episodeNumber(episode),
  } as const;
  const of = { ...base, jobId: jobNumber(episode), where };
  const run = { ...of, attemptId: attemptNumber(episode) };
  if (step === 0) return { ...base, kind: "EpisodeStarted", text: `Started: episode ${episode}` };
  if (step === 1) return { ...of, kind: "JobPlaced", text: `Goes to ${where.name}: it is free (idle)` };
  if (step === 2 && episode % 3 > 0) {
    const crossing = {
      direction: "out",
      nodeId: where.nodeId,
      bytes: byteCount(episode + 1),
      leaseId: leaseNumber(1),
    } as const;
    return { ...run, kind: "EgressRecorded", text: `Recorded: may leave for ${where.name}`, crossing };
  }
  if (step === 3) return { ...run, kind: "JobStarted", text: "Running" };
  if (step === EPISODE_ENTRIES - 2) return { ...run, kind: "JobFinished", text: "Finished: exit code 0" };
  if (step === EPISODE_ENTRIES - 1) {
    const failed = episode % 7 === 6;
    return {
      ...base,
      kind: "EpisodeFinished",
      level: failed ? "error" : "info",
      text: failed ? "Ended: failed (node-lost)" : "Ended: exit code 0",
      outcome: failed
        ? { kind: "failed", code: "node-lost", message: "The node is gone.", advice: "Run it again." }
        : { kind: "exited", exitCode: 0 },
    };
  }
  return { ...run, kind: "JobAccepted", text: `Step ${step} of episode ${episode} on ${where.name}` };
}
