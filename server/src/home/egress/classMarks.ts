// Of what class paths are by what a person said, and by what they were written from. Saying that something is secret counts at
// once, for what waits and what is being fetched; anyone may say so. Only the owner says that something is less, or takes it back.
import {
  CLASS_MARKS_MAX,
  classSaid,
  type ClassMark,
  isClassPath,
  isHigher,
  type PathClass,
  pathClasses,
  staysHere,
} from "#protocol/classes.ts";
import type { ClearClass, DeriveFiles, MarkClass } from "#protocol/classCommands.ts";
import type { Classification } from "#protocol/egress.ts";
import { type Refusal, refuse } from "#protocol/errors.ts";
import type { JournalEvent } from "#protocol/events.ts";
import type { EpisodeId } from "#protocol/ids.ts";
import { crossedWith, type Ending, endingEvents } from "../job/ending.ts";
import { attemptOf, type Job } from "../job/state.ts";
import { nodeName } from "../node/state.ts";
import type { HomeState } from "../state.ts";
import { collectedProblem, jobsThatMayLeave } from "./mayLeave.ts";
import type { EgressState } from "./state.ts";

export function markClass(state: HomeState, command: MarkClass): readonly JournalEvent[] | Refusal {
  const { at, by, classification } = command;
  const malformed = command.paths.find((path) => !isClassPath(path));
  if (malformed !== undefined) return pathInvalid(malformed);
  if (!staysHere(classification) && by.session !== "owner") {
    return refuse(
      "owner-session-required",
      `Only the owner may say that something is ${classification}.`,
      "Open an owner session: set ARW_OWNER_SECRET, or type the secret when asked.",
    );
  }
  const { classMarks: held = [], derived = [] } = state.egress;
  const paths = [...new Set(command.paths)];
  const markedOf = pathClasses(held);
  const lowered = paths.find((path) => isHigher(markedOf(path).mark?.classification ?? "public", classification));
  if (lowered !== undefined && by.session !== "owner") {
    return refuse(
      "owner-session-required",
      `${JSON.stringify(lowered)} is marked as more than ${classification}, and only the owner says that it is less.`,
      "Leave the mark, or open an owner session: set ARW_OWNER_SECRET, or type the secret when asked.",
    );
  }
  const added = paths.filter((path) => held.every((mark) => mark.path !== path)).length;
  if (held.length + added > CLASS_MARKS_MAX) {
    return refuse(
      "class-marks-limit",
      `${held.length} marks are there, and there may be ${CLASS_MARKS_MAX}.`,
      "Mark a folder instead of its files, or take one away: arw-home classify <path> --clear.",
    );
  }
  const stale = collectedProblem(state, command.collected);
  if (stale !== undefined) return stale;
  const of = { version: 1, at, by: by.client } as const;
  const marks = paths.map((path): ClassMark => ({ path, classification, markedAt: at, by: by.client }));
  const others = held.filter((mark) => !paths.includes(mark.path));
  const classOf = pathClasses([...others, ...marks], derived);
  return [
    ...paths.map((path): JournalEvent => ({ ...of, kind: "ClassMarked", path, classification })),
    ...endings(state, command, (path) => classSaid(classOf(path))),
  ];
}

/** What waits was shown as less than it is now, so it does not leave as what was shown. */
function endings(
  state: HomeState,
  command: MarkClass | ClearClass,
  classOf: (path: string) => Classification,
): readonly JournalEvent[] {
  const pathsOf = new Map(command.collected.map(({ jobId, paths }) => [jobId, paths]));
  return jobsThatMayLeave(state).flatMap((job) => {
    const shown = shownClass(state, job);
    const path = pathsOf.get(job.jobId)?.find((each) => isHigher(classOf(each), shown));
    if (path === undefined) return [];
    const ending = endingFor(path, classOf(path));
    return endingEvents(state, job, command.at, ending, crossedWith(command.transfers, attemptOf(job)));
  });
}

/** What nobody remembers was shown as anything. */
function shownClass({ egress }: HomeState, { previewId }: Job): Classification {
  const held = previewId === undefined ? undefined : egress.previews.get(previewId);
  return held?.highestClassification ?? "public";
}

export function clearClass(state: HomeState, command: ClearClass): readonly JournalEvent[] | Refusal {
  const held = new Set(state.egress.classMarks?.map(({ path }) => path));
  const unknown = command.paths.find((path) => !held.has(path));
  if (unknown !== undefined) {
    return refuse("mark-unknown", `${JSON.stringify(unknown)} is not marked.`, "See `arw-home classify list`.");
  }
  const stale = collectedProblem(state, command.collected);
  if (stale !== undefined) return stale;
  const { at, by } = command;
  const paths = new Set(command.paths);
  const left = state.egress.classMarks?.filter((mark) => !paths.has(mark.path));
  const classOf = pathClasses(left, state.egress.derived);
  return [
    ...[...paths].map((path): JournalEvent => ({ kind: "ClassUnmarked", version: 1, at, path, by: by.client })),
    ...endings(state, command, (path) => classSaid(classOf(path))),
  ];
}

/** What marks and derivation say of paths. */
export function classesIn({ classMarks, derived }: EgressState): (path: string) => PathClass {
  return pathClasses(classMarks, derived);
}

/** Recorded before the first byte is written, so that no crash leaves a file that nobody knows the origin of. */
export function deriveFiles(state: HomeState, command: DeriveFiles): readonly JournalEvent[] | Refusal {
  const held = state.episodes.proposals.get(command.proposalId);
  if (held === undefined) return refuse("proposal-unknown", "There is no such proposal.", "See `arw-home episodes`.");
  const { classification } = command;
  const untrusted = writtenBy(state, held.episodeId) ?? command.untrusted;
  const { classMarks = [], derived = [] } = state.egress;
  const classOf = pathClasses(classMarks, derived);
  // Of what is no more than its place says, nothing needs to be remembered.
  const paths = command.paths.filter(
    (path) => untrusted !== undefined || isHigher(classification, classSaid(classOf(path))),
  );
  if (paths.length === 0) return [];
  const { episodeId: corrId } = held;
  return [
    {
      kind: "FilesDerived",
      version: 1,
      at: command.at,
      corrId,
      from: { kind: "episode", episodeId: corrId },
      classification,
      ...(untrusted === undefined ? {} : { untrusted }),
      paths,
    },
  ];
}

/** The machine that made it, where that is another one. Of what nobody remembers, it was another one. */
function writtenBy({ episodes, jobs, nodes }: HomeState, id: EpisodeId): string | undefined {
  const jobId = episodes.byId.get(id)?.jobId;
  const job = jobId === undefined ? undefined : jobs.byId.get(jobId);
  const attempt = job === undefined ? undefined : attemptOf(job);
  if (attempt === undefined) return "made by an episode that is too old to be looked at";
  return attempt.local ? undefined : `made on ${nodeName(nodes, attempt.target)}`;
}

/** Why these paths may not be sent as what they were collected as: they are of a higher class by now. */
export function classProblem(
  { classMarks = [], derived = [] }: EgressState,
  shown: { readonly paths: readonly string[]; readonly highestClassification: Classification },
): Refusal | undefined {
  if (classMarks.length === 0 && derived.length === 0) return undefined;
  const classOf = pathClasses(classMarks, derived);
  const path = shown.paths.find((each) => isHigher(classSaid(classOf(each)), shown.highestClassification));
  if (path === undefined) return undefined;
  const { message, advice } = endingFor(path, classSaid(classOf(path)));
  return refuse("class-changed", message, advice);
}

function endingFor(path: string, classification: Classification): Extract<Ending, { readonly kind: "failed" }> {
  return {
    kind: "failed",
    code: "class-changed",
    message: `${path} is ${classification} now, which is more than was shown, so nothing of this is sent.`,
    advice: "Start it again: it is then shown as what it is, or stays here. `arw-home classify show` says why.",
  };
}

function pathInvalid(path: string): Refusal {
  return refuse(
    "class-path-invalid",
    `${JSON.stringify(path)} is no file or folder of the workspace.`,
    "Write it relative to the workspace, with forward slashes; . is the whole workspace.",
  );
}
