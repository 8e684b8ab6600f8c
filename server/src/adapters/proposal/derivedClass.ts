// Of what class the files are that a proposal is about to write: the highest of what its episode was given. It is recorded
// before the first byte is written. What cannot be looked at any more counts as secret.
import { highestClass, isHigher, staysHere } from "#protocol/classes.ts";
import type { Classification } from "#protocol/egress.ts";
import type { Refusal } from "#protocol/errors.ts";
import type { Proposal } from "#protocol/proposal.ts";
import { byteCount } from "#protocol/quantities.ts";
import type { HeldProposal } from "../../home/episode/state.ts";
import { classesIn } from "../../home/egress/classMarks.ts";
import { untrustedOf } from "../../home/egress/taint.ts";
import type { Job } from "../../home/job/state.ts";
import type { HomeServices } from "../api/services.ts";
import { treeOf } from "../attempts/blobService.ts";
import { HOME } from "../attempts/dealtAttempts.ts";
import { explainClass } from "../collect/explainClass.ts";

type DerivingServices = Pick<HomeServices, "home" | "blobs" | "detector" | "now">;

/** Undefined where the files may be written. */
export async function recordDerived(
  services: DerivingServices,
  { held, proposal }: { readonly held: HeldProposal; readonly proposal: Proposal },
  signal: AbortSignal,
): Promise<Refusal | undefined> {
  const { home, blobs, now } = services;
  const paths = proposal.changes.filter(({ kind }) => kind !== "delete" && kind !== "delete-symlink");
  if (paths.length === 0) return undefined;
  const job = jobOf(services, held)?.job;
  const tree =
    job?.kind === "command" && (await blobs.size(job.tree)) !== undefined ? await treeOf(job, blobs) : undefined;
  const classification = await inputClass(services, held, tree, signal);
  const untrusted =
    job === undefined ? undefined : untrustedOf(home.state, { paths: tree?.entries.map(({ path }) => path) ?? [] });
  const executed = await home.execute({
    kind: "derive-files",
    at: now(),
    by: HOME,
    proposalId: held.proposalId,
    classification,
    ...(untrusted === undefined ? {} : { untrusted }),
    paths: paths.map(({ path }) => path),
  });
  return executed.kind === "refusal" ? executed : undefined;
}

type InputTree = Awaited<ReturnType<typeof treeOf>>;

async function inputClass(
  services: DerivingServices,
  held: HeldProposal,
  tree: InputTree | undefined,
  signal: AbortSignal,
): Promise<Classification> {
  const { egress, episodes } = services.home.state;
  const job = jobOf(services, held);
  // What left was looked through before it did, and shown.
  const shown = job?.previewId === undefined ? undefined : egress.previews.get(job.previewId);
  if (shown !== undefined) return shown.highestClassification;
  const given = episodes.byId.get(held.episodeId)?.inputClass ?? "internal";
  if (job === undefined || tree === undefined || !job.local) return highestClass([given, "secret"]);
  return contentClass(services, given, tree, signal);
}

/** Names, marks and derivation first: once it may not leave, how far it may not makes no difference. */
async function contentClass(
  { home, blobs, detector }: DerivingServices,
  given: Classification,
  { entries }: InputTree,
  signal: AbortSignal,
): Promise<Classification> {
  const classOf = classesIn(home.state.egress);
  let highest = given;
  for (const { path } of entries) {
    const { classification } = explainClass(path, [], classOf(path));
    if (isHigher(classification, highest)) highest = classification;
  }
  for (const entry of entries) {
    if (staysHere(highest)) break;
    if (entry.kind !== "file") continue;
    const bytes = await blobs.read(entry.digest, byteCount(0), entry.bytes);
    const findings = await detector.ofFile(bytes, entry.digest, signal);
    if (findings.length === 0) continue;
    highest = highestClass([highest, explainClass(entry.path, findings, {}).classification]);
  }
  return highest;
}

function jobOf({ home }: DerivingServices, held: HeldProposal): Job | undefined {
  const jobId = home.state.episodes.byId.get(held.episodeId)?.jobId;
  return jobId === undefined ? undefined : home.state.jobs.byId.get(jobId);
}
