// Staged actions for clients: what waits, what each would do now, and the owner's answers. An approval carries the digests
// that were shown; the core compares them, here nothing is decided.
import { digestOfJson } from "#protocol/digest.ts";
import { type Refusal, refuse } from "#protocol/errors.ts";
import { stagedId } from "#protocol/ids.ts";
import { STAGED_EVIDENCE_MAX, type StagedAction } from "#protocol/staging.ts";
import type { ParamsOf } from "#protocol/wire/client.ts";
import type { StagedView } from "#protocol/wire/stagingViews.ts";
import { isContained } from "../../home/staging/action.ts";
import { type HeldStaged, stagingOf } from "../../home/staging/state.ts";
import { stagedView, waitingPage } from "../../home/staging/view.ts";
import type { ClientSession, HomeApi } from "../clientServer/homeApi.ts";
import { mint } from "../mint.ts";
import { policyOf } from "../policy/policyDesk.ts";
import { approveAndDo, staleness } from "../staging/actionRuns.ts";
import { collectAgain, leftOutOf } from "../staging/commandAgain.ts";
import { revisedApplication } from "../staging/revisedApplication.ts";
import { commandTitle, leaseTitle, policyTitle, unmarkTitle } from "../staging/titles.ts";
import { type HomeServices, requesterOf } from "./services.ts";

type StagedApi = Pick<
  HomeApi,
  "listStaged" | "showStaged" | "approveStaged" | "rejectStaged" | "withdrawStaged" | "endorseStaged" | "reviseStaged"
>;

export function stagedApi(services: HomeServices): StagedApi {
  const { home, now } = services;
  const heldOf = (id: HeldStaged["stagedId"]): HeldStaged | undefined => stagingOf(home.state).byId.get(id);
  return {
    listStaged: async (params) => waitingPage(home.state, params),
    showStaged: async ({ stagedIds }, { signal }) => {
      const items: StagedView[] = [];
      for (const id of stagedIds) {
        const held = heldOf(id);
        if (held === undefined) return STAGED_UNKNOWN;
        const stale = await staleness(services, held, signal);
        items.push({ ...stagedView(stagingOf(home.state), held), ...(stale === undefined ? {} : { stale }) });
      }
      return { items };
    },
    approveStaged: async ({ items }, session) => {
      const kinds = new Set(items.map((item) => heldOf(item.stagedId)?.action.kind));
      if (kinds.has(undefined)) return STAGED_UNKNOWN;
      if (kinds.size > 1) return MIXED;
      const results = [];
      for (const item of items) results.push(await approveAndDo(services, session, item));
      return { results };
    },
    rejectStaged: (params, session) =>
      done(home, { kind: "reject-staged", at: now(), by: requesterOf(session), ...params }),
    withdrawStaged: (params, session) =>
      done(home, { kind: "withdraw-staged", at: now(), by: requesterOf(session), ...params }),
    endorseStaged: (params, session) =>
      done(home, { kind: "endorse-staged", at: now(), by: requesterOf(session), ...params }),
    reviseStaged: (params, session) => revise(services, params, session),
  };
}

async function done(
  home: HomeServices["home"],
  command: Parameters<HomeServices["home"]["execute"]>[0],
): Promise<Refusal | Record<string, never>> {
  const executed = await home.execute(command);
  return executed.kind === "refusal" ? executed : {};
}

async function revise(
  services: HomeServices,
  { stagedId: id, digest, change }: ParamsOf<"reviseStaged">,
  session: ClientSession,
): ReturnType<StagedApi["reviseStaged"]> {
  const { home, now } = services;
  const held = stagingOf(home.state).byId.get(id);
  if (held === undefined) return STAGED_UNKNOWN;
  const changed = await changedAction(services, held, change, session.signal);
  if (changed.kind === "refusal") return changed;
  const replacedBy = mint(stagedId);
  const of = { kind: "revise-staged", at: now(), by: requesterOf(session), stagedId: id, digest } as const;
  const { action, durable, evidence, title } = changed;
  const executed = await home.execute({ ...of, replacedBy, action, evidence, title }, durable);
  if (executed.kind === "refusal") return executed;
  const next = stagingOf(home.state).byId.get(replacedBy);
  if (next === undefined) throw new Error("a revision that was made is held");
  return { stagedId: replacedBy, digest: next.digest };
}

interface Changed extends Pick<HeldStaged, "evidence" | "title"> {
  readonly kind: "changed";
  readonly action: StagedAction;
  /** What the action names by digest. */
  readonly durable?: Promise<void>;
}

async function changedAction(
  services: HomeServices,
  { action, evidence }: HeldStaged,
  change: ParamsOf<"reviseStaged">["change"],
  signal: AbortSignal,
): Promise<Changed | Refusal> {
  switch (change.kind) {
    case "apply-proposal": {
      if (action.kind !== change.kind) return OTHER_KIND;
      const revised = await revisedApplication(services, action, change);
      if (revised.kind === "refusal") return revised;
      const { application, durable } = revised;
      const asked = evidence.filter(({ kind }) => kind === "asked");
      const all = [...asked, ...application.evidence].slice(0, STAGED_EVIDENCE_MAX);
      return { kind: "changed", action: application.action, title: application.title, evidence: all, durable };
    }
    case "adopt-policy": {
      if (action.kind !== change.kind) return OTHER_KIND;
      const read = policyOf(change.text);
      if (read.kind === "refusal") return read;
      const { name } = read.document;
      return {
        kind: "changed",
        action: { kind: change.kind, name, text: change.text },
        title: policyTitle(name),
        evidence,
      };
    }
    case "run-command": {
      if (action.kind !== change.kind) return OTHER_KIND;
      const collected = await collectAgain(
        services,
        { ...action.job, argv: change.argv },
        action.target,
        leftOutOf(evidence),
        signal,
      );
      if (collected.kind === "refusal") return collected;
      if (collected.previewed.job.kind !== "command") return OTHER_KIND;
      await collected.durable;
      const contained = isContained(services.home.state, action.target);
      const next = { ...action, job: collected.previewed.job, contained };
      return {
        kind: "changed",
        action: next,
        title: `Run ${commandTitle(change.argv, services.redaction.current)}`,
        evidence: evidence.map((piece) =>
          piece.kind === "command" ? { ...piece, job: digestOfJson(next.job), argv: change.argv } : piece,
        ),
      };
    }
    case "grant-lease": {
      if (action.kind !== change.kind) return OTHER_KIND;
      const next: StagedAction = { ...action, terms: change.terms };
      return { kind: "changed", action: next, title: leaseTitle(services.home.state, next), evidence };
    }
    case "unmark-never-leaves": {
      if (action.kind !== "change-setting" || action.change.name !== change.kind) return OTHER_KIND;
      const next: StagedAction = { kind: "change-setting", change: { name: change.kind, globs: change.globs } };
      return { kind: "changed", action: next, title: unmarkTitle(change.globs), evidence };
    }
  }
}

const STAGED_UNKNOWN = refuse("staged-unknown", "There is no such staged action.", "See `arw-home staged list`.");
const OTHER_KIND = refuse(
  "staged-other-kind",
  "A revision is an action of the same kind.",
  "Ask for the other one by itself.",
);
const MIXED = refuse(
  "staged-mixed",
  "Only actions of one kind are approved together.",
  "Approve those of the other kinds by themselves.",
);
