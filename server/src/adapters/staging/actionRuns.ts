// Does what the owner approved, once: looks at the world again, lets the core compare its digest with the lease, and only
// then acts. Nothing here decides; what cannot be compared is not done, and of what a crash cuts short nobody says that it was.
import type { BegunAction, EndStaged, Requester } from "#protocol/commands.ts";
import { ArwError, type Refusal, refuse } from "#protocol/errors.ts";
import type { StagedEnded } from "#protocol/stagingEvents.ts";
import { attemptId, episodeId, jobId, leaseId, type LeaseId, stagedId } from "#protocol/ids.ts";
import { durationMs } from "#protocol/quantities.ts";
import { type Evidence, type StagedAction, stagedDigest } from "#protocol/staging.ts";
import { LEASE_MS_DEFAULT } from "#protocol/wire/clientViews.ts";
import type { StagedResult } from "#protocol/wire/stagingViews.ts";
import { POLICY_MOVED } from "../../home/policy/decide.ts";
import { asHeldHere, isContained } from "../../home/staging/action.ts";
import type { Executed } from "../../home/home.ts";
import { type HeldStaged, stagingOf, unendedStaged } from "../../home/staging/state.ts";
import type { HomeState } from "../../home/state.ts";
import { type HomeServices, requesterOf } from "../api/services.ts";
import { HOME } from "../attempts/dealtAttempts.ts";
import type { ClientSession } from "../clientServer/homeApi.ts";
import { mint } from "../mint.ts";
import { inputClassOf } from "../api/jobInputs.ts";
import { applyProposal } from "../proposal/applyProposal.ts";
import { conflictsOf } from "../proposal/conflicts.ts";
import { recordDerived } from "../proposal/derivedClass.ts";
import { applicationOf } from "./application.ts";
import { collectAgain, leftOutOf } from "./commandAgain.ts";
import { commandTitle } from "./titles.ts";

/** What would be done now, and what speaks for it. */
interface Ready {
  readonly kind: "ready";
  readonly begun: BegunAction;
  readonly found: StagedAction;
  readonly evidence: readonly Evidence[];
  /** The bytes that an order names; no frame that names them may be durable before. */
  readonly durable?: Promise<void>;
}

/** Approves one item with the digest that was shown, and does it. Never throws for what was not done. */
export async function approveAndDo(
  services: HomeServices,
  session: ClientSession,
  shown: Pick<HeldStaged, "stagedId" | "digest">,
): Promise<StagedResult> {
  const { home, now, steady } = services;
  const lease = mint(leaseId);
  const approved = await home.execute({
    kind: "approve-staged",
    at: now(),
    by: requesterOf(session),
    stagedId: shown.stagedId,
    digest: shown.digest,
    leaseId: lease,
    leaseMs: durationMs(LEASE_MS_DEFAULT),
    steady: steady(),
  });
  if (approved.kind === "refusal") return refused(shown.stagedId, approved);
  const held = stagingOf(home.state).byId.get(shown.stagedId);
  if (held === undefined) throw new Error("an approved item is held");
  // Two applications never write at once, and what one of them writes may make the next another action.
  return held.action.kind === "apply-proposal"
    ? services.applying.run(() => doApproved(services, session, held, lease))
    : doApproved(services, session, held, lease);
}

async function doApproved(
  services: HomeServices,
  session: ClientSession,
  held: HeldStaged,
  lease: LeaseId,
): Promise<StagedResult> {
  const { home, now, steady } = services;
  let ready: Ready | Refusal;
  try {
    ready = await readyOf(services, held, session.signal);
    await services.freshPolicy();
  } catch (error) {
    ready = refusalOf(error);
  }
  if (ready.kind === "refusal") return ended(services, held, "failed", `${ready.message} ${ready.advice}`);
  const { begun, durable, evidence } = ready;
  const of = { kind: "begin-staged", at: now(), by: requesterOf(session), stagedId: held.stagedId } as const;
  const order = { ...of, leaseId: lease, begun, steady: steady(), replacedBy: mint(stagedId), evidence };
  const executed = await home.execute(order, durable);
  if (executed.kind === "refusal") return refused(held.stagedId, executed);
  const end = endOf(executed);
  if (end !== undefined) return resultOf(held, end, begun);
  switch (held.action.kind) {
    case "apply-proposal":
      return write(services, session, held);
    case "adopt-policy": {
      const { base, text } = held.action;
      // The digest was compared, so it is there: an action without it is another one.
      if (base === undefined) throw new Error("a policy is adopted upon what was approved");
      return perform(services, held, () => services.adoptPolicy(text, approvedFor(held), base.epoch));
    }
    case "change-setting":
      return perform(services, held, () => services.turnClusteringOn(approvedFor(held)));
    case "run-command":
    case "grant-lease":
      throw new Error(`nothing here does ${held.action.kind}`);
  }
}

/** Who asked, with the owner's yes. */
function approvedFor({ requestedBy }: HeldStaged): Requester {
  return { client: requestedBy, session: "owner" };
}

/** Something that a shell does in one step, which its own command in the core records. */
async function perform(
  services: HomeServices,
  held: HeldStaged,
  work: () => Promise<object | Refusal>,
): Promise<StagedResult> {
  try {
    const did = await work();
    if (!isRefusal(did)) return await ended(services, held, "done", "");
    const { advice, code, message } = did;
    // Between the last look and the deed something else was adopted: nothing was done, and it waits again beside that.
    const outcome = code === POLICY_MOVED ? "void" : "failed";
    return await ended(services, held, outcome, `${message} ${advice}`);
  } catch (error) {
    const { message, advice } = refusalOf(error);
    // It may have been recorded before it failed.
    return ended(services, held, "unknown", `${message} ${advice}`);
  }
}

/** What it would be now. */
async function readyOf(
  services: HomeServices,
  { action, evidence: said }: Pick<HeldStaged, "action" | "evidence">,
  signal: AbortSignal,
): Promise<Ready | Refusal> {
  const { home, now } = services;
  const of = { at: now(), by: HOME } as const;
  switch (action.kind) {
    case "apply-proposal": {
      const application = await applicationOf(services, action.proposalId, action);
      if (application.kind === "refusal") return application;
      const { action: found, evidence } = application;
      return { kind: "ready", begun: { kind: "shell", found }, found, evidence };
    }
    case "run-command": {
      const { job: asked, target } = action;
      const collected = await collectAgain(services, asked, target, leftOutOf(said), signal);
      if (collected.kind === "refusal") return collected;
      const { durable } = collected;
      const { job } = collected.previewed;
      if (job.kind !== "command") throw new Error("a command was collected as something else");
      const ids = { episodeId: mint(episodeId), jobId: mint(jobId), attemptId: mint(attemptId) };
      const start = {
        kind: "start-episode",
        ...of,
        ...ids,
        title: commandTitle(job.argv, services.redaction.current),
        job,
        target,
        ...inputClassOf(collected.items),
      } as const;
      const found: StagedAction = { ...action, job, contained: isContained(home.state, target) };
      return {
        kind: "ready",
        begun: { kind: "order", order: { ...start, on: target } },
        found,
        evidence: said,
        durable,
      };
    }
    case "grant-lease": {
      const { job, nodeId, terms } = action;
      const grant = { kind: "grant-lease", ...of, leaseId: mint(leaseId), nodeId, job, terms } as const;
      const order = { ...grant, reason: "approved by the owner", steady: services.steady() };
      return { kind: "ready", begun: { kind: "order", order }, found: action, evidence: [] };
    }
    case "adopt-policy": {
      const found = asHeldHere(home.state, action);
      return found.kind === "refusal"
        ? found
        : { kind: "ready", begun: { kind: "shell", found }, found, evidence: said };
    }
    case "change-setting": {
      const { change } = action;
      if (change.name === "turn-clustering-on") {
        const found = asHeldHere(home.state, action);
        return found.kind === "refusal"
          ? found
          : { kind: "ready", begun: { kind: "shell", found }, found, evidence: said };
      }
      const order =
        change.name === "resume-offloads"
          ? ({ kind: "resume-offloads", ...of } as const)
          : ({ kind: "unmark-never-leaves", ...of, globs: change.globs } as const);
      return { kind: "ready", begun: { kind: "order", order }, found: action, evidence: [] };
    }
  }
}

/** Why the item cannot be done any more as it was shown; undefined where it can. */
export async function staleness(
  services: HomeServices,
  held: HeldStaged,
  signal: AbortSignal,
): Promise<string | undefined> {
  if (held.status.kind !== "pending") return undefined;
  try {
    const ready = await readyOf(services, held, signal);
    if (ready.kind === "refusal") return `${ready.message} ${ready.advice}`;
    if (stagedDigest(ready.found) !== held.digest) return "What it would do has changed since it was staged.";
    return held.action.kind === "apply-proposal" ? await conflictText(services, held) : undefined;
  } catch (error) {
    const { message, advice } = refusalOf(error);
    return `${message} ${advice}`;
  }
}

async function conflictText(services: HomeServices, held: HeldStaged): Promise<string | undefined> {
  if (held.action.kind !== "apply-proposal") return undefined;
  const application = await applicationOf(services, held.action.proposalId, held.action);
  if (application.kind === "refusal") return application.message;
  const [conflict] = await conflictsOf(services.workspaceFolder, application.proposal, "approved");
  return conflict === undefined ? undefined : `${conflict.path}: ${conflict.reason}.`;
}

/** Writes the files of an application whose lease is spent. */
async function write(services: HomeServices, session: ClientSession, held: HeldStaged): Promise<StagedResult> {
  const { home, blobs, workspaceFolder, now } = services;
  const { action } = held;
  if (action.kind !== "apply-proposal") throw new Error(`nothing here does ${action.kind}`);
  try {
    const application = await applicationOf(services, action.proposalId, action);
    if (application.kind === "refusal") return await ended(services, held, "failed", application.message);
    // The very changes that were compared: between the two nothing but this could write.
    if (application.action.changes !== action.changes) throw new Error("what is proposed changed while it was applied");
    const refusal = await recordDerived(services, application, session.signal);
    if (refusal !== undefined) return await ended(services, held, "failed", refusal.message);
    const { files } = await applyProposal(workspaceFolder, application.proposal, blobs, session.signal, "approved");
    const named = action.paths === undefined ? {} : { paths: application.proposal.changes.map(({ path }) => path) };
    const { proposalId, proposal: digest } = action;
    const by = requesterOf(session);
    const recorded = await home.execute({ kind: "record-applied", at: now(), by, proposalId, digest, files, ...named });
    if (recorded.kind === "refusal") return await ended(services, held, "unknown", recorded.message);
    return { ...(await ended(services, held, "done", "")), files };
  } catch (error) {
    const { code, message, advice } = refusalOf(error);
    const outcome = code === "proposal-half-applied" ? "unknown" : "failed";
    return ended(services, held, outcome, `${message} ${advice}`);
  }
}

async function ended(
  { home, now }: Pick<HomeServices, "home" | "now">,
  held: HeldStaged,
  outcome: EndStaged["outcome"],
  detail: string,
): Promise<StagedResult> {
  const of = { kind: "end-staged", at: now(), by: HOME, stagedId: held.stagedId } as const;
  const again = outcome === "void" ? { replacedBy: mint(stagedId) } : {};
  const executed = await home.execute({ ...of, outcome, detail, ...again });
  if (executed.kind === "refusal") return refused(held.stagedId, executed);
  const replacedBy = endOf(executed)?.replacedBy;
  return { stagedId: held.stagedId, outcome, detail, ...(replacedBy === undefined ? {} : { replacedBy }) };
}

/** What was approved when the Home ended: nobody knows what came of it, and it is not done again. */
export async function settleUnfinished(
  services: Pick<HomeServices, "home" | "now">,
  recovered: HomeState,
): Promise<void> {
  for (const held of unendedStaged(stagingOf(recovered))) {
    const begun = held.status.kind === "approved" && held.status.run.kind === "begun";
    const what = begun ? "while it was being done" : "between its approval and its beginning";
    await ended(services, held, "unknown", `The Home ended ${what}. Look at what is there, then ask again if need be.`);
  }
}

function endOf({ events }: Executed): StagedEnded | undefined {
  return events.find((event): event is StagedEnded => event.kind === "StagedEnded");
}

function resultOf(held: HeldStaged, { detail, outcome, replacedBy }: StagedEnded, begun: BegunAction): StagedResult {
  const started =
    outcome === "done" && begun.kind === "order" && begun.order.kind === "start-episode"
      ? { episodeId: begun.order.episodeId }
      : {};
  const replaced = replacedBy === undefined ? {} : { replacedBy };
  return { stagedId: held.stagedId, outcome, detail, ...started, ...replaced };
}

function refused(id: HeldStaged["stagedId"], { advice, code, message }: Refusal): StagedResult {
  return { stagedId: id, outcome: "refused", code, detail: `${message} ${advice}` };
}

function isRefusal(did: object): did is Refusal {
  return "kind" in did && did.kind === "refusal";
}

/** Of a bug as of a refusal: it was not done. A journal that failed is said by the caller's own error. */
function refusalOf(error: unknown): Refusal {
  if (error instanceof ArwError) return refuse(error.code, error.message, error.advice);
  const message = error instanceof Error ? error.message : String(error);
  return refuse("internal-error", `It could not be done: ${message}.`, "Look into the Home's log.");
}
