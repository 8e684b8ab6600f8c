// All engines of a node over one blob store: the worker's and the Home's own are made here, alike.
// What an engine lacks is its own probe's to say; making it never fails for that.
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import type { BlobStore } from "#platform/blobs/blobStore.ts";
import type { Engine } from "../core/engine.ts";
import { systemEngineClock } from "./engineClock.ts";
import { createCommandEngine } from "./command/commandEngine.ts";
import { createLlamaEngine } from "./llama/llamaEngine.ts";
import { startLlamaProcess } from "./llama/llamaProcess.ts";
import { createModelFiles } from "./llama/models.ts";
import { resolveLlama } from "./llama/resolveLlama.ts";

export interface EnginesOptions {
  readonly blobs: BlobStore;
  /** A folder an attempt is made in it; what is remembered of models lies beside it. */
  readonly jobsFolder: string;
  /** Where `arw-worker engines add` installs. */
  readonly enginesFolder: string;
  /** The owner's own models, beside the demo model that ships with the product. */
  readonly modelsFolder: string;
  /** Only by the explicit word of this machine's owner: commands may then do whatever their user may. */
  readonly unsandboxed: boolean;
}

export function createEngines(options: EnginesOptions): readonly Engine[] {
  const { blobs, jobsFolder, enginesFolder, modelsFolder, unsandboxed } = options;
  const models = createModelFiles({
    demoFile: shipped("models/demo.gguf"),
    folder: modelsFolder,
    digestsFile: join(dirname(jobsFolder), "model-digests.json"),
  });
  return [
    createCommandEngine({ blobs, folder: jobsFolder, sandbox: unsandboxed ? "unsandboxed" : "bubblewrap" }),
    createLlamaEngine({
      blobs,
      models,
      childPath: shipped("llama-child.js"),
      resolve: () => resolveLlama(join(enginesFolder, "llama")),
    }),
  ];
}

/** Loads llama.cpp once from there, as the engine would. Throws ArwError `engine-broken` or `engine-crashed`. */
export async function tryLlama(modulePath: string): Promise<void> {
  const child = await startLlamaProcess(shipped("llama-child.js"), modulePath, systemEngineClock);
  await child.end();
}

/** A file that ships beside the worker's program, seen from the worker's bundle or from the Home's one folder above. */
function shipped(name: string): string {
  const here = dirname(fileURLToPath(import.meta.url));
  const beside = join(here, name);
  return existsSync(beside) ? beside : join(here, "worker-companion", name);
}
