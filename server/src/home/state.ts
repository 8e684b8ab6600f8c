// What the Home knows: the sum of its events, kept small. Open episodes and a bounded number of finished ones; older facts
// are looked up in the journal by the shell. Values are never changed in place: `evolve` returns new ones.
import type { EgressState } from "./egress/state.ts";
import { noEgress } from "./egress/state.ts";
import type { EpisodesState } from "./episode/state.ts";
import { noEpisodes } from "./episode/state.ts";
import type { HomeIdentity } from "./identity.ts";
import type { JobsState } from "./job/state.ts";
import { noJobs } from "./job/state.ts";
import type { LeasesState } from "./lease/state.ts";
import { noLeases } from "./lease/state.ts";
import type { NodesState } from "./node/state.ts";
import { noNodes } from "./node/state.ts";
import type { StagingState } from "./staging/state.ts";
import type { PolicyState } from "./policy/state.ts";

export interface HomeState {
  readonly identity: HomeIdentity;
  readonly episodes: EpisodesState;
  readonly jobs: JobsState;
  readonly leases: LeasesState;
  readonly egress: EgressState;
  readonly nodes: NodesState;
  /** Absent until something is staged. */
  readonly staging?: StagingState;
  /** Absent until the owner adopts a document, or the workspace has one: until then the Home asks always. */
  readonly policy?: PolicyState;
}

export function initialState(identity: HomeIdentity): HomeState {
  return {
    identity,
    episodes: noEpisodes,
    jobs: noJobs,
    leases: noLeases,
    egress: noEgress,
    nodes: noNodes,
  };
}
