// All engines of a node over one blob store: the worker's and the Home's own are made here, alike.
// What an engine lacks is its own probe's to say; making it never fails for that.
import type { BlobStore } from "#platform/blobs/blobStore.ts";
import type { Engine } from "../core/engine.ts";
import { createCommandEngine } from "./command/commandEngine.ts";

export interface EnginesOptions {
  readonly blobs: BlobStore;
  /** A folder an attempt is made in it. */
  readonly jobsFolder: string;
  /** Where `arw-worker engines add` installs. */
  readonly enginesFolder: string;
  /** The owner's own models, beside the demo model that ships with the product. */
  readonly modelsFolder: string;
  /** Only by the explicit word of this machine's owner: commands may then do whatever their user may. */
  readonly unsandboxed: boolean;
}

export async function createEngines(options: EnginesOptions): Promise<readonly Engine[]> {
  const { blobs, jobsFolder, unsandboxed } = options;
  const sandbox = unsandboxed ? "unsandboxed" : "bubblewrap";
  return [createCommandEngine({ blobs, folder: jobsFolder, sandbox })];
}
