// The policy for clients: what is in force, what is wrong with a text and what it would change, what would be decided of a
// request that nobody made, and adopting. Only the owner adopts; all else changes nothing.
import type { JournalEvent } from "#protocol/events.ts";
import { byteCount, epochMs } from "#protocol/quantities.ts";
import type { ParamsOf } from "#protocol/wire/client.ts";
import {
  type CheckPolicyResult,
  POLICY_HISTORY_MAX,
  type PolicyHistoryEntry,
  type PolicyView,
  type RuleDecision,
  type WorkspacePolicyView,
} from "#protocol/wire/policyViews.ts";
import { givingWay } from "#platform/givingWay.ts";
import { leaseViews } from "../../home/lease/view.ts";
import { taintOf } from "../../home/egress/taint.ts";
import { evaluate, type PolicyInForce, WORKSPACE_RULE_PREFIX } from "../../home/policy/evaluate.ts";
import { sandboxLevel } from "../../home/policy/obligations.ts";
import type { PolicyRequest } from "../../home/policy/request.ts";
import { noPolicy, type PolicyState, policyInForce } from "../../home/policy/state.ts";
import { whatIf } from "../../home/policy/whatIf.ts";
import type { HomeState } from "../../home/state.ts";
import { projectEvent } from "../../home/timeline/project.ts";
import { nodeName } from "../../home/node/state.ts";
import type { ClientSession, HomeApi } from "../clientServer/homeApi.ts";
import { putBeforeOwner } from "../staging/putBefore.ts";
import { policyTitle } from "../staging/titles.ts";
import { type KnownNodes, policyFindings } from "../policy/findings.ts";
import { idleLeases } from "../policy/idleLeases.ts";
import { type PastOffload, pastOffloads } from "../policy/pastOffloads.ts";
import type { PolicyDesk } from "../policy/policyDesk.ts";
import type { PolicyFiles } from "../policy/policyFiles.ts";
import { POSTURE_TEXTS } from "../policy/postures.ts";
import { FINDINGS_MAX, type PolicyReading, readPolicy } from "../policy/readPolicy.ts";
import { type HomeServices, requesterOf } from "./services.ts";

type PolicyApi = Pick<
  HomeApi,
  "showPolicy" | "checkPolicy" | "explainPolicy" | "adoptPolicy" | "usePosture" | "policyHistory"
>;

export function policyApi(services: HomeServices, desk: PolicyDesk, files: PolicyFiles): PolicyApi {
  const { home, now } = services;
  return {
    showPolicy: async () => {
      await desk.look();
      return policyView(home.state, files);
    },
    checkPolicy: (params) => checkPolicy(services, params),
    explainPolicy: async (params) => {
      const request = requestOf(home.state, params, now());
      const { effect, rules, obligations, explanation } = evaluate(policyInForce(home.state.policy), request);
      return { effect, rules, obligations, explanation };
    },
    adoptPolicy: ({ text }, session) => adopt(services, desk, text, session),
    usePosture: ({ posture }, session) => adopt(services, desk, POSTURE_TEXTS[posture], session),
    policyHistory: async () => ({ entries: await historyOf(services) }),
  };
}

/** By the owner's word at once; what anyone else asks for waits for the owner, who reads its whole text. */
async function adopt(
  services: Pick<HomeServices, "home" | "now">,
  desk: PolicyDesk,
  text: string,
  session: ClientSession,
): ReturnType<HomeApi["adoptPolicy"]> {
  const { document } = readPolicy(text);
  // A text that is no policy is refused in the same words, whoever asks.
  if (session.owner || document === undefined) return desk.adopt(text, requesterOf(session));
  const { name } = document;
  const action = { kind: "adopt-policy", name, text } as const;
  const why = "Only the owner changes the policy.";
  return putBeforeOwner(services, session, { action, title: policyTitle(name), evidence: [], why });
}

async function policyView(state: HomeState, files: PolicyFiles): Promise<PolicyView> {
  const { epoch, adopted, fileProblem, workspace, kept } = state.policy ?? noPolicy;
  const text = adopted?.text ?? POSTURE_TEXTS["ask-always"];
  const [own, theirs] = [await files.read(files.homeFile), await files.read(files.workspaceFile)];
  const nodes = knownNodes(state);
  const edited = own.kind === "text" && own.text !== text ? readPolicy(own.text) : undefined;
  const read = theirs.kind === "text" ? readPolicy(theirs.text) : undefined;
  return {
    epoch,
    name: adopted?.document.name ?? "ask-always",
    text,
    ...(adopted === undefined ? {} : { adopted: { at: adopted.adoptedAt, by: adopted.by, digest: adopted.digest } }),
    file: files.homeFile,
    edited: edited !== undefined,
    ...(fileProblem === undefined ? {} : { problem: fileProblem }),
    findings: policyFindings(edited ?? readPolicy(text), "home", nodes),
    ...(workspace === undefined && kept === undefined
      ? {}
      : {
          workspace: {
            file: files.workspaceFile,
            ...workspaceFacts(workspace, kept),
            findings: read === undefined ? [] : policyFindings(read, "workspace", nodes),
          },
        }),
  };
}

function workspaceFacts(
  workspace: PolicyState["workspace"],
  kept: PolicyState["kept"],
): Pick<WorkspacePolicyView, "name" | "problem" | "unconfirmed"> {
  if (workspace?.kind === "unreadable") return { problem: workspace.problem };
  if (workspace === undefined) return kept === undefined ? {} : { name: kept.name, unconfirmed: "removed" };
  return { name: workspace.document.name, ...(kept === undefined ? {} : { unconfirmed: "changed" }) };
}

async function checkPolicy(services: HomeServices, params: ParamsOf<"checkPolicy">): Promise<CheckPolicyResult> {
  const { home, steady } = services;
  const reading = readPolicy(params.text);
  const findings = [
    ...policyFindings(reading, params.of, knownNodes(home.state)),
    ...idleLeases(reading, leaseViews(home.state, steady())),
  ].slice(0, FINDINGS_MAX);
  if (reading.document === undefined) return { findings, changed: [], looked: 0, decided: [] };
  const before = policyInForce(home.state.policy);
  const past = await pastOffloads(services, services.deniedOffloads);
  const after = inForceWith(before, params.of, reading);
  const changed = (await givingWay(whatIf(before, after, past))).map(({ past: offload, ...decided }) => {
    const { request: _, ...shown } = offload;
    return { ...shown, ...decided };
  });
  const decided = await givingWay(lastDecisions(after, params.of, past));
  return { name: reading.document.name, findings, changed, looked: past.length, decided };
}

/** The newest past offload that each rule of the asker's document fits. */
function* lastDecisions(
  policy: PolicyInForce,
  of: "home" | "workspace",
  past: readonly PastOffload[],
): Generator<void, readonly RuleDecision[]> {
  const prefix = of === "home" ? "" : WORKSPACE_RULE_PREFIX;
  const last = new Map<string, RuleDecision>();
  for (const { request, ...shown } of past) {
    const { rules, effect } = evaluate(policy, request);
    for (const rule of rules) {
      if (rule.startsWith(prefix))
        last.set(rule.slice(prefix.length), { rule: rule.slice(prefix.length), ...shown, effect });
    }
    yield;
  }
  return [...last.values()];
}

function inForceWith(before: PolicyInForce, of: "home" | "workspace", { document }: PolicyReading): PolicyInForce {
  if (document === undefined) return before;
  return of === "home" ? { ...before, home: { document } } : { ...before, workspace: { document } };
}

function knownNodes(state: HomeState): KnownNodes {
  const workers = [...state.nodes.byId.values()].filter(({ local, status }) => !local && status.kind !== "revoked");
  return { names: new Set(workers.map(({ name }) => name)), ids: new Set(workers.map(({ nodeId }) => nodeId)) };
}

/** What is not said is what an ordinary job of a terminal has. */
function requestOf(
  state: HomeState,
  {
    action,
    subject,
    paths = [],
    classification = "internal",
    bytes = byteCount(0),
    model,
    node,
    ...said
  }: ExplainParams,
  now: PolicyRequest["at"],
): PolicyRequest {
  const { purpose = model === undefined ? "command" : "ask", at = now } = said;
  const worker = [...state.nodes.byId.values()].find((held) => held.nodeId === node || held.name === node);
  const taint = taintOf(state, { paths, highestClassification: classification });
  const destination = worker === undefined ? {} : { destination: destinationOf(worker, purpose) };
  return {
    action,
    subject: subject ?? { kind: "client", id: "cli" },
    resource: { paths, classification, bytes, models: model === undefined ? [] : [model] },
    ...destination,
    purpose,
    at: epochMs(at),
    ...(taint === undefined ? {} : { taint }),
  };
}

type ExplainParams = ParamsOf<"explainPolicy">;
type HeldNode = NonNullable<ReturnType<HomeState["nodes"]["byId"]["get"]>>;

function destinationOf(
  { nodeId, name, status, capabilities }: HeldNode,
  purpose: string,
): NonNullable<PolicyRequest["destination"]> {
  return {
    nodeId,
    name,
    status: status.kind,
    sandbox: purpose === "ask" ? "strict" : sandboxLevel(capabilities),
    priceKnown: capabilities?.priceCard !== undefined,
  };
}

const POLICY_KINDS: ReadonlySet<JournalEvent["kind"]> = new Set<JournalEvent["kind"]>([
  "PolicyAdopted",
  "PolicyFileJudged",
  "WorkspacePolicyRead",
]);

/** In the words of the timeline. */
async function historyOf({ home, journal, view }: HomeServices): Promise<readonly PolicyHistoryEntry[]> {
  const frames = (await view.current()).framesOfKinds([...POLICY_KINDS], POLICY_HISTORY_MAX);
  const names = { nodeName: (id: HeldNode["nodeId"]) => nodeName(home.state.nodes, id), targetOf: () => undefined };
  const entries: PolicyHistoryEntry[] = [];
  for (const at of frames) {
    for await (const frame of journal.read(at, 1)) {
      for (const [index, event] of frame.events.entries()) {
        if (!isPolicyEvent(event)) continue;
        entries.push({ at: event.at, epoch: event.epoch, text: projectEvent(event, at, index, names).text });
      }
    }
  }
  return entries;
}

function isPolicyEvent(event: JournalEvent): event is Extract<JournalEvent, { readonly epoch: number }> {
  return POLICY_KINDS.has(event.kind);
}
