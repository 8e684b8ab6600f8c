// Whether a proposal still fits the workspace: each change needs what the job saw, at a path it may write.
// A path where the wanted state stands already fits: what a crash left half applied can be applied again to its end.
// It changes nothing, and reads nothing through a symlink.
import { realpath } from "node:fs/promises";
import { digestOf } from "#protocol/digest.ts";
import type { Proposal, ProposedChange } from "#protocol/proposal.ts";
import { isWorkspacePath, symlinkStaysInside } from "#protocol/workspacePath.ts";
import { type PathState, stateOfPath } from "./pathState.ts";

export interface Conflict {
  readonly path: string;
  readonly reason: string;
}

/** The folders in which applying stages its files, at the top of a workspace. Nobody else may write there. */
export const STAGING_PREFIX = ".arw-apply-";

/** Whether protected paths may be written: only where the owner approved exactly these changes as a staged action. */
export type ProtectedPaths = "refused" | "approved";

/** Every change that cannot be applied, with the reason. Empty where the whole proposal fits. */
export async function conflictsOf(
  workspaceFolder: string,
  proposal: Proposal,
  protectedPaths: ProtectedPaths = "refused",
): Promise<readonly Conflict[]> {
  const root = await realpath(workspaceFolder);
  const paths = new Set<string>();
  const conflicts: Conflict[] = [];
  for (const change of proposal.changes) {
    const reason = paths.has(change.path)
      ? "named twice in the proposal"
      : await conflictOf(root, change, protectedPaths);
    paths.add(change.path);
    if (reason !== undefined) conflicts.push({ path: change.path, reason });
  }
  for (const path of paths) {
    const parent = parentsOf(path).find((folder) => paths.has(folder));
    if (parent !== undefined) conflicts.push({ path, reason: `${JSON.stringify(parent)} would be file and folder` });
  }
  return conflicts;
}

/** Why this one change does not fit what stands at its path now, or undefined where it does. */
export async function conflictOf(
  root: string,
  change: ProposedChange,
  protectedPaths: ProtectedPaths,
): Promise<string | undefined> {
  if (!isWorkspacePath(change.path)) return "not a path inside the workspace";
  if (isReserved(change.path)) return "reserved path: the Home stages its own writes there";
  if (protectedPaths === "refused" && isProtected(change.path)) {
    return "protected path: it steers git, the editor or ARW, and needs an approval of its own";
  }
  if (change.kind === "symlink" && !symlinkStaysInside(change.path, change.target)) {
    return "the symlink would leave the workspace";
  }
  const state = await stateOfPath(root, change.path);
  if (state.kind === "unreachable") return state.reason;
  if (isWanted(change, state)) return undefined;
  switch (change.kind) {
    case "create":
      return state.kind === "absent" ? undefined : "something exists there by now";
    case "edit":
    case "mode":
    case "delete":
      if (state.kind === "absent") return "no longer there";
      if (state.kind !== "file") return "no longer a regular file";
      return state.digest === change.base ? undefined : "changed since the job saw it";
    case "symlink":
      return symlinkConflict(change.base, state);
    case "delete-symlink":
      return state.kind === "symlink" && state.target === change.target ? undefined : "changed since the job saw it";
  }
}

/** Whether the path is already as the change would make it; of a mode only the executable bit counts. */
export function isWanted(change: ProposedChange, state: PathState): boolean {
  switch (change.kind) {
    case "create":
    case "edit":
      return state.kind === "file" && state.digest === change.digest && isExecutable(state) === change.executable;
    case "mode":
      return state.kind === "file" && state.digest === change.base && isExecutable(state) === change.executable;
    case "symlink":
      return state.kind === "symlink" && state.target === change.target;
    case "delete":
    case "delete-symlink":
      return state.kind === "absent";
  }
}

function isExecutable({ mode }: { readonly mode: number }): boolean {
  return (mode & 0o100) !== 0;
}

function symlinkConflict(base: string | undefined, state: PathState): string | undefined {
  if (base === undefined) return state.kind === "absent" ? undefined : "something exists there by now";
  if (state.kind === "absent") return "no longer there";
  if (state.kind === "file" && state.digest === base) return undefined;
  if (state.kind === "symlink" && digestOf(state.target) === base) return undefined;
  return "changed since the job saw it";
}

/** Paths that make other programs run code or drop their guard, or that steer ARW itself. */
export function isProtected(path: string): boolean {
  return foldedParts(path).some(
    (part) =>
      part === ".git" ||
      part === "git~1" ||
      part === ".vscode" ||
      part === ".arw" ||
      part.endsWith(".code-workspace") ||
      part.startsWith(STAGING_PREFIX),
  );
}

function isReserved(path: string): boolean {
  return foldedParts(path).some((part) => part.startsWith(STAGING_PREFIX));
}

/** File systems that fold case, trailing dots or short names would take `.GIT`, `.git.` and `git~1` for the same folder. */
function foldedParts(path: string): readonly string[] {
  return path
    .toLowerCase()
    .split("/")
    .map((part) => part.replace(/[\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff]/gu, "").replace(/[. ]+$/u, ""));
}

function parentsOf(path: string): readonly string[] {
  const parts = path.split("/");
  return parts.slice(1).map((_, index) => parts.slice(0, index + 1).join("/"));
}
