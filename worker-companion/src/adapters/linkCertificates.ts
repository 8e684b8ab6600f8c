// The certificates of a worker's link through its life: the worker's own leaf, handed over before it ends, and the Home's,
// trusted before it is shown. Nothing the Home says of its certificate is kept before its identity was proven on the link.
// It must never show a leaf that the Home has not recorded while the one before it is still good.
import type { Identity } from "#platform/identity/identityFile.ts";
import type { HeldLeaves } from "#platform/identity/leafFile.ts";
import type { TlsLeaf } from "#platform/identity/tlsLeaf.ts";
import { type VerifiedLeaf, verifyLeaf } from "#platform/identity/verifyLeaf.ts";
import { nextCertificate } from "#platform/link/rotationProofs.ts";
import { ArwError } from "#protocol/errors.ts";
import type { EpochMs } from "#protocol/quantities.ts";
import type { HomeMessage } from "#protocol/wire/worker.ts";
import { type DialHomeTerms, type DialledHome, dialHome, type WorkerLink } from "./dial/dialHome.ts";
import { newerLeaf, pinnedLeaves } from "./dial/homePins.ts";
import type { NamedMembership } from "./workerFolder.ts";

/** A next leaf that the Home did not take is offered again this much later. */
export const CERTIFICATE_OFFERED_AGAIN_MS: number = 3_600_000;

export type CertificateMessage = Extract<
  HomeMessage,
  { readonly kind: "certificate-recorded" | "certificate-refused" | "home-certificate" }
>;

export interface LinkCertificatesTerms {
  readonly identity: Identity;
  readonly leaves: HeldLeaves;
  readonly membership: NamedMembership;
  readonly now: () => EpochMs;
  readonly save: (membership: NamedMembership) => Promise<void>;
  /** Told how far this machine's clock is before the Home's, at each dial that gets through. */
  readonly onClock?: (aheadMs: number) => void;
  readonly log: (fact: string, detail: Readonly<Record<string, unknown>>) => void;
}

export class LinkCertificates {
  readonly #terms: LinkCertificatesTerms;
  #membership: NamedMembership;
  /** What the Home showed on the latest link. */
  #shown: VerifiedLeaf | undefined;
  #offeredAt: EpochMs | undefined;

  constructor(terms: LinkCertificatesTerms) {
    this.#terms = terms;
    this.#membership = terms.membership;
  }

  /** One link, with the leaf that the Home knows. Throws ArwError as `dialHome` does. */
  async dial(signal: AbortSignal): Promise<WorkerLink> {
    const { leaves } = this.#terms;
    const dialled = await this.#dialWith(leaves.current, signal).catch(async (error: unknown) => {
      const { next } = leaves;
      if (next === undefined || !(error instanceof ArwError) || error.code !== "not-enrolled-or-revoked") throw error;
      // The Home may have recorded the next leaf without this worker hearing of it, and the overlap may be over.
      const withNext = await this.#dialWith(next, signal);
      await leaves.promoteNext();
      return withNext;
    });
    this.#shown = dialled.shown;
    this.#offeredAt = undefined;
    return dialled.link;
  }

  /** The Home's identity is proven on this link: what it showed is kept, and a next leaf is offered. */
  async connected(link: WorkerLink): Promise<void> {
    const shown = this.#shown;
    if (shown !== undefined && shown.fingerprint === link.peerFingerprint) await this.#keepShown(shown);
    await this.offer(link);
  }

  /** Hands the next leaf over when it is time; cheap enough for every heartbeat. */
  async offer(link: WorkerLink): Promise<void> {
    const { identity, leaves, now } = this.#terms;
    const at = now();
    if (this.#offeredAt !== undefined && at - this.#offeredAt < CERTIFICATE_OFFERED_AGAIN_MS) return;
    const next = await leaves.prepareNext(at);
    if (next === undefined) return;
    this.#offeredAt = at;
    await link.send(nextCertificate(identity, next, link.exporter));
  }

  async receive(message: CertificateMessage, link: WorkerLink): Promise<void> {
    switch (message.kind) {
      case "certificate-recorded":
        if (message.fingerprint === this.#terms.leaves.next?.fingerprint) await this.#terms.leaves.promoteNext();
        return;
      case "certificate-refused": {
        const { code, message: reason } = message;
        return this.#terms.log("the Home did not take the next certificate", { code, reason });
      }
      case "home-certificate":
        return this.#trustNext(message.certificate, link);
    }
  }

  #dialWith(leaf: TlsLeaf, signal: AbortSignal): Promise<DialledHome> {
    const { now, onClock } = this.#terms;
    const clock = onClock === undefined ? {} : { onClock };
    const terms: DialHomeTerms = { home: this.#membership, leaf, now, ...clock };
    return dialHome(terms, signal);
  }

  async #keepShown(shown: VerifiedLeaf): Promise<void> {
    const { nextHomeCertificate, ...membership } = this.#membership;
    if (shown.certificate === membership.homeCertificate) return;
    // The one before it has had its time: an announced one that is later still is announced again at once.
    await this.#save({ ...membership, homeCertificate: shown.certificate });
    this.#terms.log("the Home shows another certificate of its own", { announced: nextHomeCertificate !== undefined });
  }

  async #trustNext(certificate: string, link: WorkerLink): Promise<void> {
    const leaf = verifyLeaf(certificate);
    const membership = this.#membership;
    if (!leaf.ok || leaf.publicKey !== membership.homeKey) {
      return link.close("unexpected-message", "the announced certificate is not this Home's");
    }
    // It is announced on every link: what is known already, or older, changes nothing.
    const newer = newerLeaf(certificate, membership.homeKey, pinnedLeaves(membership), this.#terms.now());
    if (newer !== undefined) await this.#save({ ...membership, nextHomeCertificate: newer.certificate });
  }

  async #save(membership: NamedMembership): Promise<void> {
    await this.#terms.save(membership);
    this.#membership = membership;
  }
}
