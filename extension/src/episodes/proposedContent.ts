// The proposed side of a diff, read-only, from the Home: its bytes as text, or one line that says what is no text.
// A link, a mode and a binary file have no text to compare: they are described, never decoded by force.
import * as vscode from "vscode";
import * as z from "zod";
import { decodeJson } from "#protocol/decode.ts";
import { type Digest, digestOf, digestSchema } from "#protocol/digest.ts";
import { ArwError } from "#protocol/errors.ts";
import { type ProposalId, proposalId } from "#protocol/ids.ts";
import type { ProposedChange } from "#protocol/proposal.ts";
import { byteCount } from "#protocol/quantities.ts";
import { amountsIn } from "#protocol/text/amounts.ts";
import { oneLine } from "#protocol/text/plainText.ts";
import { METHODS } from "#protocol/wire/client.ts";
import { type WorkspacePath, workspacePathSchema } from "#protocol/workspacePath.ts";
import type { Home } from "../home/home.ts";
import { textOf } from "./proposedText.ts";

export const PROPOSED_SCHEME = "arw-proposed";
/** What waits as a staged action: its files may have been written anew since, so nothing that applies a proposal is offered on them. */
const STAGED_SCHEME = "arw-staged";
/** More than this is no text that a person reads in a diff. */
const PROPOSED_TEXT_BYTES_MAX = 8_000_000;

/** Which side of which change a document is. */
interface ProposedQuery {
  readonly proposal: ProposalId;
  readonly path: WorkspacePath;
  readonly side: "before" | "after";
  /** The content; absent where the text below is all there is. */
  readonly digest?: Digest;
  readonly bytes?: number;
  readonly text?: string;
  /** It is held for the owner's look. */
  readonly review?: true;
}
const querySchema: z.ZodType<ProposedQuery> = z.strictObject({
  proposal: proposalId.schema,
  path: workspacePathSchema,
  side: z.enum(["before", "after"]),
  digest: digestSchema.exactOptional(),
  bytes: z.number().int().min(0).exactOptional(),
  text: z.string().max(8_192).exactOptional(),
  review: z.literal(true).exactOptional(),
});

/** Why a change is looked at, where not to apply it. */
export interface Reading {
  /** It is held for the owner's look. */
  readonly review?: true;
  /** It is part of a staged action, which is decided in Review. */
  readonly staged?: true;
}

/** Both sides of a change for a diff editor; a side that is nothing is undefined. */
export interface ChangeSides {
  readonly label: vscode.Uri;
  readonly left: vscode.Uri | undefined;
  readonly right: vscode.Uri | undefined;
}

/** `isThere` says whether the workspace has a file at the path now: then it is the left side, the one that can be edited. */
export function sidesOf(
  proposal: ProposalId,
  change: ProposedChange,
  folder: vscode.WorkspaceFolder,
  isThere: boolean,
  { review, staged }: Reading = {},
): ChangeSides {
  const label = vscode.Uri.joinPath(folder.uri, ...change.path.split("/"));
  const file = isThere ? label : undefined;
  const { path } = change;
  const scheme = staged === undefined ? PROPOSED_SCHEME : STAGED_SCHEME;
  const held = review === undefined ? {} : { review };
  // Of the same path as the file: otherwise VS Code takes it for renamed.
  const virtual = (query: Omit<ProposedQuery, "proposal" | "path" | "review">): vscode.Uri =>
    label.with({ scheme, query: JSON.stringify({ proposal, path, ...held, ...query }) });
  const described = (side: "before" | "after", text: string): vscode.Uri => virtual({ side, text });
  switch (change.kind) {
    case "create":
    case "edit":
      return { label, left: file, right: virtual({ side: "after", digest: change.digest, bytes: change.bytes }) };
    case "mode": {
      const [was, becomes] = [!change.executable, change.executable].map(modeText);
      return { label, left: described("before", was ?? ""), right: described("after", becomes ?? "") };
    }
    case "delete":
      return { label, left: file, right: undefined };
    case "symlink":
      return { label, left: file, right: described("after", linkText(change.target)) };
    case "delete-symlink":
      return { label, left: described("before", linkText(change.target)), right: undefined };
  }
}

/** The change that a document of this scheme shows, to apply just that. */
export function proposedFileOf(
  given: unknown,
): { readonly proposal: ProposalId; readonly path: WorkspacePath } | undefined {
  if (!(given instanceof vscode.Uri) || given.scheme !== PROPOSED_SCHEME) return undefined;
  const query = decodeJson(querySchema, given.query);
  return query.ok ? query.value : undefined;
}

export function provideProposedContent(home: Home): vscode.Disposable {
  const provider: vscode.TextDocumentContentProvider = {
    provideTextDocumentContent: async (uri, cancel) => {
      const query = decodeJson(querySchema, uri.query);
      if (!query.ok) throw unknownDocument(uri);
      const { bytes = 0, digest, proposal, review, text } = query.value;
      if (digest === undefined) return text ?? "";
      return contentOf(home, { proposal, digest, bytes }, review === undefined ? {} : { review }, cancel);
    },
  };
  return vscode.Disposable.from(
    ...[PROPOSED_SCHEME, STAGED_SCHEME].map((scheme) =>
      vscode.workspace.registerTextDocumentContentProvider(scheme, provider),
    ),
  );
}

async function contentOf(
  home: Home,
  { bytes, digest, proposal }: { readonly proposal: ProposalId; readonly digest: Digest; readonly bytes: number },
  reading: { readonly review?: true },
  cancel: vscode.CancellationToken,
): Promise<string> {
  const size = amountsIn(vscode.env.language).bytes(bytes);
  if (bytes > PROPOSED_TEXT_BYTES_MAX) {
    return vscode.l10n.t("{0}, too large to show here ({1}). It is applied as it is.", size, digest);
  }
  const chunks: Buffer[] = [];
  for (let fromByte = 0; fromByte < bytes; ) {
    if (cancel.isCancellationRequested) throw new vscode.CancellationError();
    const params = { proposalId: proposal, digest, fromByte: byteCount(fromByte), ...reading };
    const chunk = Buffer.from((await home.call(METHODS.readProposedFile, params)).base64, "base64");
    if (chunk.length === 0) throw contentMissing(digest);
    chunks.push(chunk);
    fromByte += chunk.length;
  }
  const content = Buffer.concat(chunks);
  // What is shown is what would be written, or nothing is shown.
  if (digestOf(content) !== digest) throw contentMissing(digest);
  return textOf(content) ?? vscode.l10n.t("No text: {0} ({1}). It is applied as it is.", size, digest);
}

function modeText(executable: boolean): string {
  return executable ? vscode.l10n.t("executable") : vscode.l10n.t("not executable");
}

function linkText(target: string): string {
  return vscode.l10n.t("a link to {0}", oneLine(target));
}

function contentMissing(digest: Digest): ArwError {
  return new ArwError(
    "output-missing",
    vscode.l10n.t("The Home no longer has the content {0}.", digest),
    vscode.l10n.t("Its storage was collected since; run the command again."),
  );
}

function unknownDocument(uri: vscode.Uri): ArwError {
  return new ArwError(
    "proposal-unknown",
    vscode.l10n.t("{0} names no proposal.", uri.toString()),
    vscode.l10n.t("Open the proposal again from the Episodes view."),
  );
}
