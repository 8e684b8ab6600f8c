// The files that an approval would write, read from the proposal and shown only if they are the very changes that the action's
// digest names. What cannot be read, or has become something else, is shown as unknown and never guessed.
import { digestOfJson } from "#protocol/digest.ts";
import { ArwError } from "#protocol/errors.ts";
import type { ProposedChange } from "#protocol/proposal.ts";
import { type Evidence, editedChanges } from "#protocol/staging.ts";
import { STAGED_FILES_SHOWN_MAX, type StagedFile } from "#protocol/webview/staged.ts";
import { METHODS, type Method } from "#protocol/wire/client.ts";
import type { StagedView } from "#protocol/wire/stagingViews.ts";

interface Calls {
  call<Params, Result>(method: Method<Params, Result>, params: Params): Promise<Result>;
}

export async function stagedFiles(
  home: Calls,
  { action, evidence }: StagedView,
): Promise<readonly StagedFile[] | undefined> {
  if (action.kind !== "apply-proposal") return undefined;
  try {
    const { appliedPaths = [], proposal } = await home.call(METHODS.showProposal, { proposalId: action.proposalId });
    const applied = new Set(appliedPaths);
    const wanted = action.paths === undefined ? undefined : new Set<string>(action.paths);
    const left = proposal.changes.filter(({ path }) => !applied.has(path) && wanted?.has(path) !== false);
    const changes = editedChanges(left, action.edited);
    if (digestOfJson(changes) !== action.changes) return undefined;
    return marked(changes, evidence).slice(0, STAGED_FILES_SHOWN_MAX);
  } catch (error) {
    if (error instanceof ArwError) return undefined;
    throw error;
  }
}

/** What a person most needs to see comes first. */
function marked(changes: readonly ProposedChange[], evidence: readonly Evidence[]): readonly StagedFile[] {
  const diff = evidence.find((piece) => piece.kind === "diff");
  const [steering, outside] = [new Set(diff?.protectedPaths), new Set(diff?.outsidePaths)];
  const markOf = (path: string): Pick<StagedFile, "mark"> =>
    steering.has(path) ? { mark: "protected" } : outside.has(path) ? { mark: "outside" } : {};
  const rank = ({ mark }: StagedFile): number => (mark === "protected" ? 0 : mark === "outside" ? 1 : 2);
  return changes
    .map((change): StagedFile => {
      const bytes = "bytes" in change ? { bytes: change.bytes } : {};
      return { path: change.path, change: change.kind, ...bytes, ...markOf(change.path) };
    })
    .toSorted((left, right) => rank(left) - rank(right) || (left.path < right.path ? -1 : 1));
}
