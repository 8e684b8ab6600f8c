// What waits for the owner as clients see it: staged actions and previews in one list, the oldest first.
// A preview is derived from the state of egress and held nowhere twice. A view permits nothing.
import { canonicalJson } from "#protocol/canonicalJson.ts";
import type { StagedId } from "#protocol/ids.ts";
import { epochMs } from "#protocol/quantities.ts";
import type { Risk } from "#protocol/staging.ts";
import { LIST_ROWS_MAX } from "#protocol/wire/listPage.ts";
import {
  type StagedView,
  WAITING_PAGE_BYTES,
  type WaitingListParams,
  type WaitingPage,
  type WaitingView,
} from "#protocol/wire/stagingViews.ts";
import type { HeldPreview } from "../egress/state.ts";
import type { HomeState } from "../state.ts";
import { type HeldStaged, type StagingState, stagingOf } from "./state.ts";

/**
 * A page of them, the oldest first. The next one begins with what waits since a later moment: an item is in exactly one page,
 * also when others are decided meanwhile, and those of the same moment stay together.
 */
export function waitingPage(
  state: HomeState,
  { cursor = 0, decided, limit = LIST_ROWS_MAX }: WaitingListParams,
): WaitingPage {
  const all = waitingViews(state, decided).filter((view) => sinceOf(view) >= cursor);
  let taken = 0;
  for (let bytes = 0; taken < all.length; taken++) {
    const [last, next] = [all[taken - 1], all[taken]];
    if (next === undefined) break;
    const isLater = last !== undefined && sinceOf(next) > sinceOf(last);
    if (isLater && (taken >= limit || bytes >= WAITING_PAGE_BYTES))
      return { items: all.slice(0, taken), next: sinceOf(next) };
    bytes += new TextEncoder().encode(canonicalJson(next)).length;
  }
  return { items: all };
}

/** With `decided` the items that wait no more as well. */
function waitingViews(state: HomeState, decided: boolean): readonly WaitingView[] {
  const staged = [...stagingOf(state).byId.values()]
    .filter(({ status }) => decided || status.kind === "pending")
    .map((held): WaitingView => ({ kind: "action", staged: stagedView(stagingOf(state), held) }));
  const previews = [...state.egress.previews.values()]
    .filter((held) => held.state === "waiting")
    .map((held) => previewView(state, held));
  return [...staged, ...previews].sort((one, other) => sinceOf(one) - sinceOf(other));
}

export function stagedView(staging: StagingState, held: HeldStaged): StagedView {
  const { stagedId, corrId, digest, action, risk, title, evidence, requestedBy, stagedAt, revision } = held;
  const { endorsements, status } = held;
  const of = {
    stagedId,
    ...(corrId === undefined ? {} : { episodeId: corrId }),
    digest,
    action,
    risk,
    title,
    evidence,
  };
  const before = revision === 1 ? undefined : replacedOf(staging, stagedId);
  const replaces = before === undefined ? {} : { replaces: before };
  const waits = { ...of, requestedBy, stagedAt, revision, endorsements, ...replaces };
  switch (status.kind) {
    case "pending":
      return { ...waits, state: "pending" };
    case "approved": {
      const { at, by, leaseId, run } = status;
      const ended = run.kind === "ended" ? run : undefined;
      const { outcome, detail = "", replacedBy } = ended ?? {};
      const replaced = replacedBy === undefined ? {} : { replacedBy };
      const shownRun = { state: outcome ?? (run.kind === "begun" ? "begun" : "not-begun"), detail } as const;
      return { ...waits, state: "approved", decided: { at, by }, leaseId, run: shownRun, ...replaced };
    }
    case "rejected":
    case "withdrawn": {
      const { kind, at, by, reason } = status;
      return { ...waits, state: kind, decided: { at, by, reason } };
    }
    case "superseded": {
      const { at, by, replacedBy } = status;
      return { ...waits, state: "superseded", decided: { at, by }, replacedBy };
    }
  }
}

/** The item whose place this one took: a revision was proposed, or it was void when it was to be done. */
function replacedOf({ byId }: StagingState, id: StagedId): StagedId | undefined {
  for (const { stagedId, status } of byId.values()) {
    if (status.kind === "superseded" && status.replacedBy === id) return stagedId;
    if (status.kind !== "approved" || status.run.kind !== "ended") continue;
    if (status.run.replacedBy === id) return stagedId;
  }
  return undefined;
}

const LEAVES: Risk = {
  level: "high",
  rule: "leaves",
  reason: "It leaves this machine; what has left cannot be taken back.",
};

function previewView(state: HomeState, held: HeldPreview): WaitingView {
  const episode = state.episodes.byId.get(held.corrId);
  return {
    kind: "egress",
    previewId: held.previewId,
    digest: held.preview,
    episodeId: held.corrId,
    title: episode?.title ?? held.corrId,
    node: held.destination.name,
    payloadBytes: held.payloadBytes,
    risk: LEAVES,
    // It waits since its episode began. An open episode is never forgotten.
    stagedAt: episode?.startedAt ?? epochMs(0),
  };
}

function sinceOf(view: WaitingView): number {
  return view.kind === "action" ? view.staged.stagedAt : view.stagedAt;
}
