// arw-home timeline, journal, storage: what happened, whether the record of it is whole, and what of its bytes may go.
// It shows what is durable. It must never repair, hide or reorder anything.
import type { Command } from "commander";
import * as z from "zod";
import { ArwError } from "#protocol/errors.ts";
import { type EpisodeId, episodeId } from "#protocol/ids.ts";
import { type Sequence, sequence } from "#protocol/quantities.ts";
import type { TimelineEntry } from "#protocol/timeline.ts";
import { METHODS } from "#protocol/wire/client.ts";
import type { JournalReport } from "../cliHost.ts";
import { type Bind, readOptions, readWord } from "../commandLine.ts";
import { listenForInterrupts } from "../episodeFlow.ts";
import { bytesText, countText } from "../render/amounts.ts";
import { timelineLine } from "../render/timelineLine.ts";
import type { CliSession } from "../session.ts";
import { followTimeline } from "../timelineFollower.ts";

const FIRST: Sequence = sequence(1);

const followSchema: z.ZodType<{ readonly follow?: boolean | undefined }> = z.looseObject({
  follow: z.boolean().optional(),
});
const dryRunSchema: z.ZodType<{ readonly dryRun?: boolean | undefined }> = z.looseObject({
  dryRun: z.boolean().optional(),
});

export function addRecordCommands(program: Command, bind: Bind): void {
  const timeline = program
    .command("timeline [episode]")
    .description("everything that happened, or one episode of it; ▲ left this machine, ▼ came back")
    .option("-f, --follow", "go on as it happens");
  bind(timeline, async (session, [word], raw) => {
    const episode = word === undefined ? undefined : readWord(episodeId.schema, word, "episode");
    if (readOptions(followSchema, raw).follow === true) return follow(session, episode);
    return printTimeline(session, episode);
  });
  const journal = program.command("journal").description("the append-only record of this workspace");
  addReopen(journal, bind);
  addStorage(program, bind);
  const verify = journal.command("verify").description("check every frame's length, checksum, sequence and hash chain");
  bind(verify, async (session) => {
    const { homeFolder } = await session.workspace();
    const report = await session.host.verifyJournal(homeFolder);
    await session.terminal.emit("journal-report", { report });
    await session.terminal.print([verdictText(report)]);
    if (report.kind !== "corrupt") return;
    throw new ArwError(
      "journal-corrupt",
      `The journal is corrupt at byte ${report.atByte} of ${report.segment}: ${report.reason}.`,
      `Nothing was changed. Keep a copy of ${homeFolder}, and restore the segment from a backup.`,
    );
  });
}

function addReopen(journal: Command, bind: Bind): void {
  const reopen = journal.command("reopen").description("a Home that serves reading only tries its journal again, now");
  bind(reopen, async (session) => {
    await (await session.home()).call(METHODS.reopenJournal, {});
    await session.terminal.emit("journal-reopened", {});
    await session.terminal.print(["The journal takes writes."]);
  });
}

function addStorage(program: Command, bind: Bind): void {
  const storage = program.command("storage").description("the disk that this workspace's Home takes");
  const collect = storage
    .command("collect")
    .description("drop output and files of episodes that ended long ago; never a ledger")
    .option("--dry-run", "only say what would go");
  bind(collect, async (session, _words, raw) => {
    const dryRun = readOptions(dryRunSchema, raw).dryRun === true;
    const view = await (await session.home()).call(METHODS.collectStorage, { dryRun });
    await session.terminal.emit("storage-collected", { storage: view });
    const verb = dryRun ? "would go" : "are gone";
    await session.terminal.print(
      (["blobs", "outputs"] as const).map((what) => {
        const { kept, dropped, droppedBytes } = view[what];
        const noun = what === "blobs" ? "stored file" : "output";
        return `${countText(dropped, noun)} (${bytesText(droppedBytes)}) ${verb}, ${countText(kept, noun)} stay`;
      }),
    );
  });
}

async function printTimeline(session: CliSession, episode: EpisodeId | undefined): Promise<void> {
  const home = await session.home();
  let fromSequence = FIRST;
  let shown = 0;
  for (;;) {
    const page = await home.call(METHODS.readTimeline, query(fromSequence, episode));
    for (const entry of page.entries) await show(session, entry);
    shown += page.entries.length;
    // A page that goes nowhere would be read for ever.
    if (!page.more || page.nextSequence <= fromSequence) break;
    fromSequence = page.nextSequence;
  }
  if (shown > 0) return;
  await session.terminal.say(
    episode === undefined
      ? "Nothing has happened here yet. Start: arw-home run -- <command>"
      : "No events of that episode.",
  );
}

async function follow(session: CliSession, episode: EpisodeId | undefined): Promise<void> {
  const home = await session.home();
  const over = new AbortController();
  using _interrupts = listenForInterrupts(session, () => over.abort());
  for await (const entry of followTimeline(home, query(FIRST, episode), over.signal)) await show(session, entry);
}

async function show({ terminal }: CliSession, entry: TimelineEntry): Promise<void> {
  await terminal.emit("timeline-entry", { entry });
  await terminal.print([timelineLine(entry, terminal.style)]);
}

function query(
  fromSequence: Sequence,
  episode: EpisodeId | undefined,
): { fromSequence: Sequence; episodeId?: EpisodeId } {
  return { fromSequence, ...(episode === undefined ? {} : { episodeId: episode }) };
}

function verdictText(report: JournalReport): string {
  switch (report.kind) {
    case "ok":
      return `journal verify: ok — ${countText(report.frames, "frame")}, ${countText(report.events, "event")}, ${countText(report.segments, "segment")}, last ${report.lastDigest}`;
    case "torn-tail":
      return `journal verify: torn tail — ${countText(report.cutBytes, "byte")} from byte ${report.atByte} of ${report.segment} were never acknowledged; a running Home is writing, or the next start cuts them. All up to sequence ${report.lastSequence} is whole.`;
    case "corrupt":
      return `journal verify: CORRUPT — byte ${report.atByte} of ${report.segment}: ${report.reason}`;
  }
}
