// Which files of a models folder are no models. It reads headers only and changes nothing.
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { looksLikeModel } from "./ggufHeader.ts";

/** The names of GGUF files that cannot be read as models, in order; none where there is no such folder. */
export async function unreadableModels(folder: string): Promise<readonly string[]> {
  const names = (await readdir(folder).catch(() => [])).filter((name) => name.endsWith(".gguf")).sort();
  const unreadable: string[] = [];
  for (const name of names) if (!(await isModel(join(folder, name)))) unreadable.push(name);
  return unreadable;
}

async function isModel(path: string): Promise<boolean> {
  try {
    return await looksLikeModel(path);
  } catch {
    return false;
  }
}
