// How the facts of staged actions change what is known of them. Total: a fact about an unknown item changes nothing.
import type { StagingEvent } from "#protocol/stagingEvents.ts";
import { withEntry } from "../boundedMap.ts";
import { type HeldStaged, RECENT_STAGED_MAX, type StagedStatus, type StagingState } from "./state.ts";

/** What waits, or runs, is never forgotten. */
const recent = {
  keep: RECENT_STAGED_MAX,
  mayGo: ({ status }: HeldStaged): boolean =>
    status.kind === "approved" ? status.run.kind === "ended" : status.kind !== "pending",
};

export function evolveStaging(state: StagingState, event: StagingEvent): StagingState {
  if (event.kind === "ActionStaged") {
    const { stagedId, corrId, action, digest, risk, title, evidence, requestedBy, revision, at: stagedAt } = event;
    const of = corrId === undefined ? {} : { corrId };
    const facts = { stagedId, ...of, action, digest, risk, title, evidence, requestedBy, stagedAt, revision };
    const held: HeldStaged = { ...facts, endorsements: [], status: { kind: "pending" } };
    return { byId: withEntry(state.byId, stagedId, held, recent) };
  }
  const held = state.byId.get(event.stagedId);
  if (held === undefined) return state;
  return { byId: withEntry(state.byId, event.stagedId, changed(held, event), recent) };
}

function changed(held: HeldStaged, event: Exclude<StagingEvent, { readonly kind: "ActionStaged" }>): HeldStaged {
  switch (event.kind) {
    case "StagedEndorsed":
      return { ...held, endorsements: [...held.endorsements, { by: event.by, at: event.at }] };
    case "StagedApproved": {
      const { at, by, leaseId } = event;
      return { ...held, status: { kind: "approved", at, by, leaseId, run: { kind: "not-begun" } } };
    }
    case "StagedRejected":
      return { ...held, status: { kind: "rejected", at: event.at, by: event.by, reason: event.reason } };
    case "StagedSuperseded": {
      const { at, by, replacedBy } = event;
      return { ...held, endorsements: [], status: { kind: "superseded", at, by, replacedBy } };
    }
    case "StagedWithdrawn":
      return { ...held, status: { kind: "withdrawn", at: event.at, by: event.by, reason: event.reason } };
    case "StagedBegun":
      return withRun(held, { kind: "begun" });
    case "StagedEnded": {
      const { outcome, detail, replacedBy } = event;
      return withRun(held, { kind: "ended", outcome, detail, ...(replacedBy === undefined ? {} : { replacedBy }) });
    }
  }
}

function withRun(held: HeldStaged, run: Extract<StagedStatus, { readonly kind: "approved" }>["run"]): HeldStaged {
  return held.status.kind === "approved" ? { ...held, status: { ...held.status, run } } : held;
}
