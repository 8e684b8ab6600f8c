// An auditor of a Home's facts: it reads each frame as it comes and holds it to the product's invariants.
// It knows nothing of the Home's state, so that a mistake there is not repeated here.
import assert from "node:assert/strict";
import type { Lease } from "#protocol/egress.ts";
import type { EgressPreviewed, EgressRecorded, JobOffered, JournalEvent } from "#protocol/events.ts";

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
  readonly #allowed = new Map<string, EgressRecorded>();
  readonly #leases = new Map<string, Lease>();
  readonly #reserved = new Set<string>();
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

  #checkEpisode(event: JournalEvent): void {
    if (!("corrId" in event)) return;
    if (event.kind === "EpisodeStarted") {
      assert.ok(!this.#openEpisodes.has(event.corrId) && !this.#endedEpisodes.has(event.corrId), "started twice");
      this.#openEpisodes.add(event.corrId);
    }
    if (event.kind === "JobQueued") this.#corrIdOfJob.set(event.jobId, event.corrId);
    if ("jobId" in event) assert.equal(this.#corrIdOfJob.get(event.jobId), event.corrId, `corrId of ${event.kind}`);
    const mayFollow = event.kind === "ProposalApplied" || event.kind === "LeaseRevoked";
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
      case "EgressPreviewed":
        this.#previews.set(event.previewId, event);
        return;
      case "LeaseGranted":
        assert.ok(!this.#leases.has(event.lease.leaseId), "a lease is granted once");
        this.#leases.set(event.lease.leaseId, event.lease);
        return;
      case "LeaseReserved":
        assert.ok(!this.#reserved.has(event.leaseId), "a once lease is reserved once");
        this.#reserved.add(event.leaseId);
        return;
      case "EgressRecorded":
        if (event.decision === "deny") return;
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
        const attempt = this.#attemptOf((offered) => offered.leaseId === event.leaseId);
        assert.equal(attempt.offered.attemptId, event.attemptId);
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
      case "JobPlaced":
      case "JobAccepted":
      case "JobStarted":
      case "OutputAppended":
      case "LeaseRevoked":
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
    assert.deepEqual([record.payload, preview.payload, lease.scope.payload], [jobKey, jobKey, jobKey]);
    assert.deepEqual([lease.scope.preview, lease.scope.jobId], [preview.preview, offered.jobId]);
    assert.deepEqual(
      [lease.subject, record.nodeId, preview.destination.nodeId],
      [offered.target, offered.target, offered.target],
    );
    assert.ok(this.#reserved.has(lease.leaseId) && offered.at < lease.expiresAt, "reserved, and not run out");
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
