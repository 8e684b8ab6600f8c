// Runs git and collects what it says, within limits of bytes and time. It runs nothing that a repository's own configuration
// names: no file-system monitor, no external differ, no filter, no pager, no transport; and it must never change a repository.
import { spawn } from "node:child_process";

export interface GitQuestion {
  readonly folder: string;
  readonly argv: readonly string[];
  readonly bytesMax: number;
  /** Absent: as long as it takes, for git's own lists of large folders. */
  readonly timeoutMs?: number;
  /** Exit codes that are answers; 0 alone unless said otherwise. */
  readonly exitCodes?: readonly number[];
  /** Beside the process's own environment, of which nothing of git's is kept. */
  readonly environment?: Readonly<Record<string, string>>;
}

export type GitAnswer =
  | { readonly kind: "output"; readonly output: Buffer }
  | { readonly kind: "too-long" }
  /** `cause` is git's own first line, or empty. */
  | { readonly kind: "failed"; readonly cause: string };

/** Enough of git's complaint to act on. */
const COMPLAINT_CHARACTERS_MAX = 400;
/** A monitor is a program that a configuration names; a transport would fetch what a partial clone lacks. */
const SAFE_CONFIGURATION = ["--no-pager", "-c", "core.fsmonitor=false", "-c", "protocol.allow=never"];

/** Rejects with the signal's reason once it is aborted, and with nothing else. */
export function askGit(
  { argv, bytesMax, environment = {}, exitCodes = [0], folder, timeoutMs }: GitQuestion,
  signal: AbortSignal,
): Promise<GitAnswer> {
  const timeout = timeoutMs === undefined ? undefined : AbortSignal.timeout(timeoutMs);
  // GIT_DIR and its kin would make git answer about another repository.
  const inherited = Object.entries(process.env).filter(([name]) => !name.startsWith("GIT_"));
  return new Promise((resolve, reject) => {
    const git = spawn("git", [...SAFE_CONFIGURATION, "-C", folder, ...argv], {
      signal: timeout === undefined ? signal : AbortSignal.any([signal, timeout]),
      stdio: ["ignore", "pipe", "pipe"],
      env: { ...Object.fromEntries(inherited), GIT_OPTIONAL_LOCKS: "0", LC_ALL: "C", ...environment },
    });
    const output: Buffer[] = [];
    let outputBytes = 0;
    let complaint = "";
    const failed = (cause: string): void => {
      if (signal.aborted) reject(signal.reason);
      else
        resolve({ kind: "failed", cause: timeout?.aborted === true ? `it took longer than ${timeoutMs} ms` : cause });
    };
    git.stdout.on("data", (chunk: Buffer) => {
      outputBytes += chunk.length;
      if (outputBytes <= bytesMax) output.push(chunk);
      else git.kill();
    });
    git.stderr.on("data", (chunk: Buffer) => {
      complaint = (complaint + chunk.toString("utf8")).slice(0, COMPLAINT_CHARACTERS_MAX);
    });
    git.on("error", (error) => failed(error.message));
    git.on("close", (code) => {
      if (outputBytes > bytesMax) resolve({ kind: "too-long" });
      else if (code !== null && exitCodes.includes(code)) resolve({ kind: "output", output: Buffer.concat(output) });
      else failed(complaint.trim().split("\n")[0] ?? "");
    });
  });
}
