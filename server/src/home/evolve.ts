// Routes every event to the slices that it concerns. Total and exhaustive: a new event does not compile until it is routed.
import type { JournalEvent } from "#protocol/events.ts";
import { OwnMaps } from "./boundedMap.ts";
import { evolveEgress } from "./egress/evolve.ts";
import { evolveEpisodes } from "./episode/evolve.ts";
import { evolveJobs } from "./job/evolve.ts";
import { evolveLeases } from "./lease/evolve.ts";
import { evolveNodes } from "./node/evolve.ts";
import { evolveStaging } from "./staging/evolve.ts";
import { stagingOf } from "./staging/state.ts";
import { evolvePolicy } from "./policy/evolve.ts";
import type { HomeState } from "./state.ts";

export function evolve(state: HomeState, event: JournalEvent): HomeState {
  switch (event.kind) {
    case "EpisodeStarted":
    case "EpisodeFinished":
    case "ProposalReceived":
    case "ProposalApplied":
    case "ProposedFilesApplied":
    case "ResultReviewed":
      return { ...state, episodes: evolveEpisodes(state.episodes, event) };
    case "JobQueued":
      return {
        ...state,
        episodes: evolveEpisodes(state.episodes, event),
        jobs: evolveJobs(state.jobs, event),
      };
    case "JobPlaced":
    case "JobOffered":
    case "JobAccepted":
    case "JobStarted":
    case "OutputAppended":
    case "JobFinished":
    case "ContributionMetered":
      return { ...state, jobs: evolveJobs(state.jobs, event) };
    case "JobFailed":
    case "JobCancelled":
    case "EgressPreviewed":
    case "EgressRevised":
      return { ...state, jobs: evolveJobs(state.jobs, event), egress: evolveEgress(state.egress, event) };
    case "EgressRecorded":
      return {
        ...state,
        episodes: evolveEpisodes(state.episodes, event),
        egress: evolveEgress(state.egress, event),
      };
    case "EgressSettled":
    case "OffloadsPaused":
    case "OffloadsResumed":
    case "NeverLeavesMarked":
    case "NeverLeavesUnmarked":
    case "ClassMarked":
    case "ClassUnmarked":
    case "FilesDerived":
      return { ...state, egress: evolveEgress(state.egress, event) };
    case "PolicyAdopted":
    case "PolicyFileJudged":
    case "WorkspacePolicyRead":
      return { ...state, policy: evolvePolicy(state.policy, event) };
    case "LeaseGranted":
    case "LeaseReserved":
    case "LeaseCommitted":
    case "LeaseReleased":
    case "LeaseRevoked":
    case "LeaseExpired":
      return { ...state, leases: evolveLeases(state.leases, event) };
    case "ActionStaged":
    case "StagedEndorsed":
    case "StagedApproved":
    case "StagedRejected":
    case "StagedSuperseded":
    case "StagedWithdrawn":
    case "StagedEnded":
      return { ...state, staging: evolveStaging(stagingOf(state), event) };
    case "StagedBegun":
      return {
        ...state,
        staging: evolveStaging(stagingOf(state), event),
        leases: evolveLeases(state.leases, event),
      };
    case "ClusteringTurnedOn":
    case "ClusteringTurnedOff":
    case "ClusteringBlocked":
    case "InviteCreated":
    case "InviteReused":
    case "EnrolmentRequested":
    case "NodeEnrolled":
    case "EnrolmentRefused":
    case "NodeCertificateRotated":
    case "NodeConnected":
    case "NodeLost":
    case "NodeRevoked":
    case "LinkRefused":
      return { ...state, nodes: evolveNodes(state.nodes, event, state.identity) };
  }
}

/**
 * The state after these events, one after the other. Nobody sees the states between them, so a map of the state is copied
 * once and not once an event. A replay passes the same `own` for each frame: all its states but the last are its own.
 */
export function evolveAll(state: HomeState, events: readonly JournalEvent[], own: OwnMaps = new OwnMaps()): HomeState {
  return own.within(() => events.reduce(evolve, state));
}
