// The few messages of the Language Server Protocol that policy documents need, decoded. Names and shapes are the protocol's own
// (3.18); positions are lines and UTF-16 characters from 0. A document is always sent whole: it is short.
import * as z from "zod";
import { POLICY_CHARACTERS_MAX } from "#protocol/policy.ts";
import type { TextPosition, TextRange } from "#protocol/policyFinding.ts";

/** A document that is far too long is still taken, so that its reader is told so. */
const TEXT_CHARACTERS_MAX: number = 2 * POLICY_CHARACTERS_MAX;
const uri = z.string().max(4_096);
const count = z.number().int().min(0).max(1_000_000);

export const positionSchema: z.ZodType<TextPosition> = z.object({ line: count, character: count });
export const rangeSchema: z.ZodType<TextRange> = z.object({ start: positionSchema, end: positionSchema });

export const openedSchema: z.ZodType<{ readonly textDocument: { readonly uri: string; readonly text: string } }> =
  z.object({ textDocument: z.object({ uri, text: z.string().max(TEXT_CHARACTERS_MAX) }) });

export const changedSchema: z.ZodType<{
  readonly textDocument: { readonly uri: string };
  readonly contentChanges: readonly { readonly text: string }[];
}> = z.object({
  textDocument: z.object({ uri }),
  contentChanges: z.array(z.object({ text: z.string().max(TEXT_CHARACTERS_MAX) })).max(1_000),
});

export const ofDocumentSchema: z.ZodType<{ readonly textDocument: { readonly uri: string } }> = z.object({
  textDocument: z.object({ uri }),
});

export const atPositionSchema: z.ZodType<{
  readonly textDocument: { readonly uri: string };
  readonly position: TextPosition;
}> = z.object({ textDocument: z.object({ uri }), position: positionSchema });

export const inRangeSchema: z.ZodType<{ readonly textDocument: { readonly uri: string }; readonly range: TextRange }> =
  z.object({ textDocument: z.object({ uri }), range: rangeSchema });

/** What this server can do, as `initialize` answers. */
export const LANGUAGE_CAPABILITIES: Readonly<Record<string, unknown>> = {
  positionEncoding: "utf-16",
  textDocumentSync: { openClose: true, change: 1 },
  completionProvider: { triggerCharacters: ['"', ":", "[", "{", ","] },
  hoverProvider: true,
  codeLensProvider: {},
  codeActionProvider: { codeActionKinds: ["quickfix"] },
  documentFormattingProvider: true,
};
