// What a node says of itself. A claim until the Home has seen it work; every part tolerates being absent.
import * as z from "zod";
import { type Digest, digestSchema } from "./digest.ts";
import { type Bytes, bytesSchema, type CostMicros, costMicrosSchema } from "./quantities.ts";

export interface Gpu {
  readonly name: string;
  readonly memoryBytes?: Bytes;
}

/** What the sandbox of a node really enforces; `none` runs no foreign command. */
export type Sandbox =
  | { readonly kind: "none"; readonly reason: string }
  | { readonly kind: "bubblewrap"; readonly version: string; readonly enforces: readonly SandboxRule[] };

export type SandboxRule =
  | "no-network"
  | "scrubbed-environment"
  | "private-files"
  | "private-processes"
  | "memory-limit"
  | "process-limit"
  | "file-size-limit"
  | "wall-limit"
  | "output-limit"
  | "seccomp";

export interface ModelAdvert {
  readonly name: string;
  readonly digest: Digest;
  readonly bytes: Bytes;
  /** True for the model that ships with the product; shown as "demo model" wherever it appears. */
  readonly demo: boolean;
}

export type EngineAdvert =
  | { readonly kind: "command"; readonly state: "ready" }
  | { readonly kind: "llama"; readonly state: "ready"; readonly models: readonly ModelAdvert[] }
  | {
      readonly kind: "command" | "llama";
      readonly state: "absent";
      readonly reason: string;
      /** The one command that mends it. */
      readonly advice: string;
    };

export interface NodeCapabilities {
  readonly version: string;
  readonly os: string;
  readonly architecture: string;
  readonly cpuModel: string;
  readonly cpuCount: number;
  readonly memoryBytes: Bytes;
  readonly diskFreeBytes?: Bytes;
  readonly gpus: readonly Gpu[];
  readonly sandbox: Sandbox;
  readonly engines: readonly EngineAdvert[];
  /** Attempts at once. */
  readonly slots: number;
  /** Without one the cost of this node is `unknown`, never 0. */
  readonly priceCard?: PriceCard;
}

/** What a node's owner charges. Each price is in micro-units of `currency`. */
export interface PriceCard {
  /** ISO 4217. */
  readonly currency: string;
  readonly perThousandTokensIn: CostMicros;
  readonly perThousandTokensOut: CostMicros;
  readonly perToolMinute: CostMicros;
  readonly perGigabyteIn: CostMicros;
}

/** What changes from heartbeat to heartbeat. */
export interface NodeLoad {
  readonly running: number;
  readonly load1Milli: number;
  readonly memoryFreeBytes: Bytes;
  readonly diskFreeBytes?: Bytes;
}

const text = z.string().max(256);
const gpu: z.ZodType<Gpu> = z.strictObject({ name: text, memoryBytes: bytesSchema.exactOptional() });
const rule: z.ZodType<SandboxRule> = z.enum([
  "no-network",
  "scrubbed-environment",
  "private-files",
  "private-processes",
  "memory-limit",
  "process-limit",
  "file-size-limit",
  "wall-limit",
  "output-limit",
  "seccomp",
]);
export const sandboxSchema: z.ZodType<Sandbox> = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("none"), reason: text }),
  z.strictObject({ kind: z.literal("bubblewrap"), version: text, enforces: z.array(rule).max(16) }),
]);
const model: z.ZodType<ModelAdvert> = z.strictObject({
  name: text,
  digest: digestSchema,
  bytes: bytesSchema,
  demo: z.boolean(),
});
export const engineAdvertSchema: z.ZodType<EngineAdvert> = z.discriminatedUnion("state", [
  z.discriminatedUnion("kind", [
    z.strictObject({ kind: z.literal("command"), state: z.literal("ready") }),
    z.strictObject({ kind: z.literal("llama"), state: z.literal("ready"), models: z.array(model).max(256) }),
  ]),
  z.strictObject({
    kind: z.enum(["command", "llama"]),
    state: z.literal("absent"),
    reason: z.string().max(1_024),
    advice: z.string().max(1_024),
  }),
]);
export const priceCardSchema: z.ZodType<PriceCard> = z.strictObject({
  currency: z.string().regex(/^[A-Z]{3}$/),
  perThousandTokensIn: costMicrosSchema,
  perThousandTokensOut: costMicrosSchema,
  perToolMinute: costMicrosSchema,
  perGigabyteIn: costMicrosSchema,
});

export const nodeCapabilitiesSchema: z.ZodType<NodeCapabilities> = z.strictObject({
  version: text,
  os: text,
  architecture: text,
  cpuModel: text,
  cpuCount: z.number().int().min(1).max(4_096),
  memoryBytes: bytesSchema,
  diskFreeBytes: bytesSchema.exactOptional(),
  gpus: z.array(gpu).max(64),
  sandbox: sandboxSchema,
  engines: z.array(engineAdvertSchema).max(16),
  slots: z.number().int().min(1).max(1_024),
  priceCard: priceCardSchema.exactOptional(),
});

export const nodeLoadSchema: z.ZodType<NodeLoad> = z.strictObject({
  running: z.number().int().min(0).max(1_024),
  load1Milli: z.number().int().min(0),
  memoryFreeBytes: bytesSchema,
  diskFreeBytes: bytesSchema.exactOptional(),
});
