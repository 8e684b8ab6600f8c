// What a workspace offers for a command: the scripts of its package.json, folders that git ignores and a command may need,
// and what was run here before. It reads and never runs anything.
import * as z from "zod";
import { decode, decodeJson } from "#protocol/decode.ts";
import { isWorkspacePath, type WorkspacePath } from "#protocol/workspacePath.ts";
import { commandLineOf } from "./commandLine.ts";

export interface ScriptHint {
  readonly line: string;
  readonly script: string;
}

/** A command that was run here, as it was typed. */
export interface RecentCommand {
  readonly line: string;
  /** The globs of the files that were kept, as they were typed. */
  readonly outputs: string;
}

export const SCRIPT_HINTS_MAX = 50;
export const RECENT_COMMANDS_MAX = 10;
/** A longer line is not remembered: a hint is read at a glance. */
export const RECENT_CHARACTERS_MAX = 1_000;

/** Lock files and the program whose they are; the first that is there counts. */
export const LOCK_FILES: readonly (readonly [file: string, program: string])[] = [
  ["pnpm-lock.yaml", "pnpm"],
  ["yarn.lock", "yarn"],
  ["bun.lock", "bun"],
  ["package-lock.json", "npm"],
];
/** Folders with dependencies, which git usually ignores. */
export const DEPENDENCY_FOLDERS: readonly WorkspacePath[] = ["node_modules", ".venv", "venv", "vendor"].filter(
  isWorkspacePath,
);

const packageSchema: z.ZodType<{ readonly scripts?: Readonly<Record<string, string>> }> = z.looseObject({
  scripts: z.record(z.string(), z.string()).exactOptional(),
});
const recentSchema: z.ZodType<readonly RecentCommand[]> = z.array(
  z.strictObject({ line: z.string().max(RECENT_CHARACTERS_MAX), outputs: z.string().max(RECENT_CHARACTERS_MAX) }),
);

/** The scripts of a package.json; none where it cannot be read: it is only a hint. */
export function scriptHints(packageJson: string, program: string): readonly ScriptHint[] {
  const decoded = decodeJson(packageSchema, packageJson);
  if (!decoded.ok) return [];
  return Object.entries(decoded.value.scripts ?? {})
    .slice(0, SCRIPT_HINTS_MAX)
    .map(([name, script]) => ({
      line: commandLineOf(name === "test" ? [program, name] : [program, "run", name]),
      script,
    }));
}

export function recentCommands(stored: unknown): readonly RecentCommand[] {
  const decoded = decode(recentSchema, stored);
  return decoded.ok ? decoded.value.slice(0, RECENT_COMMANDS_MAX) : [];
}

/** The newest first, each line once. */
export function withRecent(recent: readonly RecentCommand[], command: RecentCommand): readonly RecentCommand[] {
  if (command.line.length > RECENT_CHARACTERS_MAX || command.outputs.length > RECENT_CHARACTERS_MAX) return recent;
  return [command, ...recent.filter(({ line }) => line !== command.line)].slice(0, RECENT_COMMANDS_MAX);
}
