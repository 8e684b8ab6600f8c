// What the worker and its llama child say to each other. Both sides decode: a broken child must not break the worker.
import * as z from "zod";
import { type ChatMessage, chatMessagesSchema } from "#protocol/job.ts";

export interface LlamaQuestion {
  readonly kind: "question";
  readonly id: number;
  readonly modelPath: string;
  readonly messages: readonly ChatMessage[];
  readonly outputTokensMax: number;
  readonly temperatureMilli: number;
  readonly seed: number;
}

export type ToLlamaChild = LlamaQuestion | { readonly kind: "stop"; readonly id: number };

export type FromLlamaChild =
  | { readonly kind: "ready" }
  | { readonly kind: "broken"; readonly reason: string }
  | { readonly kind: "text"; readonly id: number; readonly text: string }
  | {
      readonly kind: "answered";
      readonly id: number;
      readonly stopReason: "end" | "length" | "stopped";
      readonly tokensIn: number;
      readonly tokensOut: number;
    }
  | {
      readonly kind: "refused";
      readonly id: number;
      readonly code: string;
      readonly message: string;
      readonly advice: string;
    };

const count = z.number().int().min(0);

export const toLlamaChildSchema: z.ZodType<ToLlamaChild> = z.discriminatedUnion("kind", [
  z.strictObject({
    kind: z.literal("question"),
    id: count,
    modelPath: z.string().min(1),
    messages: chatMessagesSchema,
    outputTokensMax: count,
    temperatureMilli: count,
    seed: count,
  }),
  z.strictObject({ kind: z.literal("stop"), id: count }),
]);

export const fromLlamaChildSchema: z.ZodType<FromLlamaChild> = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("ready") }),
  z.strictObject({ kind: z.literal("broken"), reason: z.string() }),
  z.strictObject({ kind: z.literal("text"), id: count, text: z.string() }),
  z.strictObject({
    kind: z.literal("answered"),
    id: count,
    stopReason: z.enum(["end", "length", "stopped"]),
    tokensIn: count,
    tokensOut: count,
  }),
  z.strictObject({
    kind: z.literal("refused"),
    id: count,
    code: z.string(),
    message: z.string(),
    advice: z.string(),
  }),
]);
