// What the client API stands on: the Home and the shells around it, made once by the composition root.
import type { Requester } from "#protocol/commands.ts";
import type { JournalEvent } from "#protocol/events.ts";
import type { NodeId } from "#protocol/ids.ts";
import type { EpochMs } from "#protocol/quantities.ts";
import type { BeginningBlobStore } from "#platform/blobs/blobStore.ts";
import type { Home } from "../../home/home.ts";
import type { Refusal } from "#protocol/errors.ts";
import type { AdoptPolicyResult } from "#protocol/wire/policyViews.ts";
import type { Journal } from "../../home/journalPort.ts";
import type { NodePresence } from "../../home/node/view.ts";
import type { Crossings } from "../attempts/crossings.ts";
import type { ClientSession } from "../clientServer/homeApi.ts";
import type { InTurn } from "../inTurn.ts";
import type { EgressTree } from "../ledger/egressTree.ts";
import type { Witnesses } from "../ledger/witnesses.ts";
import type { ViewOnDemand } from "../view/viewOnDemand.ts";
import type { SecretDetector } from "../collect/secretDetector.ts";
import type { WorkspaceRedaction } from "../collect/workspaceRedaction.ts";
import type { DeniedOffloads } from "../policy/pastOffloads.ts";
import type { OutputFiles } from "../outputFiles.ts";
import type { SteadyClock } from "../steadyClock.ts";

/** Where the Home listens for its workers. */
export interface ListeningPlace {
  readonly host: string;
  readonly port: number;
}

export interface HomeServices {
  readonly home: Home;
  readonly journal: Journal<JournalEvent>;
  readonly blobs: BeginningBlobStore;
  /** All history, for questions that the state is too small for. */
  readonly view: ViewOnDemand;
  /** The egress ledger as a tree that others check. */
  readonly tree: EgressTree;
  /** What workers last saw of it. */
  readonly witnesses: Pick<Witnesses, "all">;
  readonly outputs: OutputFiles;
  readonly crossings: Crossings;
  readonly detector: SecretDetector;
  readonly redaction: WorkspaceRedaction;
  readonly workspaceFolder: string;
  readonly now: () => EpochMs;
  readonly steady: SteadyClock;
  /** Proposals that are being written into the workspace. */
  readonly applying: InTurn;
  /** Brings the policy up to date with its files; to be awaited before anything may leave. */
  readonly freshPolicy: () => Promise<void>;
  /** What policy denied at once. */
  readonly deniedOffloads: DeniedOffloads;
  /** Done for a yes that was given before, by shells that stand on these services themselves. */
  readonly adoptPolicy: (text: string, by: Requester, basedOn: number) => Promise<AdoptPolicyResult | Refusal>;
  readonly turnClusteringOn: (by: Requester) => Promise<ListeningPlace | Refusal>;
  readonly presenceOf: (nodeId: NodeId) => NodePresence | undefined;
}

export function requesterOf(session: ClientSession): Requester {
  return { client: session.client, session: session.owner ? "owner" : "client" };
}
