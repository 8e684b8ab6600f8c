// What the worker's doctor says of this machine, for the Home's own diagnosis: sandbox, engines, models and GPU.
// It uses the worker's checks as they are, so that both programs judge a machine alike. It changes nothing.
import type { EngineAdvert } from "#protocol/node.ts";
import { type CheckReport, examine } from "../../../../worker-companion/src/core/doctor/checks.ts";
import type { DoctorFacts } from "../../../../worker-companion/src/core/doctor/doctorFacts.ts";
import type { Engine } from "../../../../worker-companion/src/core/engine.ts";
import { probeGpus } from "../../../../worker-companion/src/engines/gpuProbe.ts";
import { installedLlama } from "../../../../worker-companion/src/engines/llama/engineFolder.ts";
import { unreadableModels } from "../../../../worker-companion/src/engines/llama/modelFiles.ts";
import { sandboxOf } from "../../../../worker-companion/src/engines/nodeProbe.ts";

export interface LocalMachine {
  readonly engines: readonly Engine[];
  readonly enginesFolder: string;
  readonly modelsFolder: string;
}

export type LocalFinding = Pick<CheckReport, "check" | "state" | "cause" | "fix">;

/** The checks that concern this machine and not its membership: a Home has no other Home. */
const LOCAL_CHECKS: readonly string[] = ["sandbox", "engines", "models", "gpu"];

export async function examineLocally(machine: LocalMachine, signal: AbortSignal): Promise<readonly LocalFinding[]> {
  const { engines, enginesFolder, modelsFolder } = machine;
  // One after the other: the sandbox's probe is disturbed by an engine that starts beside it on a small machine.
  const sandbox = await sandboxOf(engines, signal);
  const adverts: EngineAdvert[] = [];
  for (const engine of engines) adverts.push(await engine.probe(signal));
  const facts: DoctorFacts = {
    platform: process.platform,
    stateFolder: { path: enginesFolder, troubles: [] },
    rules: { kind: "absent" },
    disk: { folder: enginesFolder, freeBytes: undefined },
    sandbox,
    engines: adverts,
    llamaBuild: installedLlama(enginesFolder)?.gpu,
    gpus: await probeGpus(signal),
    models: { folder: modelsFolder, unreadable: await unreadableModels(modelsFolder) },
    membership: { kind: "none" },
    home: { kind: "not-asked" },
    ledger: { kind: "unseen" },
  };
  return examine(facts).filter(({ check }) => LOCAL_CHECKS.includes(check));
}
