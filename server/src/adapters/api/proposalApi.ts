// Proposals for clients: show them with their conflicts, read what they propose, and apply one, whole or file by file, by the
// owner's word. What the owner did not ask for, and what somebody else asks for, is put before the owner instead.
// Nothing is written over an edit made since; two applications never run at once.
import { refuse } from "#protocol/errors.ts";
import { OUTPUT_PAGE_BYTES_MAX } from "#protocol/wire/clientViews.ts";
import { proposalProblem } from "../../home/episode/review.ts";
import { isEditedContent } from "../../home/staging/edited.ts";
import { riskOf } from "../../home/staging/risk.ts";
import { stagingOf } from "../../home/staging/state.ts";
import { readProposal } from "../attempts/proposalFetch.ts";
import type { HomeApi } from "../clientServer/homeApi.ts";
import { applyProposal } from "../proposal/applyProposal.ts";
import { conflictsOf } from "../proposal/conflicts.ts";
import { recordDerived } from "../proposal/derivedClass.ts";
import { applicationOf, leftOf, needsReview, PROPOSAL_UNKNOWN } from "../staging/application.ts";
import { putBeforeOwner } from "../staging/putBefore.ts";
import { type HomeServices, requesterOf } from "./services.ts";

type ProposalApi = Pick<HomeApi, "showProposal" | "readProposedFile" | "applyProposal">;

export function proposalApi(services: HomeServices): ProposalApi {
  const { home, blobs, view, workspaceFolder, now, applying } = services;
  const apply: HomeApi["applyProposal"] = async ({ proposalId, digest, paths }, session) => {
    if (home.refusal !== undefined) return home.refusal;
    const shown = home.state.episodes.proposals.get(proposalId);
    if (shown !== undefined && shown.digest !== digest) {
      return refuse("proposal-changed", "This is not the proposal that was shown.", "Look at it again, then apply it.");
    }
    const application = await applicationOf(services, proposalId, { paths });
    if (application.kind === "refusal") return application;
    const { action, evidence, held, proposal, title } = application;
    const [conflict, ...others] = await conflictsOf(workspaceFolder, proposal, "approved");
    if (conflict !== undefined) {
      const more = others.length === 0 ? "" : ` (and ${others.length} more)`;
      return refuse(
        "proposal-conflicts",
        `${conflict.path}${more} cannot be written: ${conflict.reason}. Nothing was changed.`,
        "Look at it: arw-home proposal show. Undo your edit there, or run the command again.",
      );
    }
    // Who asks by hand for what the episode was asked to bring back has answered already; for anything else the owner looks.
    if (!session.owner || needsReview(action)) {
      const why = session.owner ? riskOf(action).reason : "Only the owner may apply a proposal.";
      return putBeforeOwner(services, session, { action, title, evidence, why, episodeId: held.episodeId });
    }
    const refusal = await recordDerived(services, application, session.signal);
    if (refusal !== undefined) return refusal;
    const { files } = await applyProposal(workspaceFolder, proposal, blobs, session.signal);
    const by = requesterOf(session);
    const named = paths === undefined ? {} : { paths: proposal.changes.map(({ path }) => path) };
    const applied = { proposalId, digest, files, ...named };
    const recorded = await home.execute({ kind: "record-applied", at: now(), by, ...applied });
    return recorded.kind === "refusal" ? recorded : { files };
  };
  return {
    showProposal: async ({ proposalId, review }, session) => {
      const held = home.state.episodes.proposals.get(proposalId) ?? (await view.current()).proposal(proposalId);
      if (held === undefined) return PROPOSAL_UNKNOWN;
      const waits = proposalProblem(home.state.episodes, held, session.owner && review === true);
      if (waits !== undefined) return waits;
      const proposal = await readProposal(blobs, held.digest);
      const { episodeId, digest, appliedAt, appliedPaths } = held;
      const conflicts =
        appliedAt === undefined ? await conflictsOf(workspaceFolder, leftOf(proposal, held), "approved") : [];
      return {
        proposalId,
        episodeId,
        digest,
        proposal,
        conflicts,
        ...(appliedAt === undefined ? {} : { appliedAt }),
        ...(appliedPaths === undefined ? {} : { appliedPaths }),
      };
    },
    readProposedFile: async ({ proposalId, digest, fromByte, review }, session) => {
      const held = home.state.episodes.proposals.get(proposalId) ?? (await view.current()).proposal(proposalId);
      if (held === undefined) return PROPOSAL_UNKNOWN;
      const waits = proposalProblem(home.state.episodes, held, session.owner && review === true);
      if (waits !== undefined) return waits;
      const proposal = await readProposal(blobs, held.digest);
      const named =
        proposal.changes.some((change) => "digest" in change && change.digest === digest) ||
        isEditedContent(stagingOf(home.state), proposalId, digest);
      if (!named) return refuse("blob-not-in-proposal", "The proposal names no such content.", "Show it again.");
      const bytes = await blobs.read(digest, fromByte, OUTPUT_PAGE_BYTES_MAX);
      return { base64: Buffer.from(bytes).toString("base64") };
    },
    applyProposal: (params, session) => applying.run(() => apply(params, session)),
  };
}
