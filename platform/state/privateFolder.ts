// Makes and checks folders that only this user may enter: keys, journals and sockets live in them.
// It must never loosen, tighten or adopt a folder that somebody else made: it says what is wrong and stops.
import { ArwError, messageOf } from "#protocol/errors.ts";
import type { Stats } from "node:fs";
import { lstat, mkdir, realpath, stat } from "node:fs/promises";

/** Makes the folder (0700) if it is absent. Throws ArwError `state-folder-not-private` where others could enter it. */
export async function openPrivateFolder(path: string): Promise<void> {
  try {
    await mkdir(path, { recursive: true, mode: 0o700 });
  } catch (cause) {
    throw new ArwError(
      "state-folder-unusable",
      `The folder ${path} cannot be made: ${messageOf(cause)}.`,
      "Free the path, or choose another state folder with ARW_STATE_HOME.",
      { cause },
    );
  }
  if (process.platform === "win32") return;
  // `lstat`: in a shared temporary directory somebody else may have planted a link under this name.
  const problem = problemOf(await lstat(path));
  if (problem === undefined) return;
  throw new ArwError(
    "state-folder-not-private",
    `The folder ${path} ${problem}.`,
    `Make it yours alone: chmod 700 '${path}' (and chown it to yourself), or set ARW_STATE_HOME to another folder.`,
  );
}

/** The real path of a workspace folder. Throws ArwError `workspace-missing`. */
export async function realWorkspaceFolder(folder: string): Promise<string> {
  try {
    const real = await realpath(folder);
    if ((await stat(real)).isDirectory()) return real;
  } catch (cause) {
    throw missing(folder, cause);
  }
  throw missing(folder);
}

function problemOf(found: Stats): string | undefined {
  if (!found.isDirectory()) return "is not a folder of its own (a link or a file)";
  if (process.getuid !== undefined && found.uid !== process.getuid()) return "belongs to another user";
  if ((found.mode & 0o077) !== 0) return `can be entered by others (mode ${(found.mode & 0o777).toString(8)})`;
  return undefined;
}

function missing(folder: string, cause?: unknown): ArwError {
  return new ArwError(
    "workspace-missing",
    `There is no folder ${folder}.`,
    "Name an existing folder with --workspace.",
    cause === undefined ? {} : { cause },
  );
}
