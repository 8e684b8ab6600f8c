// Finds node-llama-cpp on this machine: in the per-user engine folder first, then among the development dependencies.
// It only looks; installing is what `arw-worker engines add llama` does.
import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { installedLlama, LLAMA_ENTRY } from "./engineFolder.ts";

/** The one command that installs it. */
export const LLAMA_ADVICE = "arw-worker engines add llama";

/** The path of the module, or undefined where there is none. `engineFolder` is where addLlamaEngine installs. */
export function resolveLlama(engineFolder: string): string | undefined {
  const installed = installedLlama(engineFolder)?.modulePath;
  // The package is for `import` only, so `require.resolve` would refuse it: the folders are asked instead.
  const development = createRequire(import.meta.url).resolve.paths("node-llama-cpp") ?? [];
  return [
    ...(installed === undefined ? [] : [installed]),
    ...development.map((folder) => join(folder, LLAMA_ENTRY)),
  ].find((path) => existsSync(path));
}
