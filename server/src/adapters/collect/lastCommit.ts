// What the last commit of a workspace has at some paths, and how a text differs from it, asked of git. Nothing is fetched, no
// filter or differ of the repository runs, and what is compared lies in a folder of its own that is gone afterwards.
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { ArwError } from "#protocol/errors.ts";
import { CUT_BYTES_MAX, type LineRange } from "#protocol/lineCut.ts";
import { changedLines } from "./changedLines.ts";
import { askGit, type GitAnswer } from "./git.ts";
import { isInsideRepository } from "./gitFiles.ts";

/** Git compares two texts of CUT_BYTES_MAX well within it, unless they were made to be slow. */
const GIT_MS_MAX = 10_000;
/** A diff without context has each line of both texts at most once, with its sign; only texts of very short lines need more. */
const DIFF_BYTES_MAX: number = 4 * CUT_BYTES_MAX;
/** Of a hundred paths, each with its mode and object. */
const TREE_BYTES_MAX = 1_048_576;
const TREE_ENTRY = /^100(?:644|755) blob ([0-9a-f]{40,64})\t(.+)$/su;

export interface LastCommit {
  /** Absent where nothing is committed yet. */
  readonly commit?: string;
  /** Regular files of the commit by their path in the folder: git's own names of their content. */
  readonly objects: ReadonlyMap<string, string>;
}

/** Undefined where the folder is in no repository. Throws ArwError `git-failed`. */
export async function lastCommitOf(
  folder: string,
  paths: readonly string[],
  signal: AbortSignal,
): Promise<LastCommit | undefined> {
  if (!(await isInsideRepository(folder))) return undefined;
  const ask = (argv: readonly string[], exitCodes: readonly number[] = [0]): Promise<GitAnswer> =>
    askGit({ folder, argv, exitCodes, bytesMax: TREE_BYTES_MAX, timeoutMs: GIT_MS_MAX, environment: AS_IT_IS }, signal);
  // Quiet, it says with exit code 1 that nothing is committed.
  const head = outputOf(await ask(["rev-parse", "--verify", "--quiet", "HEAD^{commit}"], [0, 1]));
  const commit = head.toString("utf8").trim();
  if (commit === "") return { objects: new Map() };
  const listed = outputOf(await ask(["ls-tree", "-z", commit, "--", ...paths])).toString("utf8");
  const objects = listed.split("\0").flatMap((entry): readonly (readonly [string, string])[] => {
    const [, object, path] = TREE_ENTRY.exec(entry) ?? [];
    return object === undefined || path === undefined ? [] : [[path, object]];
  });
  return { commit, objects: new Map(objects) };
}

/** The lines of `text` that the object has not; `too-large` where one of the two is. Throws ArwError `git-failed`. */
export async function changedSince(
  folder: string,
  object: string,
  text: Uint8Array,
  signal: AbortSignal,
): Promise<readonly LineRange[] | "too-large"> {
  // The content as it is stored: with filters, programs that the repository names would run.
  const argv = ["cat-file", "blob", object];
  const limits = { bytesMax: CUT_BYTES_MAX, timeoutMs: GIT_MS_MAX, environment: AS_IT_IS };
  const before = await askGit({ folder, argv, ...limits }, signal);
  if (before.kind === "too-long") return "too-large";
  const apart = await mkdtemp(join(tmpdir(), "arw-changes-"));
  try {
    await writeFile(join(apart, "before"), outputOf(before));
    await writeFile(join(apart, "after"), text);
    // Nobody's configuration, and no repository around it.
    const environment = {
      GIT_CONFIG_NOSYSTEM: "1",
      HOME: apart,
      XDG_CONFIG_HOME: apart,
      GIT_CEILING_DIRECTORIES: dirname(apart),
    };
    const diff = await askGit(
      { folder: apart, argv: DIFF, exitCodes: [0, 1], bytesMax: DIFF_BYTES_MAX, timeoutMs: GIT_MS_MAX, environment },
      signal,
    );
    return diff.kind === "too-long" ? "too-large" : changedLines(outputOf(diff), text);
  } finally {
    await rm(apart, { recursive: true, force: true });
  }
}

/** Paths are paths, objects are what they are named, and nothing is fetched that a partial clone lacks. */
const AS_IT_IS = { GIT_LITERAL_PATHSPECS: "1", GIT_NO_REPLACE_OBJECTS: "1", GIT_NO_LAZY_FETCH: "1" } as const;

/** Line ends that a checkout makes its own way are no change. Exit code 1 says that there are differences. */
const DIFF: readonly string[] = [
  "diff",
  "--no-index",
  "--no-color",
  "--no-ext-diff",
  "--no-textconv",
  "--text",
  "--unified=0",
  "--inter-hunk-context=0",
  "--ignore-cr-at-eol",
  "--",
  "before",
  "after",
];

function outputOf(answer: GitAnswer): Buffer {
  if (answer.kind === "output") return answer.output;
  const cause = answer.kind === "too-long" ? "its answer is too long" : answer.cause;
  throw new ArwError(
    "git-failed",
    `Git did not say what has changed since the last commit: ${cause || "it gave no reason"}.`,
    "Run `git status` in the folder and mend what it says, or name lines instead: --leave-out src/a.ts:10-20.",
  );
}
