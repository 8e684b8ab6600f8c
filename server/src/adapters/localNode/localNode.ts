// The node `local`: the worker's own core and engines, mounted in the Home and spoken to by direct calls.
// Local and remote attempts differ in nothing but the missing link: nothing is serialised here, and nothing leaves.
import type { BlobStore } from "#platform/blobs/blobStore.ts";
import type { Identity } from "#platform/identity/identityFile.ts";
import type { NodeCapabilities, PriceCard } from "#protocol/node.ts";
import { receiptBytes } from "#protocol/receipt.ts";
import { sign } from "#protocol/signature.ts";
import type { HomeMessage, WorkerMessage } from "#protocol/wire/worker.ts";
import type { Engine } from "../../../../worker-companion/src/core/engine.ts";
import { createAttemptRunner } from "../../../../worker-companion/src/engines/attempts/attemptRunner.ts";
import { probeNode } from "../../../../worker-companion/src/engines/nodeProbe.ts";
import type { NodeChannel } from "../../home/nodeChannel.ts";

/** Attempts at once beside the editor: a person's terminals and windows together rarely start more. */
export const LOCAL_SLOTS = 8;

export interface LocalNodeOptions {
  readonly identity: Pick<Identity, "nodeId" | "privateKey">;
  readonly engines: readonly Engine[];
  /** The Home's own store: inputs are there already. */
  readonly blobs: BlobStore;
  /** A folder on the disk that attempts use, to say how much of it is free. */
  readonly folder: string;
  readonly slots?: number;
  readonly priceCard?: PriceCard;
  /** Messages come one at a time and in order; the next waits for the promise. */
  readonly onMessage: (message: WorkerMessage, bytes: Uint8Array) => Promise<void> | void;
  readonly log: (fact: string, detail: Readonly<Record<string, unknown>>) => void;
}

export interface LocalNode extends NodeChannel {
  /** What this machine can do; offers are judged by the latest answer, so ask before the first offer. */
  capabilities(signal: AbortSignal): Promise<NodeCapabilities>;
  running(): number;
  /** Ends every attempt, its process group included. The engines are their creator's. */
  dispose(): Promise<void>;
}

export function createLocalNode(options: LocalNodeOptions): LocalNode {
  const { identity, engines, blobs, folder, priceCard } = options;
  const slots = options.slots ?? LOCAL_SLOTS;
  let closed = false;
  const runner = createAttemptRunner({
    nodeId: identity.nodeId,
    sign: (receipt) => sign("arw-receipt-v1", receiptBytes(receipt), identity.privateKey),
    engines,
    blobs,
    slots,
    send: async (message, bytes = NO_BYTES) => {
      if (!closed) await options.onMessage(message, bytes);
    },
    leave: () => undefined,
    log: options.log,
  });
  runner.linkUp([]);
  const take = async (message: HomeMessage, bytes: Uint8Array): Promise<boolean> => {
    if (closed) return false;
    await runner.receive(message, bytes);
    return true;
  };
  return {
    nodeId: identity.nodeId,
    local: true,
    deliver: (message) => take(message, NO_BYTES),
    carry: (message, bytes = NO_BYTES) => take(message, bytes),
    async capabilities(signal) {
      const node = { engines, folder, slots, ...(priceCard === undefined ? {} : { priceCard }) };
      const capabilities = await probeNode(node, signal);
      runner.advertise(capabilities.engines);
      return capabilities;
    },
    running: () => runner.running(),
    async dispose() {
      closed = true;
      await runner.stop();
    },
  };
}

const NO_BYTES: Uint8Array = new Uint8Array(0);
