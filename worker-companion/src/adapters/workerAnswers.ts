// Reads a running worker's answers on its control socket: they may come from another version of the program.
// It decides nothing.
import * as z from "zod";
import { nodeId, workspaceId } from "#protocol/ids.ts";
import { engineAdvertSchema } from "#protocol/node.ts";
import type { RulesStatus, WorkerStatus } from "../core/workerStatus.ts";

const rulesStatusSchema: z.ZodType<RulesStatus> = z.discriminatedUnion("state", [
  z.strictObject({ state: z.literal("absent") }),
  z.strictObject({ state: z.literal("unreadable"), path: z.string(), problem: z.string() }),
  z.strictObject({
    state: z.literal("read"),
    path: z.string(),
    rules: z.number().int().min(0),
    budget: z
      .array(
        z.strictObject({
          name: z.enum(["daily.jobs", "daily.busyMinutes", "daily.bytes"]),
          limit: z.number(),
          used: z.number(),
          left: z.number(),
        }),
      )
      .max(3),
  }),
]);

export const workerStatusSchema: z.ZodType<WorkerStatus> = z.strictObject({
  state: z.literal("running"),
  pid: z.number().int().min(1),
  version: z.string(),
  name: z.string(),
  nodeId: nodeId.schema,
  homeId: nodeId.schema,
  workspaceId: workspaceId.schema,
  link: z.enum(["connected", "connecting"]),
  leaving: z.boolean(),
  running: z.number().int().min(0),
  slots: z.number().int().min(1),
  engines: z.array(engineAdvertSchema).max(16),
  rules: rulesStatusSchema,
  clockAheadMs: z.number().int().exactOptional(),
  ledgerSize: z.number().int().min(0).exactOptional(),
});

export const workerGoneSchema: z.ZodType<{ readonly kind: "done" }> = z.strictObject({ kind: z.literal("done") });
