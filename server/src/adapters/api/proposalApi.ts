// Proposals for clients: show them with their conflicts, read what they propose, and apply one, whole or file by file, by the
// owner's word.
// Nothing is written over an edit made since; two applications never run at once.
import { type Refusal, refuse } from "#protocol/errors.ts";
import type { Proposal } from "#protocol/proposal.ts";
import { OUTPUT_PAGE_BYTES_MAX } from "#protocol/wire/clientViews.ts";
import type { HeldProposal } from "../../home/episode/state.ts";
import { readProposal } from "../attempts/proposalFetch.ts";
import type { HomeApi } from "../clientServer/homeApi.ts";
import { applyProposal } from "../proposal/applyProposal.ts";
import { conflictsOf } from "../proposal/conflicts.ts";
import { type HomeServices, requesterOf } from "./services.ts";

type ProposalApi = Pick<HomeApi, "showProposal" | "readProposedFile" | "applyProposal">;

const OWNER_REQUIRED = refuse(
  "owner-session-required",
  "Only the owner may apply a proposal.",
  "Open an owner session: set ARW_OWNER_SECRET, or type the secret when asked.",
);

const PROPOSAL_UNKNOWN = refuse("proposal-unknown", "There is no such proposal.", "See `arw-home episodes`.");

export function proposalApi(services: HomeServices): ProposalApi {
  const { home, blobs, view, workspaceFolder, now, applying } = services;
  const apply: HomeApi["applyProposal"] = async ({ proposalId, digest, paths }, session) => {
    // The core refuses these as well, but only once the files would be written.
    if (!session.owner) return OWNER_REQUIRED;
    if (home.refusal !== undefined) return home.refusal;
    const held = home.state.episodes.proposals.get(proposalId);
    if (held === undefined) return PROPOSAL_UNKNOWN;
    if (held.digest !== digest) {
      return refuse("proposal-changed", "This is not the proposal that was shown.", "Look at it again, then apply it.");
    }
    if (held.appliedAt !== undefined) return APPLIED;
    const proposal = chosenOf(leftOf(await readProposal(blobs, held.digest), held), paths, held);
    if (proposal.kind === "refusal") return proposal;
    const [conflict, ...others] = await conflictsOf(workspaceFolder, proposal);
    if (conflict !== undefined) {
      const more = others.length === 0 ? "" : ` (and ${others.length} more)`;
      return refuse(
        "proposal-conflicts",
        `${conflict.path}${more} cannot be written: ${conflict.reason}. Nothing was changed.`,
        "Look at it: arw-home proposal show. Undo your edit there, or run the command again.",
      );
    }
    const { files } = await applyProposal(workspaceFolder, proposal, blobs, session.signal);
    const by = requesterOf(session);
    const named = paths === undefined ? {} : { paths: proposal.changes.map(({ path }) => path) };
    const applied = { proposalId, digest, files, ...named };
    const recorded = await home.execute({ kind: "record-applied", at: now(), by, ...applied });
    return recorded.kind === "refusal" ? recorded : { files };
  };
  return {
    showProposal: async ({ proposalId }) => {
      const held = home.state.episodes.proposals.get(proposalId) ?? (await view.current()).proposal(proposalId);
      if (held === undefined) return PROPOSAL_UNKNOWN;
      const proposal = await readProposal(blobs, held.digest);
      const { episodeId, digest, appliedAt, appliedPaths } = held;
      const conflicts = appliedAt === undefined ? await conflictsOf(workspaceFolder, leftOf(proposal, held)) : [];
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
    readProposedFile: async ({ proposalId, digest, fromByte }) => {
      const held = home.state.episodes.proposals.get(proposalId) ?? (await view.current()).proposal(proposalId);
      if (held === undefined) return PROPOSAL_UNKNOWN;
      const proposal = await readProposal(blobs, held.digest);
      const named = proposal.changes.some((change) => "digest" in change && change.digest === digest);
      if (!named) return refuse("blob-not-in-proposal", "The proposal names no such content.", "Show it again.");
      const bytes = await blobs.read(digest, fromByte, OUTPUT_PAGE_BYTES_MAX);
      return { base64: Buffer.from(bytes).toString("base64") };
    },
    applyProposal: (params, session) => applying.run(() => apply(params, session)),
  };
}

const APPLIED = refuse("proposal-applied", "This proposal was already applied.", "Nothing to do.");

/** What is still proposed of it. */
function leftOf(proposal: Proposal, { appliedPaths = [] }: HeldProposal): Proposal {
  const applied = new Set(appliedPaths);
  return { ...proposal, changes: proposal.changes.filter(({ path }) => !applied.has(path)) };
}

/** Only the changes at these paths. One that was applied before is passed over; one that was never proposed is a mistake. */
function chosenOf(
  left: Proposal,
  paths: readonly string[] | undefined,
  { appliedPaths = [] }: HeldProposal,
): Proposal | Refusal {
  if (paths === undefined) return left;
  const wanted = new Set(paths);
  const proposed = new Set<string>([...appliedPaths, ...left.changes.map(({ path }) => path)]);
  const unknown = paths.find((path) => !proposed.has(path));
  if (unknown !== undefined) {
    return refuse(
      "proposal-file-unknown",
      `The proposal changes nothing at ${JSON.stringify(unknown)}.`,
      "Name a path as the proposal has it: arw-home proposal show.",
    );
  }
  const changes = left.changes.filter(({ path }) => wanted.has(path));
  return changes.length === 0 ? APPLIED : { ...left, changes };
}
