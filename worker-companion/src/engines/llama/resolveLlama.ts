// Finds node-llama-cpp on this machine: in the per-user engine folder first, then among the development dependencies.
// It only looks; installing is what `arw-worker engines add llama` does.
import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";

const PACKAGE = "node-llama-cpp";
/** What node-llama-cpp's package.json names as its entry. It has no other, so a look-up of the file is enough. */
const ENTRY = "dist/index.js";

/** The one command that installs it. */
export const LLAMA_ADVICE = "arw-worker engines add llama";

/** The path of the module, or undefined where there is none. `engineFolder` is where addLlamaEngine installs. */
export function resolveLlama(engineFolder: string): string | undefined {
  // The package is for `import` only, so `require.resolve` would refuse it: the folders are asked instead.
  const development = createRequire(import.meta.url).resolve.paths(PACKAGE) ?? [];
  return [join(engineFolder, "node_modules"), ...development]
    .map((folder) => join(folder, PACKAGE, ENTRY))
    .find((path) => existsSync(path));
}

/** Where the llama engine of a user lives under the state folder. */
export function llamaFolder(stateFolder: string): string {
  return join(stateFolder, "engines", "llama");
}
