// Commands about the class of paths: what a person says of them, and files that are about to be written.
import type { CollectedPaths, Requester, Transfer } from "./commands.ts";
import type { Classification } from "./egress.ts";
import type { ProposalId } from "./ids.ts";
import type { EpochMs } from "./quantities.ts";
import type { WorkspacePath } from "./workspacePath.ts";

interface ClassOrder<Kind extends string> {
  readonly kind: Kind;
  readonly at: EpochMs;
  readonly by: Requester;
}

/** What of waiting and fetched bytes is more by a change of marks ends with it. */
interface MarksOrder<Kind extends string> extends ClassOrder<Kind> {
  readonly paths: readonly string[];
  readonly collected: readonly CollectedPaths[];
  readonly transfers: readonly Transfer[];
}

/** Says of what class files and folders are. */
export interface MarkClass extends MarksOrder<"mark-class"> {
  readonly classification: Classification;
}
/** Takes marks away; what lies below a stricter one is more by that. */
export type ClearClass = MarksOrder<"clear-class">;
/** These files of a proposal are about to be written; `classification` is the highest of what its episode was given. */
export interface DeriveFiles extends ClassOrder<"derive-files"> {
  readonly proposalId: ProposalId;
  readonly classification: Classification;
  /** What of the episode's inputs came from elsewhere. */
  readonly untrusted?: string;
  readonly paths: readonly WorkspacePath[];
}

export type ClassCommand = MarkClass | ClearClass | DeriveFiles;
