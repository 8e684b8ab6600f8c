// The engines of the node `local`: the worker's own, over the Home's blob store.
// The Home runs commands in the sandbox or not at all; nothing here turns the sandbox off.
import type { BlobStore } from "#platform/blobs/blobStore.ts";
import type { Engine } from "../../../../worker-companion/src/core/engine.ts";
import { createEngines } from "../../../../worker-companion/src/engines/createEngines.ts";
import { examineLocally, type LocalFinding } from "./localDoctor.ts";

export interface LocalEngines {
  readonly all: readonly Engine[];
  /** What the doctor says of this machine, with these engines. */
  examine(signal: AbortSignal): Promise<readonly LocalFinding[]>;
  dispose(): Promise<void>;
}

export interface LocalEnginesOptions {
  readonly blobs: BlobStore;
  readonly jobsFolder: string;
  readonly enginesFolder: string;
  readonly modelsFolder: string;
}

export function createLocalEngines(options: LocalEnginesOptions): LocalEngines {
  const all = createEngines({ ...options, unsandboxed: false });
  const { enginesFolder, modelsFolder } = options;
  return {
    all,
    examine: (signal) => examineLocally({ engines: all, enginesFolder, modelsFolder }, signal),
    dispose: async () => {
      await Promise.all(all.map((engine) => engine.dispose()));
    },
  };
}
