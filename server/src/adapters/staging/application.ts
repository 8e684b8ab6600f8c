// What applying a proposal would do, worked out from its bytes each time it is asked: which changes are left, which of them
// nobody asked for, and the action that an approval of exactly these changes names.
import picomatch from "picomatch";
import { digestOfJson } from "#protocol/digest.ts";
import { type Refusal, refuse } from "#protocol/errors.ts";
import type { EpisodeId, ProposalId } from "#protocol/ids.ts";
import type { CommandJob } from "#protocol/job.ts";
import type { Proposal, ProposedChange } from "#protocol/proposal.ts";
import {
  type EditedContent,
  editedChanges,
  EVIDENCE_PATHS_MAX,
  type Evidence,
  type StagedAction,
} from "#protocol/staging.ts";
import type { EpisodeView } from "#protocol/wire/clientViews.ts";
import { proposalProblem } from "../../home/episode/review.ts";
import type { HeldProposal } from "../../home/episode/state.ts";
import { episodeView } from "../../home/episode/view.ts";
import type { HomeServices } from "../api/services.ts";
import { readProposal } from "../attempts/proposalFetch.ts";
import { isProtected } from "../proposal/conflicts.ts";

export interface Application {
  readonly kind: "application";
  readonly held: HeldProposal;
  /** Only the changes that would be written. */
  readonly proposal: Proposal;
  readonly action: Extract<StagedAction, { readonly kind: "apply-proposal" }>;
  readonly title: string;
  readonly evidence: readonly Evidence[];
}

type ApplicationServices = Pick<HomeServices, "home" | "blobs" | "view">;

export const PROPOSAL_UNKNOWN: Refusal = refuse(
  "proposal-unknown",
  "There is no such proposal.",
  "See `arw-home episodes`.",
);
export const PROPOSAL_APPLIED: Refusal = refuse(
  "proposal-applied",
  "This proposal was already applied.",
  "Nothing to do.",
);

/** What of a proposal is meant: all of it as it was made, where nothing else is said. */
export interface Chosen {
  readonly paths?: readonly string[] | undefined;
  readonly edited?: readonly EditedContent[] | undefined;
}

export async function applicationOf(
  services: ApplicationServices,
  proposalId: ProposalId,
  { paths, edited: asked = [] }: Chosen,
): Promise<Application | Refusal> {
  const held = services.home.state.episodes.proposals.get(proposalId);
  if (held === undefined) return PROPOSAL_UNKNOWN;
  const waits = proposalProblem(services.home.state.episodes, held);
  if (waits !== undefined) return waits;
  if (held.appliedAt !== undefined) return PROPOSAL_APPLIED;
  const chosen = chosenOf(leftOf(await readProposal(services.blobs, held.digest), held), paths, held);
  if (chosen.kind === "refusal") return chosen;
  const edited = editsOf(chosen, asked);
  const proposal: Proposal = { ...chosen, changes: editedChanges(chosen.changes, edited) };
  const { episode, job } = await originOf(services, held.episodeId);
  const askedFor = job?.outputs ?? [];
  // As the worker matched them when it took the files.
  const isAsked = askedFor.length === 0 ? () => false : picomatch([...askedFor], { dot: true, nonegate: true });
  const written = proposal.changes.map(({ path }) => path).sort();
  const protectedPaths = written.filter(isProtected);
  const outsidePaths = written.filter((path) => !isAsked(path));
  const deletes = proposal.changes.filter(({ kind }) => kind === "delete" || kind === "delete-symlink").length;
  const [first = ""] = written;
  const title =
    written.length === 1 ? `Write ${first}` : `Write ${written.length} files of ${episode?.title ?? "an episode"}`;
  return {
    kind: "application",
    held,
    proposal,
    title,
    action: {
      kind: "apply-proposal",
      proposalId,
      proposal: held.digest,
      changes: digestOfJson(proposal.changes),
      ...(paths === undefined ? {} : { paths: written }),
      ...(edited.length === 0 ? {} : { edited }),
      touched: {
        files: written.length,
        deletes,
        protected: protectedPaths.length,
        outside: outsidePaths.length,
      },
    },
    evidence: [
      {
        kind: "diff",
        proposal: held.digest,
        files: written.length,
        protectedPaths: protectedPaths.slice(0, EVIDENCE_PATHS_MAX),
        outsidePaths: outsidePaths.slice(0, EVIDENCE_PATHS_MAX),
        askedFor,
      },
      ...ranEvidence(episode),
    ],
  };
}

/** Those that make a difference here, in one order: what was edited back to what was proposed is no edit. */
function editsOf({ changes }: Proposal, asked: readonly EditedContent[]): readonly EditedContent[] {
  const proposed = new Map(changes.flatMap((change) => (hasContent(change) ? [[change.path, change.digest]] : [])));
  return asked
    .filter(({ digest, path }) => proposed.has(path) && proposed.get(path) !== digest)
    .toSorted((one, other) => (one.path < other.path ? -1 : 1));
}

export function hasContent(change: ProposedChange): change is Extract<ProposedChange, { readonly bytes: unknown }> {
  return change.kind === "create" || change.kind === "edit";
}

/** Whether an owner who asks for it has to look first: it is more than the episode was asked to bring back. */
export function needsReview({ touched }: Application["action"]): boolean {
  return touched.protected > 0 || touched.outside > 0;
}

/** What is still proposed of it. */
export function leftOf(proposal: Proposal, { appliedPaths = [] }: HeldProposal): Proposal {
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
  return changes.length === 0 ? PROPOSAL_APPLIED : { ...left, changes };
}

/** The episode that made it, and its command; of what is not known any more, nothing was asked for. */
async function originOf(
  { home, view }: ApplicationServices,
  id: EpisodeId,
): Promise<{ readonly episode?: EpisodeView; readonly job?: CommandJob }> {
  const episode = episodeView(home.state, id) ?? (await view.current()).episode(id);
  if (episode === undefined) return {};
  const job = home.state.jobs.byId.get(episode.jobId)?.job ?? episode.snapshot?.job;
  return { episode, ...(job?.kind === "command" ? { job } : {}) };
}

/** What made the files ran in a sandbox; what ran elsewhere was written by a machine that is not this one. */
function ranEvidence(episode: EpisodeView | undefined): readonly Evidence[] {
  if (episode?.outcome === undefined) return [];
  const { episodeId, outcome, produced, target, title } = episode;
  const outputBytes = produced.reduce((total, { bytes }) => total + bytes, 0);
  return [
    { kind: "dry-run", episodeId, title, outcome, outputBytes },
    ...(target.local ? [] : [{ kind: "taint", untrusted: `made on ${target.name}` } as const]),
  ];
}
