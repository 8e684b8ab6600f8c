// Exactly what is sent, as read-only documents of the scheme `arw-egress:` beside the workspace's own files. The bytes come
// from the Home and are shown only if they have the digest of the preview. It must never write, and never show other bytes.
import * as vscode from "vscode";
import * as z from "zod";
import { decodeJson } from "#protocol/decode.ts";
import { type Digest, digestSchema } from "#protocol/digest.ts";
import type { EgressPreview } from "#protocol/egress.ts";
import { ArwError } from "#protocol/errors.ts";
import { type PreviewId, previewId } from "#protocol/ids.ts";
import { bytesText } from "#protocol/webview/amounts.ts";
import { plainText } from "#protocol/webview/plainText.ts";
import { isNoFile } from "#protocol/webview/review.ts";
import type { Home } from "../home/home.ts";
import { readSent } from "./sentBytes.ts";

export const EGRESS_SCHEME = "arw-egress";
/** A diff of more would not be read, and VS Code refuses far larger ones: such an item is named with its size and digest. */
const SHOWN_BYTES_MAX: number = 5 * 1024 * 1024;

/** What one document shows, in the query of its URI. */
type Source =
  | { readonly kind: "nothing" }
  | { readonly kind: "item"; readonly previewId: PreviewId; readonly digest: Digest; readonly bytes?: number };

const sourceSchema: z.ZodType<Source> = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("nothing") }),
  z.strictObject({
    kind: z.literal("item"),
    previewId: previewId.schema,
    digest: digestSchema,
    bytes: z.number().int().min(0).exactOptional(),
  }),
]);

export class ExactContent implements vscode.TextDocumentContentProvider, vscode.Disposable {
  readonly #home: Home;
  readonly #registration: vscode.Disposable;

  constructor(home: Home) {
    this.#home = home;
    this.#registration = vscode.workspace.registerTextDocumentContentProvider(EGRESS_SCHEME, this);
  }

  dispose(): void {
    this.#registration.dispose();
  }

  async provideTextDocumentContent(uri: vscode.Uri, token: vscode.CancellationToken): Promise<string> {
    const decoded = decodeJson(sourceSchema, uri.query);
    if (!decoded.ok)
      throw new ArwError("egress-document-unknown", "This is no document of a preview.", "Open it from the review.");
    const source = decoded.value;
    if (source.kind === "nothing") return "";
    if (source.bytes !== undefined && source.bytes > SHOWN_BYTES_MAX) return tooLargeText(source.bytes, source.digest);
    const stop = new AbortController();
    const cancelled = token.onCancellationRequested(() => stop.abort(new vscode.CancellationError()));
    let bytes: Uint8Array | undefined;
    try {
      bytes = await readSent(this.#home, source.previewId, source.digest, SHOWN_BYTES_MAX, stop.signal);
    } finally {
      cancelled.dispose();
    }
    if (bytes === undefined) return tooLargeText(SHOWN_BYTES_MAX, source.digest);
    try {
      return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
    } catch {
      const size = bytesText(bytes.length, vscode.env.language);
      return vscode.l10n.t("This item is not text: {0}. Its exact bytes have the digest {1}.", size, source.digest);
    }
  }
}

/** Opens one item: the workspace's file on the left, what would be sent on the right. Without an item, the job itself. */
export async function openExactly(
  folder: vscode.Uri,
  { destination, items, payload, previewId: id }: EgressPreview,
  index: number | undefined,
): Promise<void> {
  const item = index === undefined ? undefined : items[index];
  const name = plainText(destination.name);
  if (item === undefined || isNoFile(item.path)) {
    const label = item === undefined ? "job.json" : `${item.path.slice(1, -1)}.json`;
    const digest = item?.digest ?? payload;
    const document = await vscode.workspace.openTextDocument(
      documentUri(label, { kind: "item", previewId: id, digest }),
    );
    await vscode.window.showTextDocument(document, { preview: true, viewColumn: vscode.ViewColumn.One });
    return;
  }
  const sent = documentUri(item.path, { kind: "item", previewId: id, digest: item.digest, bytes: item.bytes });
  const file = vscode.Uri.joinPath(folder, item.path);
  const left = (await isReadableText(file)) ? file : documentUri(item.path, { kind: "nothing" });
  const title = vscode.l10n.t("{0} (here now ↔ what is sent to {1})", plainText(item.path), name);
  await vscode.commands.executeCommand("vscode.diff", left, sent, title, {
    preview: true,
    viewColumn: vscode.ViewColumn.One,
  });
}

function documentUri(path: string, source: Source): vscode.Uri {
  return vscode.Uri.from({ scheme: EGRESS_SCHEME, path: `/${path}`, query: JSON.stringify(source) });
}

async function isReadableText(file: vscode.Uri): Promise<boolean> {
  try {
    const { size, type } = await vscode.workspace.fs.stat(file);
    return (type & vscode.FileType.File) !== 0 && size <= SHOWN_BYTES_MAX;
  } catch {
    return false;
  }
}

function tooLargeText(bytes: number, digest: Digest): string {
  return vscode.l10n.t(
    "This item is too large to show here: {0}, and {1} are shown at most. Its exact bytes have the digest {2}.",
    bytesText(bytes, vscode.env.language),
    bytesText(SHOWN_BYTES_MAX, vscode.env.language),
    digest,
  );
}
