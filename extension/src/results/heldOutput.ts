// What a held result has printed, as a read-only document that says that it is not accepted yet. It is read from the Home as the
// owner who looks, without its secrets; no control character of another machine acts in the editor.
import * as vscode from "vscode";
import * as z from "zod";
import { decodeJson } from "#protocol/decode.ts";
import { type EpisodeId, episodeId } from "#protocol/ids.ts";
import { OrderedOutput } from "#protocol/orderedOutput.ts";
import { byteCount } from "#protocol/quantities.ts";
import { oneLine, plainLines } from "#protocol/text/plainText.ts";
import { METHODS } from "#protocol/wire/client.ts";
import type { EpisodeView } from "#protocol/wire/clientViews.ts";
import type { Home } from "../home/home.ts";

const RESULT_SCHEME = "arw-result";
/** So much of one stream is shown, and what is past it is said; accepted, all of it can be read. */
const SHOWN_BYTES_MAX: number = 4 * 1024 * 1024;
const TITLE_CHARACTERS_MAX = 60;

const querySchema: z.ZodType<{ readonly episodeId: EpisodeId }> = z.strictObject({ episodeId: episodeId.schema });

export function provideHeldOutput(home: Home): vscode.Disposable {
  return vscode.workspace.registerTextDocumentContentProvider(RESULT_SCHEME, {
    provideTextDocumentContent: async ({ query }) => {
      const asked = decodeJson(querySchema, query);
      if (!asked.ok) return "";
      const { episode } = await home.call(METHODS.showResult, asked.value);
      const parts = [vscode.l10n.t("Not accepted yet: nothing else shows or uses this before you accept it.")];
      for (const piece of printed(episode)) parts.push(await streamText(home, episode, piece));
      return parts.join("\n\n");
    },
  });
}

export function heldOutputUri({ episodeId: id, title }: EpisodeView): vscode.Uri {
  const name = oneLine(title).replaceAll("/", "∕").slice(0, TITLE_CHARACTERS_MAX).toWellFormed();
  const path = `/${vscode.l10n.t("Not accepted yet: {0}", name)}.txt`;
  return vscode.Uri.from({ scheme: RESULT_SCHEME, path, query: JSON.stringify({ episodeId: id }) });
}

/** The streams with something in them. */
export function printed({ produced }: EpisodeView): EpisodeView["produced"] {
  return produced.filter(({ bytes }) => bytes > 0);
}

async function streamText(
  home: Home,
  { attemptId }: EpisodeView,
  { bytes, stream }: EpisodeView["produced"][number],
): Promise<string> {
  if (attemptId === undefined) return "";
  const output = new OrderedOutput(async (attempt, from, fromByte) => {
    const asked = { attemptId: attempt, stream: from, fromByte, review: true } as const;
    const { base64, held = false, removed = [] } = await home.call(METHODS.readOutput, asked);
    return { bytes: Buffer.from(base64, "base64"), removed, held };
  });
  const range = { stream, fromByte: byteCount(0), bytes: byteCount(Math.min(bytes, SHOWN_BYTES_MAX)) };
  const pieces: Uint8Array[] = [];
  for await (const part of output.take(attemptId, range)) if (part.kind === "bytes") pieces.push(part.shown);
  const cut = bytes > SHOWN_BYTES_MAX ? [vscode.l10n.t("(only its beginning is shown here)")] : [];
  return [stream, plainLines(Buffer.concat(pieces).toString("utf8")), ...cut].join("\n");
}
