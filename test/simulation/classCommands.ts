// Commands about the class of paths: marks, and files about to be written from what an episode was given.
// As in homeCommands.ts a test names one number, and everything may be overridden.
import type { ClearClass, DeriveFiles, MarkClass } from "#protocol/classCommands.ts";
import type { Classification } from "#protocol/egress.ts";
import { workspacePathSchema } from "#protocol/workspacePath.ts";
import { idsOf, NOW, OWNER, SHELL } from "./homeCommands.ts";

export function markClass(path: string, classification: Classification, change: Partial<MarkClass> = {}): MarkClass {
  const of = { kind: "mark-class", at: NOW, by: OWNER, collected: [], transfers: [] } as const;
  return { ...of, paths: [path], classification, ...change };
}

export function clearClass(path: string, change: Partial<ClearClass> = {}): ClearClass {
  return { kind: "clear-class", at: NOW, by: OWNER, paths: [path], collected: [], transfers: [], ...change };
}

/** The files of proposal `number`. */
export function deriveFiles(
  number: number,
  classification: Classification,
  paths: readonly string[],
  change: Partial<DeriveFiles> = {},
): DeriveFiles {
  const { proposalId } = idsOf(number);
  const written = paths.map((path) => workspacePathSchema.parse(path));
  return { kind: "derive-files", at: NOW, by: SHELL, proposalId, classification, paths: written, ...change };
}
