// Says what this machine is and can do: what a node advertises, and how busy it is from heartbeat to heartbeat.
// A fact that cannot be found is left out; no probe makes a node fail.
import { statfs } from "node:fs/promises";
import { arch, cpus, freemem, loadavg, platform, release, totalmem } from "node:os";
import type { NodeCapabilities, NodeLoad, PriceCard, Sandbox } from "#protocol/node.ts";
import { type Bytes, byteCount } from "#protocol/quantities.ts";
import { PRODUCT_VERSION } from "#platform/productVersion.ts";
import type { Engine } from "../core/engine.ts";
import type { CommandEngine } from "./command/commandEngine.ts";
import { probeGpus } from "./gpuProbe.ts";

export interface ProbedNode {
  readonly engines: readonly Engine[];
  /** Where inputs and results are kept: its disk is the one that counts. */
  readonly folder: string;
  readonly slots: number;
  readonly priceCard?: PriceCard;
}

export async function probeNode(node: ProbedNode, signal: AbortSignal): Promise<NodeCapabilities> {
  const [gpus, sandbox, diskFreeBytes, engines] = await Promise.all([
    probeGpus(signal),
    sandboxOf(node.engines, signal),
    diskFree(node.folder),
    Promise.all(node.engines.map((engine) => engine.probe(signal))),
  ]);
  const processors = cpus();
  return {
    version: PRODUCT_VERSION,
    os: `${platform()} ${release()}`.slice(0, 256),
    architecture: arch(),
    cpuModel: (processors[0]?.model ?? "unknown").trim().slice(0, 256) || "unknown",
    // Some containers show no processor at all; one there must be.
    cpuCount: Math.max(1, processors.length),
    memoryBytes: byteCount(totalmem()),
    ...(diskFreeBytes === undefined ? {} : { diskFreeBytes }),
    gpus,
    sandbox,
    engines,
    slots: node.slots,
    ...(node.priceCard === undefined ? {} : { priceCard: node.priceCard }),
  };
}

export async function probeLoad(folder: string, running: number): Promise<NodeLoad> {
  const diskFreeBytes = await diskFree(folder);
  return {
    running,
    load1Milli: Math.round((loadavg()[0] ?? 0) * 1_000),
    memoryFreeBytes: byteCount(freemem()),
    ...(diskFreeBytes === undefined ? {} : { diskFreeBytes }),
  };
}

export async function sandboxOf(engines: readonly Engine[], signal: AbortSignal): Promise<Sandbox> {
  const command = engines.find(isCommandEngine);
  return command === undefined ? { kind: "none", reason: "this node runs no commands" } : command.sandbox(signal);
}

function isCommandEngine(engine: Engine): engine is CommandEngine {
  return engine.kind === "command" && "sandbox" in engine;
}

async function diskFree(folder: string): Promise<Bytes | undefined> {
  try {
    const { bavail, bsize } = await statfs(folder);
    return byteCount(bavail * bsize);
  } catch {
    return undefined;
  }
}
