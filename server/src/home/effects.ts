// What the world must do because of an event. Performing an effect twice is harmless: each has a dedupe key.
// Only `repeatable` effects may run before their event is durable; sends and leases never.
import type { AttemptId, LeaseId, NodeId } from "#protocol/ids.ts";
import type { FencingToken } from "#protocol/quantities.ts";
import type { Offer } from "#protocol/wire/worker.ts";

export type Effect =
  | {
      readonly kind: "SendOffer";
      readonly key: string;
      readonly repeatable: boolean;
      readonly target: NodeId;
      /** The lease that covers the send; absent where the job stays here. */
      readonly leaseId?: LeaseId;
      readonly offer: Offer;
    }
  | {
      readonly kind: "CancelAttempt";
      readonly key: string;
      readonly repeatable: false;
      readonly attemptId: AttemptId;
      readonly target: NodeId;
      readonly fencingToken: FencingToken;
      readonly reason: string;
    }
  | {
      readonly kind: "SettleAttempt";
      readonly key: string;
      readonly repeatable: false;
      readonly attemptId: AttemptId;
      readonly target: NodeId;
      readonly fencingToken: FencingToken;
      readonly accepted: boolean;
    }
  | { readonly kind: "OpenListener"; readonly key: string; readonly repeatable: false }
  | { readonly kind: "CloseListener"; readonly key: string; readonly repeatable: false }
  | { readonly kind: "RefreshTrust"; readonly key: string; readonly repeatable: false }
  | {
      readonly kind: "AnswerEnrolment";
      readonly key: string;
      readonly repeatable: false;
      readonly nodeId: NodeId;
      readonly answer: { readonly approved: true } | { readonly approved: false; readonly reason: string };
    }
  | { readonly kind: "CutNode"; readonly key: string; readonly repeatable: false; readonly nodeId: NodeId }
  /** After a restart: a node that held attempts is given one time-to-live to come back. */
  | { readonly kind: "AwaitNode"; readonly key: string; readonly repeatable: false; readonly nodeId: NodeId };
