// Which function of the Home answers which method, and the one way through which every call goes:
// decode the parameters, hold the owner's methods shut, call, and turn a refusal into its error.
import { decode } from "#protocol/decode.ts";
import { ArwError, type Refusal } from "#protocol/errors.ts";
import { METHODS, type Method } from "#protocol/wire/client.ts";
import type { ClientSession, HomeApi, RoutedMethod } from "./homeApi.ts";

/** A method with its function; the types of parameters and result stay between the two. */
export interface Route {
  readonly owner: boolean;
  /** Resolves to the result. Throws ArwError for a refusal or bad parameters. */
  call(params: unknown, session: ClientSession): Promise<unknown>;
}

/** Every routed method by its name on the wire. */
export function routesOf(api: HomeApi): ReadonlyMap<string, Route> {
  const routes: Readonly<Record<RoutedMethod, readonly [string, Route]>> = {
    stopHome: route(METHODS.stopHome, (params, session) => api.stopHome(params, session)),
    diagnose: route(METHODS.diagnose, (params, session) => api.diagnose(params, session)),
    readTimeline: route(METHODS.readTimeline, (params, session) => api.readTimeline(params, session)),
    readOutput: route(METHODS.readOutput, (params, session) => api.readOutput(params, session)),
    startEpisode: route(METHODS.startEpisode, (params, session) => api.startEpisode(params, session)),
    cancelEpisode: route(METHODS.cancelEpisode, (params, session) => api.cancelEpisode(params, session)),
    showEpisode: route(METHODS.showEpisode, (params, session) => api.showEpisode(params, session)),
    showRequest: route(METHODS.showRequest, (params, session) => api.showRequest(params, session)),
    listEpisodes: route(METHODS.listEpisodes, (params, session) => api.listEpisodes(params, session)),
    readPreview: route(METHODS.readPreview, (params, session) => api.readPreview(params, session)),
    readPreviewItem: route(METHODS.readPreviewItem, (params, session) => api.readPreviewItem(params, session)),
    reviseEgress: route(METHODS.reviseEgress, (params, session) => api.reviseEgress(params, session)),
    itemChanges: route(METHODS.itemChanges, (params, session) => api.itemChanges(params, session)),
    approveEgress: route(METHODS.approveEgress, (params, session) => api.approveEgress(params, session)),
    denyEgress: route(METHODS.denyEgress, (params, session) => api.denyEgress(params, session)),
    inspectPaths: route(METHODS.inspectPaths, (params, session) => api.inspectPaths(params, session)),
    pauseOffloads: route(METHODS.pauseOffloads, (params, session) => api.pauseOffloads(params, session)),
    resumeOffloads: route(METHODS.resumeOffloads, (params, session) => api.resumeOffloads(params, session)),
    showPolicy: route(METHODS.showPolicy, (params, session) => api.showPolicy(params, session)),
    checkPolicy: route(METHODS.checkPolicy, (params, session) => api.checkPolicy(params, session)),
    explainPolicy: route(METHODS.explainPolicy, (params, session) => api.explainPolicy(params, session)),
    adoptPolicy: route(METHODS.adoptPolicy, (params, session) => api.adoptPolicy(params, session)),
    usePosture: route(METHODS.usePosture, (params, session) => api.usePosture(params, session)),
    policyHistory: route(METHODS.policyHistory, (params, session) => api.policyHistory(params, session)),
    listNeverLeaves: route(METHODS.listNeverLeaves, (params, session) => api.listNeverLeaves(params, session)),
    markNeverLeaves: route(METHODS.markNeverLeaves, (params, session) => api.markNeverLeaves(params, session)),
    unmarkNeverLeaves: route(METHODS.unmarkNeverLeaves, (params, session) => api.unmarkNeverLeaves(params, session)),
    listClasses: route(METHODS.listClasses, (params, session) => api.listClasses(params, session)),
    explainClasses: route(METHODS.explainClasses, (params, session) => api.explainClasses(params, session)),
    restrictClass: route(METHODS.restrictClass, (params, session) => api.restrictClass(params, session)),
    declareClass: route(METHODS.declareClass, (params, session) => api.declareClass(params, session)),
    clearClass: route(METHODS.clearClass, (params, session) => api.clearClass(params, session)),
    listEgress: route(METHODS.listEgress, (params, session) => api.listEgress(params, session)),
    listRecords: route(METHODS.listRecords, (params, session) => api.listRecords(params, session)),
    showRecord: route(METHODS.showRecord, (params, session) => api.showRecord(params, session)),
    showLedger: route(METHODS.showLedger, (params, session) => api.showLedger(params, session)),
    readLeaves: route(METHODS.readLeaves, (params, session) => api.readLeaves(params, session)),
    showReceipt: route(METHODS.showReceipt, (params, session) => api.showReceipt(params, session)),
    grantLease: route(METHODS.grantLease, (params, session) => api.grantLease(params, session)),
    listLeases: route(METHODS.listLeases, (params, session) => api.listLeases(params, session)),
    revokeLease: route(METHODS.revokeLease, (params, session) => api.revokeLease(params, session)),
    listNodes: route(METHODS.listNodes, (params, session) => api.listNodes(params, session)),
    createInvite: route(METHODS.createInvite, (params, session) => api.createInvite(params, session)),
    approveNode: route(METHODS.approveNode, (params, session) => api.approveNode(params, session)),
    refuseNode: route(METHODS.refuseNode, (params, session) => api.refuseNode(params, session)),
    revokeNode: route(METHODS.revokeNode, (params, session) => api.revokeNode(params, session)),
    showProposal: route(METHODS.showProposal, (params, session) => api.showProposal(params, session)),
    readProposedFile: route(METHODS.readProposedFile, (params, session) => api.readProposedFile(params, session)),
    applyProposal: route(METHODS.applyProposal, (params, session) => api.applyProposal(params, session)),
    listResults: route(METHODS.listResults, (params, session) => api.listResults(params, session)),
    showResult: route(METHODS.showResult, (params, session) => api.showResult(params, session)),
    reviewResult: route(METHODS.reviewResult, (params, session) => api.reviewResult(params, session)),
    listStaged: route(METHODS.listStaged, (params, session) => api.listStaged(params, session)),
    showStaged: route(METHODS.showStaged, (params, session) => api.showStaged(params, session)),
    approveStaged: route(METHODS.approveStaged, (params, session) => api.approveStaged(params, session)),
    rejectStaged: route(METHODS.rejectStaged, (params, session) => api.rejectStaged(params, session)),
    withdrawStaged: route(METHODS.withdrawStaged, (params, session) => api.withdrawStaged(params, session)),
    endorseStaged: route(METHODS.endorseStaged, (params, session) => api.endorseStaged(params, session)),
    reviseStaged: route(METHODS.reviseStaged, (params, session) => api.reviseStaged(params, session)),
    turnClusteringOn: route(METHODS.turnClusteringOn, (params, session) => api.turnClusteringOn(params, session)),
    turnClusteringOff: route(METHODS.turnClusteringOff, (params, session) => api.turnClusteringOff(params, session)),
    reopenJournal: route(METHODS.reopenJournal, (params, session) => api.reopenJournal(params, session)),
    collectStorage: route(METHODS.collectStorage, (params, session) => api.collectStorage(params, session)),
  };
  return new Map(Object.values(routes));
}

/** Throws ArwError `params-invalid` with the JSON path of what is wrong. */
export function decodeParams<Params, Result>(method: Method<Params, Result>, params: unknown): Params {
  const decoded = decode(method.params, params ?? {});
  if (decoded.ok) return decoded.value;
  throw new ArwError(
    "params-invalid",
    `The parameters of ${method.name} are not valid: ${decoded.path} ${decoded.problem}.`,
    `Send ${method.name} as docs/protocol.md says.`,
  );
}

function route<Params, Result extends object>(
  method: Method<Params, Result>,
  run: (params: Params, session: ClientSession) => Promise<Result | Refusal>,
): readonly [string, Route] {
  const call = async (params: unknown, session: ClientSession): Promise<unknown> => {
    // Checked before the parameters: whoever may not call learns nothing of what the call would accept.
    // What stages is decided behind the border: there it becomes a question to the owner, never the thing itself.
    if (method.owner && !method.stages && !session.owner) throw ownerSessionRequired(method.name);
    const result: Result | Refusal = await run(decodeParams(method, params), session);
    if (isRefusal(result)) throw new ArwError(result.code, result.message, result.advice);
    return result;
  };
  return [method.name, { owner: method.owner, call }];
}

function isRefusal(result: object): result is Refusal {
  return "kind" in result && result.kind === "refusal";
}

function ownerSessionRequired(method: string): ArwError {
  return new ArwError(
    "owner-session-required",
    `Only the owner may call ${method}.`,
    "Give the owner secret that the Home showed at its first start: set ARW_OWNER_SECRET, or answer the prompt on a terminal.",
  );
}
