// The addresses of the read-only documents `arw-egress:`: what each shows is in its query, so that a reload shows the same.
// They name bytes by digest or files by path; no content is ever in an address.
import * as vscode from "vscode";
import * as z from "zod";
import { decodeJson } from "#protocol/decode.ts";
import { type Digest, digestSchema } from "#protocol/digest.ts";
import { ArwError } from "#protocol/errors.ts";
import { type PreviewId, previewId } from "#protocol/ids.ts";
import { INSPECTED_PATHS_MAX } from "#protocol/wire/egressViews.ts";
import { workspacePathSchema, type WorkspacePath } from "#protocol/workspacePath.ts";

export const EGRESS_SCHEME = "arw-egress";

/** What one document shows. */
export type EgressSource =
  | { readonly kind: "nothing" }
  /** Bytes of a preview, exactly. */
  | { readonly kind: "item"; readonly previewId: PreviewId; readonly digest: Digest; readonly bytes?: number }
  /** What would leave of these files, as a report. */
  | { readonly kind: "report"; readonly paths: readonly WorkspacePath[] }
  /** What would be sent of this file as it is saved. */
  | { readonly kind: "saved"; readonly path: WorkspacePath };

const sourceSchema: z.ZodType<EgressSource> = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("nothing") }),
  z.strictObject({
    kind: z.literal("item"),
    previewId: previewId.schema,
    digest: digestSchema,
    bytes: z.number().int().min(0).exactOptional(),
  }),
  z.strictObject({ kind: z.literal("report"), paths: z.array(workspacePathSchema).min(1).max(INSPECTED_PATHS_MAX) }),
  z.strictObject({ kind: z.literal("saved"), path: workspacePathSchema }),
]);

/** `path` gives the document its name and its language. */
export function egressUri(path: string, source: EgressSource): vscode.Uri {
  return vscode.Uri.from({ scheme: EGRESS_SCHEME, path: `/${path}`, query: JSON.stringify(source) });
}

/** Throws ArwError for an address that is not one of ours. */
export function egressSource(uri: vscode.Uri): EgressSource {
  const decoded = decodeJson(sourceSchema, uri.query);
  if (decoded.ok) return decoded.value;
  throw new ArwError("egress-document-unknown", "This is no document of a preview.", "Open it from the review.");
}
