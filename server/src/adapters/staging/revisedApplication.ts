// Another application of the same proposal: of fewer files, or with contents that somebody wrote anew. The bytes are stored by
// their digest, which the action names; edits of earlier revisions stay. Nothing of it is written into the workspace here.
import { refuse, type Refusal } from "#protocol/errors.ts";
import { byteCount } from "#protocol/quantities.ts";
import { type EditedContent, STAGED_EDITS_MAX, type StagedAction } from "#protocol/staging.ts";
import type { NewContent, StagedChange } from "#protocol/wire/stagingViews.ts";
import type { HomeServices } from "../api/services.ts";
import { type Application, applicationOf, hasContent } from "./application.ts";

type Applying = Extract<StagedAction, { readonly kind: "apply-proposal" }>;

interface RevisedApplication {
  readonly kind: "revised";
  readonly application: Application;
  /** The contents; no frame that names them may be durable before. */
  readonly durable: Promise<void>;
}

export async function revisedApplication(
  services: HomeServices,
  { edited = [], paths: before, proposalId }: Applying,
  { contents = [], paths = before }: Extract<StagedChange, { readonly kind: "apply-proposal" }>,
): Promise<RevisedApplication | Refusal> {
  const chosen = await applicationOf(services, proposalId, { paths, edited });
  if (chosen.kind === "refusal") return chosen;
  const problem = contentProblem(chosen, contents) ?? countProblem(edited, contents);
  if (problem !== undefined) return problem;
  const stored = await Promise.all(contents.map((content) => store(services, content)));
  const written = new Set(contents.map(({ path }) => path));
  const kept = edited.filter(({ path }) => !written.has(path));
  const all = [...kept, ...stored.map(({ content }) => content)];
  const application = await applicationOf(services, proposalId, { paths, edited: all });
  if (application.kind === "refusal") return application;
  return { kind: "revised", application, durable: allOf(stored.map(({ durable }) => durable)) };
}

/** Only what would be written as a file has a content. */
function contentProblem({ proposal }: Application, contents: readonly NewContent[]): Refusal | undefined {
  const files = new Set(proposal.changes.flatMap((change) => (hasContent(change) ? [change.path] : [])));
  const other = contents.find(({ path }) => !files.has(path));
  if (other === undefined) return undefined;
  return refuse(
    "staged-no-content",
    `Nothing would be written as a file at ${JSON.stringify(other.path)}, so there is no content to change.`,
    "Name a file that it creates or changes: arw-home proposal show.",
  );
}

function countProblem(edited: readonly EditedContent[], contents: readonly NewContent[]): Refusal | undefined {
  const paths = contents.map(({ path }) => path);
  if (new Set(paths).size < paths.length) {
    return refuse("staged-content-twice", "One file was given two contents.", "Give each file once.");
  }
  const all = new Set([...paths, ...edited.map(({ path }) => path)]);
  if (all.size <= STAGED_EDITS_MAX) return undefined;
  return refuse(
    "staged-too-many-edits",
    `${all.size} edited files are more than the ${STAGED_EDITS_MAX} that one item may have.`,
    "Leave some of them out, apply the rest, then edit the others in the workspace.",
  );
}

async function allOf(durables: readonly Promise<void>[]): Promise<void> {
  await Promise.all(durables);
}

async function store(
  { blobs }: HomeServices,
  { base64, path }: NewContent,
): Promise<{ readonly content: EditedContent; readonly durable: Promise<void> }> {
  const bytes = Buffer.from(base64, "base64");
  const { digest, durable } = await blobs.begin(bytes);
  // Awaited with the frame that names it, which may not come: then nobody waits for it.
  durable.catch(() => undefined);
  return { content: { path, digest, bytes: byteCount(bytes.length) }, durable };
}
