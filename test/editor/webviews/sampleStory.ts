// A morning at a workspace as its Home would tell it: a local run, an approved offload, a denied one, a failure, a worker that
// is lost, and an episode that still runs. For tests and screenshots; the same each time.
import { byteCount, durationMs, epochMs, sequence, tokenCount } from "#protocol/quantities.ts";
import type { JobOutcome } from "#protocol/result.ts";
import type { TimelineEntry } from "#protocol/timeline.ts";
import type { ShownEpisode } from "#protocol/webview/feed.ts";
import {
  attemptNumber,
  episodeNumber,
  jobNumber,
  leaseNumber,
  nodeNumber,
  previewNumber,
  proposalNumber,
} from "./sampleEntries.ts";

/** The start of the story: 09:12:00 UTC of some Monday. */
export const STORY_STARTS_AT: number = Date.UTC(2026, 10, 23, 9, 12, 0);

const LOCAL = { nodeId: nodeNumber(1), name: "local" };
const GPU_BOX = { nodeId: nodeNumber(2), name: "gpubox" };

type Told = Partial<Omit<TimelineEntry, "sequence" | "index" | "at">> & Pick<TimelineEntry, "kind" | "text">;

/** Tells entries one after the other: each call is a frame. */
class Teller {
  readonly entries: TimelineEntry[] = [];
  #at = STORY_STARTS_AT;
  #sequence = 0;

  tell(afterMs: number, ...told: readonly Told[]): void {
    this.#at += afterMs;
    this.#sequence += 1;
    for (const [index, entry] of told.entries()) {
      this.entries.push({ sequence: sequence(this.#sequence), index, at: epochMs(this.#at), level: "info", ...entry });
    }
  }
}

interface Story {
  readonly entries: readonly TimelineEntry[];
  readonly episodes: readonly ShownEpisode[];
}

export function sampleStory(): Story {
  const teller = new Teller();
  teller.tell(0, {
    kind: "ClusteringTurnedOn",
    text: "Clustering is on; workers reach this Home at 192.168.1.20:7443",
  });
  localRun(teller);
  joining(teller);
  offload(teller);
  denied(teller);
  running(teller);
  return { entries: teller.entries, episodes: storyEpisodes() };
}

function localRun(teller: Teller): void {
  const of = { corrId: episodeNumber(1), jobId: jobNumber(1) };
  const run = { ...of, attemptId: attemptNumber(1), where: LOCAL };
  teller.tell(
    4_000,
    { kind: "EpisodeStarted", corrId: of.corrId, text: "Started: npm run lint" },
    { ...of, kind: "JobQueued", text: "Queued npm run lint (sha256:0f3a91c22b7e)", level: "detail" },
    { ...of, kind: "JobPlaced", where: LOCAL, text: "Goes to local: this machine can do it (local-first)" },
    { ...run, kind: "JobOffered", text: "Offered to local", level: "detail" },
  );
  teller.tell(20, { ...run, kind: "JobAccepted", text: "Accepted", level: "detail" });
  teller.tell(35, { ...run, kind: "JobStarted", text: "Running" });
  teller.tell(2_100, outputOf(run, 1, 0, 1_824));
  const outcome: JobOutcome = { kind: "exited", exitCode: 0 };
  teller.tell(
    400,
    { ...run, kind: "JobFinished", text: "Finished: exit code 0" },
    { kind: "EpisodeFinished", corrId: of.corrId, text: "Ended: exit code 0", outcome },
  );
}

function joining(teller: Teller): void {
  teller.tell(40_000, { kind: "InviteCreated", text: "Invited a worker (inv_b3k7q2)" });
  teller.tell(31_000, {
    kind: "EnrolmentRequested",
    where: GPU_BOX,
    level: "attention",
    text: "gpubox asks to join; compare the words: kodub likos vuhaz tamin",
  });
  teller.tell(12_000, { kind: "NodeEnrolled", where: GPU_BOX, text: "Confirmed by the owner" });
  teller.tell(300, { kind: "NodeConnected", where: GPU_BOX, text: "Connected (version 0.1.0)" });
}

function offload(teller: Teller): void {
  const of = { corrId: episodeNumber(2), jobId: jobNumber(2) };
  const run = { ...of, attemptId: attemptNumber(2), where: GPU_BOX };
  const lease = leaseNumber(7);
  teller.tell(
    60_000,
    { kind: "EpisodeStarted", corrId: of.corrId, text: "Started: Fix flaky test" },
    { ...of, kind: "JobQueued", text: "Queued Fix flaky test (sha256:9f2c44d0a1be)", level: "detail" },
    {
      ...of,
      kind: "JobPlaced",
      where: GPU_BOX,
      text: "Goes to gpubox: needs 48k of context, and this machine's model stops at 32k (local-lacks-context)",
    },
    {
      ...of,
      kind: "EgressPreviewed",
      where: GPU_BOX,
      level: "attention",
      previewId: previewNumber(2),
      text: "Waits for the owner: 3 items, 18400 bytes would go to gpubox; 1204 stay here",
    },
  );
  teller.tell(
    21_500,
    { ...of, kind: "LeaseGranted", where: GPU_BOX, text: "Lease for gpubox, once, 10 min" },
    { ...run, kind: "LeaseReserved", text: "Reserved 18400 bytes of the lease", level: "detail" },
    {
      ...run,
      kind: "EgressRecorded",
      text: "Recorded: sha256:9f2c44d0a1be may leave for gpubox",
      crossing: { direction: "out", nodeId: GPU_BOX.nodeId, bytes: byteCount(18_400), leaseId: lease },
    },
    { ...run, kind: "JobOffered", text: "Offered to gpubox", level: "detail" },
  );
  teller.tell(180, { ...run, kind: "JobAccepted", text: "Accepted", level: "detail" });
  teller.tell(420, { ...run, kind: "JobStarted", text: "Running" });
  for (let range = 0; range < 6; range++) teller.tell(1_500, outputOf(run, range + 1, range * 640, 640, "text"));
  teller.tell(
    900,
    { ...run, kind: "JobFinished", text: "Finished: answered" },
    {
      ...run,
      kind: "ProposalReceived",
      level: "attention",
      proposalId: proposalNumber(2),
      text: "Proposes 2 changes; nothing is written before you apply it",
    },
    {
      ...of,
      kind: "EgressSettled",
      where: GPU_BOX,
      text: "Came back; 18400 bytes had left, receipt for sha256:4417aa0e9c31",
      crossing: { direction: "back", nodeId: GPU_BOX.nodeId, bytes: byteCount(4_130), leaseId: lease },
    },
    {
      ...run,
      kind: "ContributionMetered",
      level: "detail",
      text: "Metered 4600 tokens in, 912 out (engine-count); 9900 ms busy (exclusive-wall); 18400 bytes in, 4130 out",
    },
    {
      kind: "EpisodeFinished",
      corrId: of.corrId,
      text: "Ended: answered",
      outcome: { kind: "answered", stopReason: "end" },
    },
  );
  teller.tell(9_000, {
    kind: "ProposalApplied",
    corrId: of.corrId,
    proposalId: proposalNumber(2),
    text: "Applied the proposal to 2 files",
  });
}

function denied(teller: Teller): void {
  const of = { corrId: episodeNumber(3), jobId: jobNumber(3) };
  teller.tell(
    95_000,
    { kind: "EpisodeStarted", corrId: of.corrId, text: "Started: npm run report -- --format json" },
    { ...of, kind: "JobPlaced", where: GPU_BOX, text: "Goes to gpubox: you asked for gpubox (asked-for)" },
    {
      ...of,
      kind: "EgressPreviewed",
      where: GPU_BOX,
      level: "attention",
      previewId: previewNumber(3),
      text: "Waits for the owner: 14 items, 212000 bytes would go to gpubox; 3 stay here",
    },
  );
  const outcome: JobOutcome = {
    kind: "failed",
    code: "egress-denied",
    message: "The owner did not let it leave.",
    advice: "Run it here.",
  };
  teller.tell(
    14_000,
    {
      ...of,
      kind: "EgressRecorded",
      where: GPU_BOX,
      level: "attention",
      text: "Recorded: sending to gpubox denied (owner-denied); nothing left",
    },
    {
      ...of,
      kind: "JobFailed",
      level: "error",
      text: "Failed (egress-denied): The owner did not let it leave. Run it here: arw-home run --local.",
    },
    {
      kind: "EpisodeFinished",
      corrId: of.corrId,
      level: "error",
      text: "Ended: failed (egress-denied)",
      outcome,
    },
  );
}

function running(teller: Teller): void {
  const of = { corrId: episodeNumber(4), jobId: jobNumber(4) };
  const run = { ...of, attemptId: attemptNumber(4), where: GPU_BOX };
  teller.tell(
    30_000,
    { kind: "EpisodeStarted", corrId: of.corrId, text: "Started: npm test" },
    { ...of, kind: "JobPlaced", where: GPU_BOX, text: "Goes to gpubox: it is free and faster (idle-worker)" },
    {
      ...run,
      kind: "EgressRecorded",
      text: "Recorded: sha256:77ab01c9fe20 may leave for gpubox under a lease",
      crossing: { direction: "out", nodeId: GPU_BOX.nodeId, bytes: byteCount(1_204_000), leaseId: leaseNumber(8) },
    },
  );
  teller.tell(700, { ...run, kind: "JobStarted", text: "Running" });
  teller.tell(3_000, {
    kind: "LinkRefused",
    level: "error",
    text: "Closed a link (message-out-of-order): sequence 9 came after 7",
  });
  teller.tell(1_500, outputOf(run, 1, 0, 2_048));
}

function outputOf(
  run: Pick<TimelineEntry, "corrId" | "jobId" | "attemptId" | "where">,
  number: number,
  fromByte: number,
  bytes: number,
  stream: "stdout" | "text" = "stdout",
): Told {
  return {
    ...run,
    kind: "OutputAppended",
    level: "detail",
    text: `Output ${number} on ${stream}: ${bytes} bytes`,
    output: { stream, fromByte: byteCount(fromByte), bytes: byteCount(bytes) },
  };
}

function storyEpisodes(): readonly ShownEpisode[] {
  const startedAt = epochMs(STORY_STARTS_AT);
  return [
    { episodeId: episodeNumber(4), title: "npm test", state: "running", startedAt },
    {
      episodeId: episodeNumber(3),
      title: "npm run report -- --format json",
      state: "finished",
      startedAt,
    },
    {
      episodeId: episodeNumber(2),
      title: "Fix flaky test",
      state: "finished",
      startedAt,
      usage: {
        tokensIn: { tokens: tokenCount(4_600), method: "engine-count" },
        tokensOut: { tokens: tokenCount(912), method: "engine-count" },
        busy: { durationMs: durationMs(9_900), method: "exclusive-wall" },
        bytesIn: { bytes: byteCount(18_400), method: "byte-count" },
        bytesOut: { bytes: byteCount(4_130), method: "byte-count" },
      },
    },
    { episodeId: episodeNumber(1), title: "npm run lint", state: "finished", startedAt },
  ];
}
