// A path inside the workspace: relative, with forward slashes, never leaving it. Whatever names a file on another
// machine passes here first, so that `..`, an absolute path or a drive letter never reaches a file system.
import * as z from "zod";
import type { Brand } from "./brand.ts";

export type WorkspacePath = Brand<string, "WorkspacePath">;

/** Longer paths are refused: Linux itself stops at 4096 bytes. */
export const WORKSPACE_PATH_CHARACTERS_MAX = 4_096;

export function isWorkspacePath(text: string): text is WorkspacePath {
  if (text.length === 0 || text.length > WORKSPACE_PATH_CHARACTERS_MAX) return false;
  // Backslash and colon are separators on Windows: a path that is safe here must be safe there. NUL ends a C string early.
  if (/[\\:\0]/.test(text) || !text.isWellFormed()) return false;
  return text.split("/").every((part) => part !== "" && part !== "." && part !== "..");
}

export const workspacePathSchema: z.ZodType<WorkspacePath> = z.custom<WorkspacePath>(
  (value) => typeof value === "string" && isWorkspacePath(value),
  "must be a relative path inside the workspace, with forward slashes",
);

/**
 * Whether a symlink at `path` with this target stays inside the tree. Absolute targets never do. `..` counts only at
 * the start: behind a name it might follow another symlink first and so leave a tree that its text stays in.
 */
export function symlinkStaysInside(path: WorkspacePath, target: string): boolean {
  if (target === "" || target.startsWith("/") || /[\\:\0]/.test(target)) return false;
  const parts = target.split("/").filter((part) => part !== "." && part !== "");
  const firstName = parts.findIndex((part) => part !== "..");
  const ups = firstName === -1 ? parts.length : firstName;
  return ups < path.split("/").length && !parts.slice(ups).includes("..");
}
