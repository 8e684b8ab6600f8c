// An auditor of a Home's facts: it reads each frame as it comes and holds it to the product's invariants.
// It knows nothing of the Home's state, so that a mistake there is not repeated here.
import assert from "node:assert/strict";
import type {
  EgressPreviewed,
  EgressRecorded,
  JobOffered,
  JournalEvent,
  LeaseCommitted,
  LeaseReserved,
} from "#protocol/events.ts";
import type { Lease } from "#protocol/lease.ts";

interface BookedAttempt {
  readonly offered: JobOffered;
  ended: boolean;
  finished: boolean;
  earned: boolean;
  /** Where it went under a lease: whether its record and its reservation were settled. */
  recordSettled: boolean;
  leaseSettled: boolean;
}

export class HomeBooks {
  readonly #corrIdOfJob = new Map<string, string>();
  readonly #jobKeys = new Map<string, string>();
  readonly #tokens = new Map<string, number>();
  readonly #attempts = new Map<string, BookedAttempt>();
  readonly #previews = new Map<string, EgressPreviewed>();
  /** Previews that another took the place of. */
  readonly #revised = new Set<string>();
  #paused = false;
  readonly #allowed = new Map<string, EgressRecorded>();
  readonly #leases = new Map<string, Lease>();
  /** By attempt: what was reserved, and what was spent of it once that is known. */
  readonly #reserved = new Map<string, { readonly leaseId: string; bytes: number; micros: number; held: boolean }>();
  readonly #spentUses = new Map<string, number>();
  readonly #endedLeases = new Set<string>();
  readonly #openEpisodes = new Set<string>();
  readonly #endedEpisodes = new Set<string>();

  /** Reads the next frame. Throws an AssertionError where a promise is broken. */
  read(frame: readonly JournalEvent[]): void {
    for (const event of frame) {
      this.#checkEpisode(event);
      this.#checkFact(event);
    }
    this.#checkAttempts();
  }

  /** What was offered under this id, while it is live. */
  liveOffer(attemptId: string): JobOffered | undefined {
    const attempt = this.#attempts.get(attemptId);
    return attempt?.ended === false ? attempt.offered : undefined;
  }

  /** The digest of the job that was offered under this id. */
  jobKeyOf(attemptId: string): string | undefined {
    const jobId = this.#attempts.get(attemptId)?.offered.jobId;
    return jobId === undefined ? undefined : this.#jobKeys.get(jobId);
  }

  /** What is reserved and spent of a lease together. */
  accounted(leaseId: string): { readonly uses: number; readonly bytes: number } {
    const bytes = [...this.#reserved.values()].reduce((sum, one) => sum + (one.leaseId === leaseId ? one.bytes : 0), 0);
    return { uses: this.#spentUses.get(leaseId) ?? 0, bytes };
  }

  /** Whether its revocation or its end is known. */
  hasEnded(leaseId: string): boolean {
    return this.#endedLeases.has(leaseId);
  }

  #checkEpisode(event: JournalEvent): void {
    if (!("corrId" in event) || event.corrId === undefined) return;
    if (event.kind === "EpisodeStarted") {
      assert.ok(!this.#openEpisodes.has(event.corrId) && !this.#endedEpisodes.has(event.corrId), "started twice");
      this.#openEpisodes.add(event.corrId);
    }
    if (event.kind === "JobQueued") this.#corrIdOfJob.set(event.jobId, event.corrId);
    if ("jobId" in event) assert.equal(this.#corrIdOfJob.get(event.jobId), event.corrId, `corrId of ${event.kind}`);
    const mayFollow = [
      "ProposalApplied",
      "ProposedFilesApplied",
      "ResultReviewed",
      "LeaseRevoked",
      "LeaseExpired",
    ].includes(event.kind);
    const known = this.#openEpisodes.has(event.corrId) || (mayFollow && this.#endedEpisodes.has(event.corrId));
    assert.ok(known, `${event.kind} of an episode that is not open`);
    if (event.kind === "EpisodeFinished") {
      this.#openEpisodes.delete(event.corrId);
      this.#endedEpisodes.add(event.corrId);
    }
  }

  #checkFact(event: JournalEvent): void {
    switch (event.kind) {
      case "JobQueued":
        this.#jobKeys.set(event.jobId, event.jobKey);
        return;
      case "EgressRevised":
        assert.ok(this.#previews.has(event.previewId), "only what was shown is revised");
        this.#jobKeys.set(event.jobId, event.jobKey);
        this.#revised.add(event.previewId);
        return;
      case "NeverLeavesMarked":
      case "NeverLeavesUnmarked":
      case "ClassMarked":
      case "ClassUnmarked":
      case "FilesDerived":
      case "PolicyAdopted":
      case "PolicyFileJudged":
      case "WorkspacePolicyRead":
        return;
      case "OffloadsPaused":
      case "OffloadsResumed":
        this.#paused = event.kind === "OffloadsPaused";
        return;
      case "EgressPreviewed":
        this.#previews.set(event.previewId, event);
        return;
      case "LeaseGranted":
        assert.ok(!this.#leases.has(event.lease.leaseId), "a lease is granted once");
        this.#leases.set(event.lease.leaseId, event.lease);
        return;
      case "LeaseRevoked":
      case "LeaseExpired":
        this.#endedLeases.add(event.leaseId);
        return;
      case "LeaseReserved":
        this.#reserve(event);
        return;
      case "EgressRecorded":
        if (event.decision === "deny") return;
        assert.ok(!this.#paused, "nothing new leaves while offloads are paused");
        assert.ok(!this.#revised.has(event.previewId), "what was revised is never sent");
        assert.ok(event.attemptId !== undefined && !this.#allowed.has(event.attemptId), "one allow record an attempt");
        this.#allowed.set(event.attemptId, event);
        return;
      case "JobOffered":
        this.#checkOffer(event);
        return;
      case "JobFinished":
        this.#end(event.attemptId).finished = true;
        return;
      case "JobFailed":
      case "JobCancelled":
        if (event.attemptId !== undefined) this.#end(event.attemptId);
        return;
      case "EgressSettled": {
        const attempt = this.#attemptOf((offered) => offered.recordId === event.recordId);
        assert.ok(!attempt.recordSettled, "a record is settled once");
        const { target, leaseId } = attempt.offered;
        assert.deepEqual([event.nodeId, event.leaseId], [target, leaseId]);
        attempt.recordSettled = true;
        return;
      }
      case "LeaseCommitted":
      case "LeaseReleased": {
        const attempt = this.#attemptOf((offered) => offered.attemptId === event.attemptId);
        assert.equal(attempt.offered.leaseId, event.leaseId);
        this.#settleLease(event.attemptId, event.kind === "LeaseCommitted" ? event : undefined);
        assert.ok(!attempt.leaseSettled, "a reservation is committed or released once");
        attempt.leaseSettled = true;
        return;
      }
      case "ContributionMetered": {
        const attempt = this.#attempts.get(event.attemptId);
        assert.ok(attempt?.finished === true && !attempt.earned, "only a finished attempt earns, and once");
        assert.equal(event.nodeId, attempt.offered.target);
        attempt.earned = true;
        return;
      }
      case "EpisodeStarted":
      case "EpisodeFinished":
      case "ProposalReceived":
      case "ProposalApplied":
      case "ProposedFilesApplied":
      case "ResultReviewed":
      case "JobPlaced":
      case "JobAccepted":
      case "JobStarted":
      case "OutputAppended":
      case "ClusteringTurnedOn":
      case "ClusteringTurnedOff":
      case "InviteCreated":
      case "InviteReused":
      case "EnrolmentRequested":
      case "NodeEnrolled":
      case "EnrolmentRefused":
      case "NodeConnected":
      case "NodeLost":
      case "ClusteringBlocked":
      case "NodeCertificateRotated":
      case "NodeRevoked":
      case "LinkRefused":
      // staging/history.test.ts has an auditor of its own for these.
      case "ActionStaged":
      case "StagedEndorsed":
      case "StagedApproved":
      case "StagedRejected":
      case "StagedSuperseded":
      case "StagedWithdrawn":
      case "StagedBegun":
      case "StagedEnded":
        return;
    }
  }

  /** A job has one live attempt at most, tokens grow, and what leaves is exactly what was approved, in time. */
  #checkOffer(offered: JobOffered): void {
    const live = [...this.#attempts.values()].filter((one) => one.offered.jobId === offered.jobId && !one.ended);
    assert.deepEqual(live, [], "a job has at most one live attempt");
    assert.ok(offered.fencingToken > (this.#tokens.get(offered.jobId) ?? 0), "fencing tokens grow");
    this.#tokens.set(offered.jobId, offered.fencingToken);
    const settled = offered.local;
    this.#attempts.set(offered.attemptId, {
      offered,
      ended: false,
      finished: false,
      earned: false,
      recordSettled: settled,
      leaseSettled: settled,
    });
    const record = this.#allowed.get(offered.attemptId);
    if (offered.local) {
      assert.equal(record, undefined);
      return;
    }
    assert.ok(record !== undefined && offered.recordId === record.recordId, "an allow record before the offer");
    const preview = this.#previews.get(record.previewId);
    const lease = offered.leaseId === undefined ? undefined : this.#leases.get(offered.leaseId);
    assert.ok(preview !== undefined && lease !== undefined && record.leaseId === lease.leaseId);
    const jobKey = this.#jobKeys.get(offered.jobId);
    assert.deepEqual([record.payload, preview.payload], [jobKey, jobKey]);
    if (lease.scope.kind === "once") {
      const { payload, preview: shown, jobId } = lease.scope;
      assert.deepEqual([payload, shown, jobId], [jobKey, preview.preview, offered.jobId]);
    } else {
      assert.ok(lease.scope.kind === "scoped", "under the lease of a staged action nothing leaves");
      const fits = lease.scope.ceiling === "internal" ? ["public", "internal"] : ["public"];
      assert.ok(fits.includes(preview.highestClassification), "no higher class than the lease's");
    }
    assert.deepEqual(
      [lease.subject, record.nodeId, preview.destination.nodeId],
      [offered.target, offered.target, offered.target],
    );
    const reserved = this.#reserved.get(offered.attemptId);
    assert.ok(reserved?.held === true && reserved.leaseId === lease.leaseId, "reserved before it is offered");
    assert.ok(reserved.bytes >= record.payloadBytes, "the reservation is the upper bound");
  }

  #reserve(event: LeaseReserved): void {
    assert.ok(!this.#reserved.has(event.attemptId), "an attempt reserves once");
    assert.ok(!this.#endedLeases.has(event.leaseId), "a lease that was revoked or ran out covers nothing more");
    const { attemptId, leaseId, bytes, cost } = event;
    this.#reserved.set(attemptId, { leaseId, bytes, micros: cost?.micros ?? 0, held: true });
    this.#spentUses.set(leaseId, (this.#spentUses.get(leaseId) ?? 0) + 1);
    this.#checkBudget(leaseId);
  }

  #settleLease(attemptId: string, committed: LeaseCommitted | undefined): void {
    const reserved = this.#reserved.get(attemptId);
    assert.ok(reserved?.held === true, "only what is reserved is committed or released");
    assert.ok((committed?.bytes ?? 0) <= reserved.bytes, "no more is spent than was reserved");
    assert.ok((committed?.cost?.micros ?? 0) <= reserved.micros, "no more is paid than was reserved");
    reserved.held = false;
    reserved.bytes = committed?.bytes ?? 0;
    reserved.micros = committed?.cost?.micros ?? 0;
    if (committed === undefined)
      this.#spentUses.set(reserved.leaseId, (this.#spentUses.get(reserved.leaseId) ?? 0) - 1);
    this.#checkBudget(reserved.leaseId);
  }

  /** What is reserved and what is spent together never pass the budget. */
  #checkBudget(leaseId: string): void {
    const budget = this.#leases.get(leaseId)?.budget;
    assert.ok(budget !== undefined, "a lease is granted before it is used");
    const uses = [...this.#reserved.values()].filter((one) => one.leaseId === leaseId);
    const total = (of: (one: (typeof uses)[number]) => number): number => uses.reduce((sum, one) => sum + of(one), 0);
    assert.ok((this.#spentUses.get(leaseId) ?? 0) <= budget.uses, "a lease covers no more jobs than it names");
    assert.ok(total((one) => one.bytes) <= budget.bytes, "a lease covers no more bytes than it names");
    if (budget.cost === undefined) return;
    assert.ok(total((one) => one.micros) <= budget.cost.micros, "a lease covers no more cost than it names");
  }

  #checkAttempts(): void {
    for (const attempt of this.#attempts.values()) {
      const settled = attempt.recordSettled && attempt.leaseSettled;
      if (attempt.ended) assert.ok(settled, "an attempt that ended has settled its record and its lease");
      else if (!attempt.offered.local) {
        assert.ok(!attempt.recordSettled && !attempt.leaseSettled, "a live attempt has settled nothing yet");
      }
      assert.equal(attempt.earned, attempt.finished, "accepted work is metered");
    }
  }

  #end(attemptId: string): BookedAttempt {
    const attempt = this.#attempts.get(attemptId);
    assert.ok(attempt !== undefined && !attempt.ended, "an attempt ends once");
    attempt.ended = true;
    return attempt;
  }

  #attemptOf(matches: (offered: JobOffered) => boolean): BookedAttempt {
    const attempt = [...this.#attempts.values()].find((candidate) => matches(candidate.offered));
    assert.ok(attempt !== undefined, "it belongs to an attempt");
    return attempt;
  }
}
