// Timeline entries for tests and screenshots: ids of the right form, and stories as a Home would tell them.
// It must stay deterministic: the same number gives the same entry.
import {
  type AttemptId,
  attemptId,
  type EpisodeId,
  episodeId,
  type JobId,
  jobId,
  type LeaseId,
  leaseId,
} from "#protocol/ids.ts";
import { type NodeId, nodeId, type PreviewId, previewId, type ProposalId, proposalId } from "#protocol/ids.ts";

const BODY_CHARACTERS = 26;
const ALPHABET = "abcdefghijklmnopqrstuvwxyz234567";

/** An id of the right form for each number. */
export function idOf(prefix: string, number: number): string {
  let rest = number;
  let body = "";
  while (body.length < BODY_CHARACTERS) {
    body = (ALPHABET[rest % ALPHABET.length] ?? "a") + body;
    rest = Math.floor(rest / ALPHABET.length);
  }
  return `${prefix}_${body}`;
}

export function episodeNumber(number: number): EpisodeId {
  return episodeId.schema.parse(idOf("ep", number));
}
export function jobNumber(number: number): JobId {
  return jobId.schema.parse(idOf("job", number));
}
export function attemptNumber(number: number): AttemptId {
  return attemptId.schema.parse(idOf("att", number));
}
export function nodeNumber(number: number): NodeId {
  return nodeId.schema.parse(idOf("node", number));
}
export function leaseNumber(number: number): LeaseId {
  return leaseId.schema.parse(idOf("lease", number));
}
export function previewNumber(number: number): PreviewId {
  return previewId.schema.parse(idOf("prev", number));
}
export function proposalNumber(number: number): ProposalId {
  return proposalId.schema.parse(idOf("prop", number));
}
