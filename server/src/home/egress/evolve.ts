// How previews, records and settlements change what is known of egress. Total.
import { type DerivedPath, staysHere, withDerived, withoutDerived } from "#protocol/classes.ts";
import type { ClassMarked, ClassUnmarked } from "#protocol/classEvents.ts";
import type { EgressEvent, JobCancelled, JobFailed, NeverLeavesMarked, NeverLeavesUnmarked } from "#protocol/events.ts";
import type { PreviewId } from "#protocol/ids.ts";
import { withEntry } from "../boundedMap.ts";
import { type EgressState, type HeldPreview, RECENT_PREVIEWS_MAX } from "./state.ts";

const recent = { keep: RECENT_PREVIEWS_MAX, mayGo: (preview: HeldPreview): boolean => preview.state !== "waiting" };

export function evolveEgress(
  state: EgressState,
  event: Exclude<EgressEvent, { readonly kind: "ContributionMetered" }> | JobFailed | JobCancelled,
): EgressState {
  switch (event.kind) {
    case "EgressPreviewed": {
      const preview: HeldPreview = {
        previewId: event.previewId,
        corrId: event.corrId,
        jobId: event.jobId,
        state: "waiting",
        preview: event.preview,
        payload: event.payload,
        payloadBytes: event.payloadBytes,
        highestClassification: event.highestClassification,
        destination: event.destination,
        cost: event.cost,
        leaseMs: event.leaseMs,
        ...(event.leaseUnfit === undefined ? {} : { leaseUnfit: event.leaseUnfit }),
        ...(event.reviewResult === undefined ? {} : { reviewResult: event.reviewResult }),
      };
      return { ...state, previews: withEntry(state.previews, event.previewId, preview, recent) };
    }
    case "EgressRevised":
      return changed(state, event.previewId, { state: "withdrawn", replacedBy: event.replacedBy });
    case "EgressRecorded": {
      const answered = changed(state, event.previewId, {
        state: event.decision === "allow" ? "approved" : "denied",
      });
      if (event.attemptId === undefined || event.leaseId === undefined) return answered;
      const record = {
        recordId: event.recordId,
        corrId: event.corrId,
        jobId: event.jobId,
        attemptId: event.attemptId,
        nodeId: event.nodeId,
        leaseId: event.leaseId,
        payload: event.payload,
        payloadBytes: event.payloadBytes,
        recordedAt: event.at,
      };
      return { ...answered, open: withEntry(answered.open, event.recordId, record) };
    }
    case "EgressSettled": {
      const open = new Map(state.open);
      open.delete(event.recordId);
      return { ...state, open };
    }
    case "OffloadsPaused":
      return { ...state, paused: { at: event.at, by: event.by } };
    case "OffloadsResumed": {
      const { paused: _, ...rest } = state;
      return rest;
    }
    case "NeverLeavesMarked":
    case "NeverLeavesUnmarked":
      return withMark(state, event);
    case "ClassMarked":
    case "ClassUnmarked":
      return withClassMark(state, event);
    case "FilesDerived": {
      const { classification, from, untrusted } = event;
      const origin = { classification, from, ...(untrusted === undefined ? {} : { untrusted }) };
      const written = event.paths.map((path): DerivedPath => ({ path, ...origin }));
      return derivedAre(state, withDerived(state.derived ?? [], written));
    }
    case "JobFailed":
    case "JobCancelled": {
      const waiting = [...state.previews.values()].find(
        (held) => held.jobId === event.jobId && held.state === "waiting",
      );
      return waiting === undefined ? state : changed(state, waiting.previewId, { state: "withdrawn" });
    }
  }
}

function withMark(state: EgressState, event: NeverLeavesMarked | NeverLeavesUnmarked): EgressState {
  const { neverLeaves: before = [], ...rest } = state;
  const others = before.filter(({ glob }) => glob !== event.glob);
  const { glob, by, at: markedAt } = event;
  const marks = event.kind === "NeverLeavesMarked" ? [...others, { glob, markedAt, by }] : others;
  return marks.length === 0 ? rest : { ...rest, neverLeaves: marks };
}

/** Only the owner marks something as public or internal, and has looked at it: what it was written from is answered for. */
function withClassMark(state: EgressState, event: ClassMarked | ClassUnmarked): EgressState {
  const { classMarks: before = [], ...rest } = state;
  const others = before.filter(({ path }) => path !== event.path);
  if (event.kind === "ClassUnmarked") return others.length === 0 ? rest : { ...rest, classMarks: others };
  const { path, classification, by, at: markedAt } = event;
  const marked = { ...rest, classMarks: [...others, { path, classification, markedAt, by }] };
  return staysHere(classification) ? marked : derivedAre(marked, withoutDerived(state.derived ?? [], path));
}

function derivedAre(state: EgressState, derived: readonly DerivedPath[]): EgressState {
  const { derived: _, ...rest } = state;
  return derived.length === 0 ? rest : { ...rest, derived };
}

function changed(state: EgressState, id: PreviewId, change: Partial<HeldPreview>): EgressState {
  const preview = state.previews.get(id);
  if (preview === undefined) return state;
  return { ...state, previews: withEntry(state.previews, id, { ...preview, ...change }, recent) };
}
