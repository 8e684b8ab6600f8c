// What policy is asked: who wants what, with which data, to where, what for and when. Plain facts; nothing is decided here.
import type { Classification, EpisodeTaint } from "#protocol/egress.ts";
import type { NodeId } from "#protocol/ids.ts";
import type { PolicyAction, PolicySubjectKind, SandboxLevel } from "#protocol/policy.ts";
import type { EpochMs } from "#protocol/quantities.ts";
import type { NodeStatus } from "../node/state.ts";

export interface PolicyRequest {
  readonly action: PolicyAction;
  readonly subject: { readonly kind: PolicySubjectKind; readonly id: string };
  readonly resource: {
    readonly paths: readonly string[];
    /** The highest of all it takes. */
    readonly classification: Classification;
    readonly bytes: number;
    /** The model by its name and its digest; none where none is asked. */
    readonly models: readonly string[];
  };
  /** Absent where nothing leaves. */
  readonly destination?: PolicyDestination;
  readonly purpose: string;
  readonly at: EpochMs;
  /** Private and untrusted content are together in it; absent where they are not. */
  readonly taint?: EpisodeTaint;
}

export interface PolicyDestination {
  readonly nodeId: NodeId;
  readonly name: string;
  readonly status: NodeStatus["kind"] | "unknown";
  /** What its sandbox gives this request: everything, where it runs no foreign command. */
  readonly sandbox: SandboxLevel;
  readonly priceKnown: boolean;
}
