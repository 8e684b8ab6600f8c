// Exactly what is sent, as read-only documents of the scheme `arw-egress:` beside the workspace's own files. The bytes come
// from the Home and are shown only if they have the digest of the preview. It must never write, and never show other bytes.
import * as vscode from "vscode";
import type { Digest } from "#protocol/digest.ts";
import type { EgressPreview } from "#protocol/egress.ts";
import { amountsIn } from "#protocol/text/amounts.ts";
import { plainText } from "#protocol/text/plainText.ts";
import { isNoFile } from "#protocol/webview/review.ts";
import { METHODS } from "#protocol/wire/client.ts";
import type { WorkspacePath } from "#protocol/workspacePath.ts";
import type { Editor } from "../editor.ts";
import { EGRESS_SCHEME, type EgressSource, egressSource, egressUri } from "./egressUri.ts";
import { reportText, staysText } from "./fileReport.ts";
import { readSent } from "./sentBytes.ts";

/** A diff of more would not be read, and VS Code refuses far larger ones: such an item is named with its size and digest. */
const SHOWN_BYTES_MAX: number = 5 * 1024 * 1024;

export class ExactContent implements vscode.TextDocumentContentProvider, vscode.Disposable {
  readonly #editor: Pick<Editor, "home" | "folder">;
  readonly #changes = new vscode.EventEmitter<vscode.Uri>();
  readonly #registration: vscode.Disposable;
  readonly onDidChange: vscode.Event<vscode.Uri> = this.#changes.event;

  constructor(editor: Pick<Editor, "home" | "folder">) {
    this.#editor = editor;
    this.#registration = vscode.workspace.registerTextDocumentContentProvider(EGRESS_SCHEME, this);
  }

  dispose(): void {
    this.#registration.dispose();
    this.#changes.dispose();
  }

  /** What was asked about before is asked about again: files change. Bytes of a preview never do. */
  askAgain(uri: vscode.Uri): void {
    this.#changes.fire(uri);
  }

  async provideTextDocumentContent(uri: vscode.Uri, token: vscode.CancellationToken): Promise<string> {
    const source = egressSource(uri);
    switch (source.kind) {
      case "nothing":
        return "";
      case "item":
        return this.#item(source, token);
      case "report":
        return reportText(await this.#editor.home.call(METHODS.inspectPaths, { paths: source.paths }));
      case "saved":
        return this.#saved(source.path);
    }
  }

  async #item(source: Extract<EgressSource, { kind: "item" }>, token: vscode.CancellationToken): Promise<string> {
    const { digest } = source;
    if (source.bytes !== undefined && source.bytes > SHOWN_BYTES_MAX) return tooLargeText(source.bytes, digest);
    const stop = new AbortController();
    const cancelled = token.onCancellationRequested(() => stop.abort(new vscode.CancellationError()));
    try {
      const bytes = await readSent(this.#editor.home, source.previewId, digest, SHOWN_BYTES_MAX, stop.signal);
      return bytes === undefined ? tooLargeText(SHOWN_BYTES_MAX, digest) : textOf(bytes, digest);
    } finally {
      cancelled.dispose();
    }
  }

  /** A job is sent what is saved, not what is in an editor: the bytes of the disk, where the Home says that they would leave. */
  async #saved(path: WorkspacePath): Promise<string> {
    const { folder, home } = this.#editor;
    const { files } = await home.call(METHODS.inspectPaths, { paths: [path] });
    const [file] = files;
    if (file === undefined || folder === undefined) return "";
    if (!file.leaves) return staysText(file);
    if ((file.bytes ?? 0) > SHOWN_BYTES_MAX) return tooLargeText(file.bytes ?? 0, undefined);
    return textOf(await vscode.workspace.fs.readFile(vscode.Uri.joinPath(folder.uri, path)), undefined);
  }
}

/** Opens one item: the workspace's file on the left, what would be sent on the right. Without an item, the job itself. */
export async function openExactly(
  folder: vscode.Uri,
  { destination, items, payload, previewId: id }: EgressPreview,
  index: number | undefined,
  viewColumn: vscode.ViewColumn = vscode.ViewColumn.One,
): Promise<void> {
  const item = index === undefined ? undefined : items[index];
  const name = plainText(destination.name);
  if (item === undefined || isNoFile(item.path)) {
    const label = item === undefined ? "job.json" : `${item.path.slice(1, -1)}.json`;
    const digest = item?.digest ?? payload;
    const uri = egressUri(label, { kind: "item", previewId: id, digest });
    const document = await vscode.workspace.openTextDocument(uri);
    await vscode.window.showTextDocument(document, { preview: true, viewColumn });
    return;
  }
  const sent = egressUri(item.path, { kind: "item", previewId: id, digest: item.digest, bytes: item.bytes });
  const file = vscode.Uri.joinPath(folder, item.path);
  const left = (await isReadableText(file)) ? file : egressUri(item.path, { kind: "nothing" });
  const title = vscode.l10n.t("{0} (here now ↔ what is sent to {1})", plainText(item.path), name);
  await vscode.commands.executeCommand("vscode.diff", left, sent, title, {
    preview: true,
    viewColumn,
  });
}

function textOf(bytes: Uint8Array, digest: Digest | undefined): string {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    const size = amountsIn(vscode.env.language).bytes(bytes.length);
    return digest === undefined
      ? vscode.l10n.t("This file is not text: {0} would be sent as they are.", size)
      : vscode.l10n.t("This item is not text: {0}. Its exact bytes have the digest {1}.", size, digest);
  }
}

async function isReadableText(file: vscode.Uri): Promise<boolean> {
  try {
    const { size, type } = await vscode.workspace.fs.stat(file);
    return (type & vscode.FileType.File) !== 0 && size <= SHOWN_BYTES_MAX;
  } catch {
    return false;
  }
}

function tooLargeText(bytes: number, digest: Digest | undefined): string {
  const [size, most] = [bytes, SHOWN_BYTES_MAX].map((each) => amountsIn(vscode.env.language).bytes(each));
  const text = vscode.l10n.t("This is too large to show here: {0}, and {1} are shown at most.", size ?? "", most ?? "");
  if (digest === undefined) return text;
  return `${text}\n${vscode.l10n.t("Its exact bytes have the digest {0}.", digest)}`;
}
