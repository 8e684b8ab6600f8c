// How large an input tree may be, and the error that says which folders make it too large.
import { ArwError } from "#protocol/errors.ts";
import { TREE_ENTRIES_MAX } from "#protocol/job.ts";

/** All files of a tree together: past this a copy costs more than most runs save. */
export const TREE_BYTES_MAX = 268_435_456;
/** One file, which is held in memory while it is scanned. */
export const FILE_BYTES_MAX = 67_108_864;

const LARGEST_NAMED = 3;
const ADVICE = "Let git ignore what the command does not need, leave it out, or run in a smaller folder.";
const BYTES_PER_MEBIBYTE = 1_048_576;

export interface SizedPath {
  readonly path: string;
  readonly fileBytes: number;
}

/** Throws ArwError `tree-too-large` where a file, all files together or their number is past its limit. */
export function requireTreeFits(files: readonly SizedPath[]): void {
  const treeBytes = files.reduce((total, { fileBytes }) => total + fileBytes, 0);
  const largeFile = files.find(({ fileBytes }) => fileBytes > FILE_BYTES_MAX);
  if (largeFile !== undefined) {
    const name = JSON.stringify(largeFile.path);
    throw tooLarge(
      `The file ${name} has ${mebibytes(largeFile.fileBytes)}; a file may have ${mebibytes(FILE_BYTES_MAX)}`,
    );
  }
  if (treeBytes > TREE_BYTES_MAX) {
    const cause = `The input tree has ${mebibytes(treeBytes)}; it may have ${mebibytes(TREE_BYTES_MAX)}`;
    throw tooLarge(`${cause}. Largest: ${largest(files, mebibytes)}`);
  }
  if (files.length > TREE_ENTRIES_MAX) throw tooManyEntries(files.map(({ path }) => path));
}

export function tooManyEntries(paths: readonly string[]): ArwError {
  const counted = paths.map((path) => ({ path, fileBytes: 1 }));
  const cause = `The input tree has more than ${TREE_ENTRIES_MAX} entries`;
  return tooLarge(`${cause}. Largest: ${largest(counted, (count) => `${count} files`)}`);
}

/** The largest entries at the top of the tree, largest first. */
function largest(files: readonly SizedPath[], format: (size: number) => string): string {
  const sizes = new Map<string, number>();
  for (const { path, fileBytes } of files) {
    const slash = path.indexOf("/");
    const top = slash === -1 ? path : path.slice(0, slash + 1);
    sizes.set(top, (sizes.get(top) ?? 0) + fileBytes);
  }
  return [...sizes]
    .sort(([, left], [, right]) => right - left)
    .slice(0, LARGEST_NAMED)
    .map(([top, size]) => `${JSON.stringify(top)} ${format(size)}`)
    .join(", ");
}

function tooLarge(cause: string): ArwError {
  return new ArwError("tree-too-large", `${cause}.`, ADVICE);
}

function mebibytes(bytes: number): string {
  return `${(bytes / BYTES_PER_MEBIBYTE).toFixed(1)} MiB`;
}
