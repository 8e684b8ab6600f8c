// Reads a file that was named on the command line, as text and no further than it may be long.
import { open } from "node:fs/promises";
import { ArwError, messageOf } from "#protocol/errors.ts";

/** One character more than the limit shows that there is more. Throws ArwError `file-unreadable`. */
export async function readNamedFile(path: string, charactersMax: number): Promise<string> {
  try {
    await using file = await open(path, "r");
    const bytes = Buffer.alloc(4 * (charactersMax + 1));
    const { bytesRead } = await file.read(bytes, 0, bytes.length, 0);
    return bytes.toString("utf8", 0, bytesRead).slice(0, charactersMax + 1);
  } catch (error) {
    throw fileUnreadable(path, error);
  }
}

export function fileUnreadable(path: string, cause: unknown): ArwError {
  const message = `${path} cannot be read: ${messageOf(cause)}.`;
  return new ArwError("file-unreadable", message, "Name a file that is there.", { cause });
}
