// The life of one episode as a terminal lives it: start, ask where something would leave, show output as it comes, sum up.
// It must never send without a yes to exactly the preview that was shown, and never lose a byte of output it was given.
import { ArwError } from "#protocol/errors.ts";
import type { EpisodeId, PreviewId } from "#protocol/ids.ts";
import { plainText } from "#protocol/text/plainText.ts";
import type { TimelineEntry } from "#protocol/timeline.ts";
import { METHODS } from "#protocol/wire/client.ts";
import type { EpisodeView, StartEpisodeParams, StartEpisodeResult } from "#protocol/wire/clientViews.ts";
import { EXIT_CANCELLED, EXIT_OK } from "./exitCodes.ts";
import type { HomeClient } from "./homeClient.ts";
import { type LeaseWish, termsLike } from "./leaseTerms.ts";
import { OutputReader } from "./outputReader.ts";
import { leftText } from "./render/leaseLines.ts";
import { previewCardLines } from "./render/previewCard.ts";
import { type Crossed, summaryLines } from "./render/summary.ts";
import { timelineLine } from "./render/timelineLine.ts";
import type { CliSession } from "./session.ts";
import { followTimeline } from "./timelineFollower.ts";

/** What was said beforehand about a send: yes, and a lease for more like it. */
export interface Answer {
  readonly yes: boolean;
  readonly lease?: LeaseWish;
}

export interface RunAnswer extends Answer {
  /** Output is to be shown as it was printed, secrets included. */
  readonly exact: boolean;
}

/** Runs the episode and gives the exit code: the command's own where one ran. Throws ArwError for what stopped it before. */
export async function runEpisode(session: CliSession, params: StartEpisodeParams, answer: RunAnswer): Promise<number> {
  const { terminal } = session;
  const home = await session.home();
  const started = await home.call(METHODS.startEpisode, params);
  await terminal.emit("episode-started", { started });
  using interrupts = new Interrupts(session, home, started.episodeId);
  if (started.previewId === undefined) await terminal.say(placeText(started), ...(await leaseText(home, started)));
  else await approve(session, home, started.previewId, answer);
  const output = new OutputReader(home, terminal, answer.exact);
  const crossed = await watch(session, home, started, output, interrupts.signal);
  if (interrupts.signal.aborted) return EXIT_CANCELLED;
  const episode = await home.call(METHODS.showEpisode, { episodeId: started.episodeId });
  await terminal.emit("episode-finished", { episode, crossed });
  await terminal.say(...summaryLines(episode, crossed, terminal.errorStyle));
  return exitCodeOfEpisode(episode);
}

/** Shows a waiting preview and asks. Throws ArwError `egress-denied` for a no, `approval-needed` where nobody can answer. */
export async function approve(
  session: CliSession,
  home: HomeClient,
  previewId: PreviewId,
  { lease, yes }: Answer,
): Promise<void> {
  const { terminal } = session;
  const { digest, leaseUnfit, preview, replacedBy, state } = await home.call(METHODS.readPreview, { previewId });
  if (replacedBy !== undefined) {
    throw new ArwError(
      "preview-revised",
      `Something was taken out of this preview: ${replacedBy} took its place.`,
      `Answer that one: arw-home egress approve ${replacedBy}.`,
    );
  }
  if (state !== "waiting") {
    throw new ArwError(
      "preview-settled",
      `This preview is ${state} already.`,
      "Start the job again for a new preview.",
    );
  }
  const { nodes } = await home.call(METHODS.listNodes, {});
  const sandbox = nodes.find((node) => node.nodeId === preview.destination.nodeId)?.capabilities?.sandbox;
  const scoped = lease === undefined ? {} : { scoped: termsLike(lease, preview) };
  const unfit = leaseUnfit === undefined ? {} : { leaseUnfit };
  await terminal.emit("egress-preview", { preview, digest, ...scoped, ...unfit });
  await terminal.say(...previewCardLines(preview, digest, { sandbox, ...scoped, ...unfit }, terminal.errorStyle));
  if (!yes && !terminal.canAsk) throw approvalNeeded(previewId);
  if (!yes && !(await terminal.confirm(lease === undefined ? "Send this?" : "Send this, and more like it?"))) {
    await home.call(METHODS.denyEgress, { previewId, reason: "declined at the terminal" });
    throw new ArwError("egress-denied", "You declined; nothing left this machine.", "Run it here, without --on.");
  }
  const { leaseId, recordId } = await home.call(METHODS.approveEgress, { previewId, digest, ...scoped });
  await terminal.emit("egress-approved", { previewId, digest, leaseId, recordId });
}

async function watch(
  session: CliSession,
  home: HomeClient,
  started: StartEpisodeResult,
  output: OutputReader,
  signal: AbortSignal,
): Promise<Crossed> {
  const { terminal } = session;
  const { episodeId, sequence, target } = started;
  let isHeld = false;
  let outBytes = 0;
  let backBytes = 0;
  for await (const entry of followTimeline(home, { fromSequence: sequence, episodeId }, signal)) {
    await terminal.emit("timeline-entry", { entry });
    const { attemptId, output: range } = entry;
    if (range !== undefined && attemptId !== undefined && !isHeld) {
      isHeld = await isHeldBack(output.show(attemptId, range));
    }
    if (entry.crossing?.direction === "out") outBytes += entry.crossing.bytes;
    // A send that was recorded and then could not begin: nothing left.
    if (entry.kind === "EgressSettled" && entry.crossing === undefined) outBytes = 0;
    if (entry.crossing?.direction === "back") backBytes += entry.crossing.bytes;
    if (!target.local && isWorthSaying(entry)) await terminal.say(timelineLine(entry, terminal.errorStyle));
    if (entry.kind === "EpisodeFinished") break;
  }
  if (!isHeld) await output.end();
  return { outBytes, backBytes };
}

/** Whether the Home holds the output back for the owner's look: then the rest of it is held back as well. */
async function isHeldBack(showing: Promise<void>): Promise<boolean> {
  try {
    await showing;
    return false;
  } catch (error) {
    if (error instanceof ArwError && error.code === "result-waits") return true;
    throw error;
  }
}

/** What the card has shown already, and what the summary is about to say. */
const SAID_ELSEWHERE: readonly string[] = ["EgressPreviewed", "ProposalReceived", "EpisodeFinished"];

function isWorthSaying({ crossing, kind, level }: TimelineEntry): boolean {
  if (SAID_ELSEWHERE.includes(kind)) return false;
  return crossing !== undefined || level === "attention" || level === "error";
}

function exitCodeOfEpisode({ outcome }: EpisodeView): number {
  switch (outcome?.kind) {
    case undefined:
    case "answered":
      return EXIT_OK;
    case "exited":
      return outcome.exitCode;
    case "cancelled":
      return EXIT_CANCELLED;
    case "failed":
      throw new ArwError(outcome.code, outcome.message, outcome.advice);
  }
}

function placeText({ target, why }: StartEpisodeResult): string {
  return `Runs ${target.local ? "here" : `on ${plainText(target.name)}`}: ${plainText(why)}`;
}

/** Under which lease it was let out, and what is left of that. */
async function leaseText(home: HomeClient, { leaseId }: StartEpisodeResult): Promise<readonly string[]> {
  if (leaseId === undefined) return [];
  const { leases } = await home.call(METHODS.listLeases, {});
  const view = leases.find(({ lease }) => lease.leaseId === leaseId);
  if (view?.lease.issuer === "policy") return [`Not asked: ${plainText(view.lease.reason)}.`];
  return [`Not asked: ${leaseId} covers it${view === undefined ? "" : `; ${leftText(view)}`}.`];
}

function approvalNeeded(previewId: PreviewId): ArwError {
  return new ArwError(
    "approval-needed",
    "This would leave the machine, and nobody is here to approve it; it waits.",
    `Answer on a terminal: arw-home egress approve ${previewId}. Or run it again with --yes, or without --on.`,
  );
}

/** Ctrl-C: the first cancels the episode and waits for its end, the second leaves at once. */
class Interrupts implements Disposable {
  readonly #leave = new AbortController();
  readonly #listening: Disposable;
  #count = 0;

  constructor(session: CliSession, home: HomeClient, episodeId: EpisodeId) {
    this.#listening = listenForInterrupts(session, () => {
      if (++this.#count > 1) return this.#leave.abort();
      void session.terminal.say("Cancelling; Ctrl-C again leaves at once.");
      // A Home that cannot cancel any more is followed to its end, or left by the second Ctrl-C.
      home.call(METHODS.cancelEpisode, { episodeId }).catch(() => undefined);
    });
  }

  /** Aborts at the second. */
  get signal(): AbortSignal {
    return this.#leave.signal;
  }

  [Symbol.dispose](): void {
    this.#listening[Symbol.dispose]();
  }
}

/** The host's interrupts, or the process's SIGINT and SIGTERM. */
export function listenForInterrupts({ host }: CliSession, listener: () => void): Disposable {
  if (host.onInterrupt !== undefined) return host.onInterrupt(listener);
  process.on("SIGINT", listener).on("SIGTERM", listener);
  return { [Symbol.dispose]: () => void process.off("SIGINT", listener).off("SIGTERM", listener) };
}
