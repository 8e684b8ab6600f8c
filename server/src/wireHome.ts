// Wires the core to its shells: effects to those who perform them, messages of nodes to the attempt desk, frames to
// followers. All arrows between the parts of a running Home are in this file.
import type { Command, Requester } from "#protocol/commands.ts";
import type { Refusal } from "#protocol/errors.ts";
import type { JournalEvent } from "#protocol/events.ts";
import { instanceId, type NodeId, proposalId } from "#protocol/ids.ts";
import { egressOrigin } from "#protocol/ledger/checkpointNote.ts";
import type { Frontier } from "#protocol/ledger/merkleTree.ts";
import type { EpochMs, Sequence } from "#protocol/quantities.ts";
import type { ReadOnlyView } from "#protocol/wire/clientViews.ts";
import { PROTOCOL_VERSION } from "#protocol/wire/version.ts";
import type { WorkerMessage } from "#protocol/wire/worker.ts";
import type { SweptBlobStore } from "#platform/blobs/blobStore.ts";
import type { Identity } from "#platform/identity/identityFile.ts";
import type { HeldLeaves } from "#platform/identity/leafFile.ts";
import { join } from "node:path";
import { diagnoseApi } from "./adapters/api/diagnoseApi.ts";
import { egressApi } from "./adapters/api/egressApi.ts";
import { episodeApi } from "./adapters/api/episodeApi.ts";
import { inspectApi } from "./adapters/api/inspectApi.ts";
import { ledgerApi } from "./adapters/api/ledgerApi.ts";
import { leaseApi } from "./adapters/api/leaseApi.ts";
import { classesApi } from "./adapters/api/classesApi.ts";
import { neverLeavesApi } from "./adapters/api/neverLeavesApi.ts";
import { nodeApi, turnClusteringOn } from "./adapters/api/nodeApi.ts";
import { policyApi } from "./adapters/api/policyApi.ts";
import { removeDiscarded, resultApi } from "./adapters/api/resultApi.ts";
import { proposalApi } from "./adapters/api/proposalApi.ts";
import { recordsApi } from "./adapters/api/recordsApi.ts";
import { requestApi } from "./adapters/api/requestApi.ts";
import { stagedApi } from "./adapters/api/stagedApi.ts";
import type { HomeServices } from "./adapters/api/services.ts";
import { timelineApi } from "./adapters/api/timelineApi.ts";
import { AttemptDesk, type AttemptMessage } from "./adapters/attempts/attemptDesk.ts";
import type { LinkFault } from "./adapters/attempts/linkFault.ts";
import type { HomeApi } from "./adapters/clientServer/homeApi.ts";
import { ownerSecretProblem } from "./adapters/clientServer/ownerSecret.ts";
import { ClosingStack } from "./adapters/closingStack.ts";
import { FindingsCache } from "./adapters/collect/findingsCache.ts";
import type { WorkspaceRedaction } from "./adapters/collect/workspaceRedaction.ts";
import { createSecretDetector } from "./adapters/collect/secretDetector.ts";
import type { Followers } from "./adapters/followers.ts";
import type { HomeLog } from "./adapters/homeLog.ts";
import { InTurn } from "./adapters/inTurn.ts";
import { EgressTree } from "./adapters/ledger/egressTree.ts";
import { LedgerDesk } from "./adapters/ledger/ledgerDesk.ts";
import { Witnesses } from "./adapters/ledger/witnesses.ts";
import { LeaseWatch } from "./adapters/leaseWatch.ts";
import type { LocalEngines } from "./adapters/localNode/localEngines.ts";
import { createLocalNode, type LocalNodeOptions } from "./adapters/localNode/localNode.ts";
import { mint } from "./adapters/mint.ts";
import type { OutputFiles } from "./adapters/outputFiles.ts";
import { ReportLine } from "./adapters/reportLine.ts";
import { DeniedOffloads } from "./adapters/policy/pastOffloads.ts";
import { PolicyDesk } from "./adapters/policy/policyDesk.ts";
import { policyFiles } from "./adapters/policy/policyFiles.ts";
import { selfTest } from "./adapters/selfTest/selfTest.ts";
import { selfTestSteps } from "./adapters/selfTest/selfTestSteps.ts";
import { settleUnfinished } from "./adapters/staging/actionRuns.ts";
import type { SteadyClock } from "./adapters/steadyClock.ts";
import { collectStorage } from "./adapters/storage/collectStorage.ts";
import { ViewOnDemand } from "./adapters/view/viewOnDemand.ts";
import { Clustering } from "./adapters/workers/clustering.ts";
import { HomeLeaf } from "./adapters/workers/homeLeaf.ts";
import { heartbeatTimes, WorkerLinks } from "./adapters/workers/workerLinks.ts";
import type { Effect } from "./home/effects.ts";
import { Home } from "./home/home.ts";
import { liveAttempts } from "./home/job/state.ts";
import type { Journal } from "./home/journalPort.ts";
import type { NodeChannel } from "./home/nodeChannel.ts";
import { resume } from "./home/resume.ts";
import type { HomeState } from "./home/state.ts";

export interface HomeParts {
  readonly state: HomeState;
  /** The tree of the egress ledger, as of the same frame. */
  readonly ledger: Frontier;
  readonly journal: Journal<JournalEvent>;
  readonly identity: Identity;
  readonly leaves: HeldLeaves;
  readonly blobs: SweptBlobStore;
  readonly outputs: OutputFiles;
  readonly engines: LocalNodeOptions["engines"];
  /** What the doctor says of this machine. */
  readonly examine: LocalEngines["examine"];
  readonly homeFolder: string;
  readonly invitesFolder: string;
  readonly workspaceFolder: string;
  readonly now: () => EpochMs;
  readonly steady: SteadyClock;
  readonly log: HomeLog;
  readonly redaction: WorkspaceRedaction;
  readonly onStop: () => void;
  /** Outlive this Home where its journal has to be opened again. */
  readonly followers: Followers;
  /** Told of every durable frame. */
  readonly onDurable: (sequence: Sequence) => void;
  /** Why the Home serves reading only, if it does, and the way out of it. */
  readonly readOnly: () => ReadOnlyView | undefined;
  readonly reopen: () => Promise<Refusal | Record<string, never>>;
}

export interface WiredHome {
  readonly api: HomeApi;
  /** As of the last durable frame. */
  readonly state: () => HomeState;
  readonly ledger: () => Frontier;
  /** Whether anything runs that must not end with the last client. */
  readonly busy: () => boolean;
  /** Does what a start owes the world. Nothing acts before. */
  begin(signal: AbortSignal): Promise<void>;
  dispose(): Promise<void>;
}

const HOME: Requester = { client: "home", session: "home" };

export async function wireHome(parts: HomeParts): Promise<WiredHome> {
  const { blobs, outputs, identity, leaves, now, steady, journal, log, homeFolder, workspaceFolder, followers } = parts;
  const onTrouble = (what: string, error: unknown): void => log.trouble(what, error);
  const origin = egressOrigin(parts.state.identity.workspaceId);
  const tree = new EgressTree({ frontier: parts.ledger, origin, privateKey: identity.privateKey });
  const findings = await FindingsCache.open(join(homeFolder, "findings.json"));
  const home = new Home(parts.state, {
    journal,
    perform: (effect) => perform(effect),
    onDurable: (frame) => {
      tree.take(frame.events);
      parts.onDurable(frame.sequence);
      followers.wake();
      leaseWatch.look();
      reports.wake();
    },
    // The journal tells whoever opens it again, and that is said there.
    onReadOnly: () => reports.wake(),
  });
  const ending = new AbortController();
  const reports = new ReportLine(home, ending.signal);
  const channelOf = (nodeId: NodeId): NodeChannel | undefined =>
    nodeId === identity.nodeId ? localNode : links.channelOf(nodeId);
  const desk = new AttemptDesk({
    home: () => reports,
    blobs,
    outputs,
    now,
    steady,
    mintProposalId: () => mint(proposalId),
    channelOf,
    onTrouble,
  });
  const localNode = createLocalNode({
    identity,
    engines: parts.engines,
    blobs,
    folder: homeFolder,
    onMessage: (message, bytes) => receiveLocal(message, bytes),
    log: (fact, detail) => log.info(fact, detail),
  });
  const leaf = new HomeLeaf({
    leaves,
    now,
    onNext: (next) => links.announce(next),
    onSwitched: () => clustering.refreshTrust(),
    onTrouble,
  });
  const view = new ViewOnDemand(journal, parts.state.identity);
  const witnesses = await Witnesses.open({ folder: homeFolder, origin, onTrouble });
  const ledger = new LedgerDesk({ tree, witnesses, view, now });
  const links = new WorkerLinks({
    home: () => reports,
    identity,
    nextLeaf: () => leaf.next,
    now,
    nowMs: () => performance.now(),
    times: heartbeatTimes(process.env),
    receive: (channel, message, bytes) => receive(channel, message, bytes),
    resume: (offer) => desk.resume(offer),
    transfers: () => desk.crossings.transfers(),
    ledger,
    onFault: (code, detail, nodeId) => clustering.recordRefusal(code, detail, nodeId),
    onTrouble,
  });
  const leaseWatch = new LeaseWatch({ home: () => reports, now, steady, onTrouble });
  const { invitesFolder } = parts;
  const steps = selfTestSteps(homeFolder, now);
  const clustering = new Clustering({
    home: () => reports,
    identity,
    leaf,
    invitesFolder,
    now,
    selfTest: () => selfTest(steps, ending.signal),
    links,
    onTrouble,
  });

  /** While the disk is too slow for what was reported, no node is heard further. */
  async function receive(channel: NodeChannel, message: AttemptMessage, bytes: Uint8Array): Promise<LinkFault> {
    await reports.empty();
    return desk.receive(channel, message, bytes);
  }

  async function receiveLocal(message: WorkerMessage, bytes: Uint8Array): Promise<void> {
    if (!("attemptId" in message)) return;
    const fault = await receive(localNode, message, bytes);
    if (fault !== undefined) onTrouble("the local node broke the protocol", fault);
  }

  function perform(effect: Effect): void {
    const performed = performing(effect);
    performed.catch((error: unknown) => onTrouble(`performing ${effect.kind}`, error));
  }

  async function performing(effect: Effect): Promise<void> {
    switch (effect.kind) {
      case "SendOffer":
        return desk.sendOffer(effect);
      case "CancelAttempt":
      case "SettleAttempt":
        return desk.end(effect);
      case "OpenListener":
      case "CloseListener":
      case "RefreshTrust":
      case "AnswerEnrolment":
      case "CutNode":
        return clustering.perform(effect);
      case "AwaitNode":
        return links.await(effect.nodeId, "it has not come back since the Home restarted");
    }
  }

  async function connectLocalNode(signal: AbortSignal): Promise<void> {
    const capabilities = await localNode.capabilities(signal);
    const connect: Command = {
      kind: "connect-node",
      at: now(),
      by: HOME,
      nodeId: identity.nodeId,
      instanceId: mint(instanceId),
      capabilities,
      held: [],
      transfers: [],
    };
    const executed = await reports.execute(connect);
    if (executed.kind === "refusal") onTrouble("connecting the local node", executed);
  }

  await leaf.watch();
  const applying = new InTurn();
  const services: HomeServices = {
    home,
    view,
    tree,
    witnesses,
    journal,
    blobs,
    outputs,
    crossings: desk.crossings,
    detector: createSecretDetector(findings),
    redaction: parts.redaction,
    workspaceFolder,
    now,
    steady,
    applying,
    freshPolicy: () => policy.look(),
    deniedOffloads: new DeniedOffloads(),
    adoptPolicy: (text, by, basedOn) => policy.adopt(text, by, basedOn),
    turnClusteringOn: (by) => turnClusteringOn(services, clustering, by),
    presenceOf: (nodeId) => links.presenceOf(nodeId),
  };
  const files = policyFiles(homeFolder, workspaceFolder);
  const policy = new PolicyDesk({ services, files, onTrouble });
  let begun: () => void = () => undefined;
  const hasBegun = new Promise<void>((resolve) => (begun = resolve));
  const episodes = episodeApi(services);
  const staged = stagedApi(services);
  const api: HomeApi = {
    ...timelineApi(services),
    ...egressApi(services),
    ...neverLeavesApi(services),
    ...classesApi(services),
    ...policyApi(services, policy, files),
    ...inspectApi(services),
    ...ledgerApi(services),
    ...recordsApi(services),
    ...leaseApi(services),
    ...episodes,
    // A Home whose journal was opened again has clients before it has looked at its engines: what they start would be lost.
    startEpisode: async (params, session) => {
      await hasBegun;
      return episodes.startEpisode(params, session);
    },
    ...requestApi(services),
    ...nodeApi(services, clustering),
    ...proposalApi(services),
    ...resultApi(services),
    ...staged,
    approveStaged: async (params, session) => {
      await hasBegun;
      return staged.approveStaged(params, session);
    },
    ...diagnoseApi({
      services,
      homeFolder,
      clustering,
      readOnly: parts.readOnly,
      selfTest: (signal) => selfTest(steps, AbortSignal.any([signal, ending.signal])),
      ownerSecretProblem: () => ownerSecretProblem(homeFolder),
      examine: parts.examine,
    }),
    stopHome: async () => {
      setImmediate(parts.onStop);
      return {};
    },
    reopenJournal: () => parts.reopen(),
    collectStorage: ({ dryRun }, { signal }) => {
      const recorded = new Set<string>(liveAttempts(home.state.jobs).map(({ attempt }) => attempt.attemptId));
      const isLive = (id: string): boolean => desk.holds(id) || recorded.has(id);
      return collectStorage({ journal, blobs, outputs, now, isLive }, dryRun, signal);
    },
    hello: () => {
      const { listening, problem } = clustering;
      const off = problem === undefined ? {} : { reason: `${problem.message} ${problem.advice}` };
      const readOnly = parts.readOnly();
      const { paused } = home.state.egress;
      return {
        v: PROTOCOL_VERSION,
        workspaceId: home.state.identity.workspaceId,
        workspaceFolder,
        homeId: identity.nodeId,
        processId: process.pid,
        lastSequence: journal.durableSequence,
        clustering: listening === undefined ? { on: false, ...off } : { on: true, ...listening },
        ...(paused === undefined ? {} : { offloadsPaused: { since: paused.at, by: paused.by } }),
        ...(readOnly === undefined ? {} : { readOnly }),
      };
    },
    onDurable: (listener) => followers.add(listener),
  };

  return {
    api,
    state: () => home.state,
    ledger: () => tree.frontier,
    busy: () => liveAttempts(home.state.jobs).length > 0,
    begin: async (signal) => {
      try {
        leaseWatch.look();
        policy.begin();
        for (const effect of resume(parts.state)) perform(effect);
        await settleUnfinished(services, parts.state);
        await removeDiscarded(parts.state, outputs).catch((error: unknown) =>
          onTrouble("removing what was discarded", error),
        );
        await connectLocalNode(signal);
      } finally {
        begun();
      }
    },
    dispose: async () => {
      begun();
      const closing = new ClosingStack();
      closing.defer(() => findings.save());
      closing.defer(() => localNode.dispose());
      closing.defer(() => clustering.close());
      closing.defer(() => links.dispose());
      closing.defer(() => leaf.dispose());
      closing.defer(() => ending.abort());
      closing.defer(() => view.dispose());
      closing.defer(() => policy[Symbol.asyncDispose]());
      closing.defer(() => witnesses.settled());
      closing.defer(() => leaseWatch[Symbol.dispose]());
      // The next life may be asked for another proposal: no two of them ever write into the workspace at once.
      closing.defer(() => applying.settled());
      await closing.close();
    },
  };
}
