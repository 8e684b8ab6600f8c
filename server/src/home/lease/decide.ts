// Granting leases by themselves, revoking them, and letting them run out. Only the owner grants and revokes; a grant sends
// nothing. A revocation ends what still runs under the lease; running out only stops what has not been sent.
import type { ExpireLeases, GrantLease, LeaseCommand, RevokeLease } from "#protocol/commands.ts";
import { type Refusal, refuse } from "#protocol/errors.ts";
import type { JournalEvent } from "#protocol/events.ts";
import type { EpisodeId, LeaseId, NodeId } from "#protocol/ids.ts";
import type { JobKind } from "#protocol/job.ts";
import {
  type Lease,
  type LeaseScope,
  LEASE_PATHS_MAX,
  LEASE_USES_MAX,
  SCOPED_LEASE_MS_MAX,
  type ScopedTerms,
  type SteadyReading,
} from "#protocol/lease.ts";
import { isPathGlob } from "#protocol/pathGlob.ts";
import { type DurationMs, type EpochMs, epochMs, steadyMs } from "#protocol/quantities.ts";
import { crossedWith, endingEvents } from "../job/ending.ts";
import { liveAttempts } from "../job/state.ts";
import type { HomeState } from "../state.ts";
import { hasRunOut } from "./covers.ts";
import { type HeldLease, LIVE_SCOPED_LEASES_MAX } from "./state.ts";

export function decideLease(state: HomeState, command: LeaseCommand): readonly JournalEvent[] | Refusal {
  switch (command.kind) {
    case "grant-lease":
      return grant(state, command);
    case "revoke-lease":
      return revoke(state, command);
    case "expire-leases":
      return expire(state, command);
  }
}

function grant(state: HomeState, command: GrantLease): readonly JournalEvent[] | Refusal {
  const node = state.nodes.byId.get(command.nodeId);
  if (node === undefined) return refuse("node-unknown", "There is no such node.", "See `arw-home nodes`.");
  if (node.local) return refuse("lease-needless", "Nothing leaves for this machine itself.", "Choose a worker.");
  if (node.status.kind !== "ready" && node.status.kind !== "unreachable") {
    return refuse("policy-denied", `${node.name} is not enrolled.`, "Only an enrolled worker may receive anything.");
  }
  const problem = termsProblem(state, command.terms, command.steady) ?? grantedProblem(state, command.leaseId);
  if (problem !== undefined) return problem;
  const { job, nodeId, reason } = command;
  return [{ kind: "LeaseGranted", version: 1, at: command.at, lease: scopedLease(command, { job, nodeId, reason }) }];
}

/** Why a scoped lease of these terms may not be granted now. */
export function termsProblem(state: HomeState, terms: ScopedTerms, now: SteadyReading): Refusal | undefined {
  const { paths, budget, leaseMs } = terms;
  if (leaseMs <= 0 || leaseMs > SCOPED_LEASE_MS_MAX) {
    return refuse("lease-too-long", "A scoped lease lives from a moment to 24 hours.", "Choose fewer minutes.");
  }
  if (!Number.isInteger(budget.uses) || budget.uses < 1 || budget.uses > LEASE_USES_MAX) {
    return refuse("lease-too-wide", `A scoped lease covers 1 to ${LEASE_USES_MAX} jobs.`, "Choose fewer uses.");
  }
  if (paths.length === 0 || paths.length > LEASE_PATHS_MAX || !paths.every(isPathGlob)) {
    return refuse(
      "lease-paths-invalid",
      `A scoped lease names 1 to ${LEASE_PATHS_MAX} globs of workspace paths.`,
      "Write for example src/** (only *, ? and ** have a meaning).",
    );
  }
  const live = [...state.leases.byId.values()].filter((held) => isLiveScoped(held) && !hasRunOut(held, now));
  if (live.length < LIVE_SCOPED_LEASES_MAX) return undefined;
  return refuse(
    "lease-limit",
    `${live.length} scoped leases are alive already.`,
    "Revoke one: arw-home leases lists them.",
  );
}

/** A lease is granted once: the same grant again, as after an answer that was lost, makes no second one. */
export function grantedProblem(state: HomeState, leaseId: LeaseId): Refusal | undefined {
  if (!state.leases.byId.has(leaseId)) return undefined;
  return refuse("lease-exists", "This lease has been granted already.", "See `arw-home leases`.");
}

interface Granting {
  readonly at: EpochMs;
  readonly steady: SteadyReading;
  readonly leaseId: LeaseId;
}

/** A scoped lease of these terms. */
export function scopedLease(
  of: Granting & { readonly terms: ScopedTerms },
  grant: { readonly job: JobKind; readonly nodeId: NodeId; readonly reason: string },
): Lease {
  const { paths, ceiling, budget, leaseMs } = of.terms;
  const scope: LeaseScope = { kind: "scoped", job: grant.job, paths, ceiling };
  const { nodeId: subject, reason } = grant;
  return newLease(of, { capability: "offload", scope, budget, leaseMs, subject, reason });
}

export function newLease(
  { at, steady, leaseId }: Granting,
  grant: Pick<Lease, "capability" | "scope" | "budget" | "subject" | "reason"> & {
    readonly leaseMs: DurationMs;
    readonly issuer?: Lease["issuer"];
  },
): Lease {
  const { capability, scope, budget, subject, reason, leaseMs } = grant;
  return {
    leaseId,
    subject,
    capability,
    scope,
    grantedAt: at,
    expiresAt: epochMs(at + leaseMs),
    deadline: { boot: steady.boot, ms: steadyMs(steady.ms + leaseMs) },
    budget,
    issuer: grant.issuer ?? "owner",
    reason,
  };
}

function revoke(state: HomeState, command: RevokeLease): readonly JournalEvent[] | Refusal {
  const held = state.leases.byId.get(command.leaseId);
  if (held === undefined) return refuse("lease-unknown", "There is no such lease.", "See `arw-home leases`.");
  if (held.revoked !== undefined) return [];
  const using = liveAttempts(state.jobs).filter(({ attempt }) => attempt.leaseId === command.leaseId);
  return [
    revocation(held, command.at, command.reason),
    ...using.flatMap(({ job, attempt }) =>
      endingEvents(
        state,
        job,
        command.at,
        {
          kind: "failed",
          code: "lease-revoked",
          message: `The owner revoked the lease: ${command.reason}.`,
          advice: "Start the episode again and approve its preview.",
        },
        crossedWith(command.transfers, attempt),
      ),
    ),
  ];
}

/** The revocation of every lease that a node could still use. */
export function revocationsOf(state: HomeState, nodeId: NodeId, at: EpochMs, reason: string): readonly JournalEvent[] {
  return [...state.leases.byId.values()]
    .filter((held) => held.lease.subject === nodeId && isLiveScoped(held))
    .map((held) => revocation(held, at, reason));
}

function revocation(held: HeldLease, at: EpochMs, reason: string): JournalEvent {
  return { kind: "LeaseRevoked", version: 1, at, ...episodeOf(held), leaseId: held.lease.leaseId, reason };
}

function expire(state: HomeState, command: ExpireLeases): readonly JournalEvent[] {
  return [...state.leases.byId.values()]
    .filter((held) => isLiveScoped(held) && hasRunOut(held, command.steady))
    .map((held) => ({
      kind: "LeaseExpired",
      version: 1,
      at: command.at,
      ...episodeOf(held),
      leaseId: held.lease.leaseId,
    }));
}

/** Neither revoked nor known to have run out. */
export function isLiveScoped(held: HeldLease): boolean {
  return held.lease.scope.kind === "scoped" && held.revoked === undefined && held.expired !== true;
}

function episodeOf({ corrId }: HeldLease): { readonly corrId?: EpisodeId } {
  return corrId === undefined ? {} : { corrId };
}
