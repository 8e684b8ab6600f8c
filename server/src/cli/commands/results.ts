// arw-home result list, show, accept, discard: what came back under a rule that holds it for the owner's look.
// Nothing of it is shown anywhere else before it is accepted; the Home holds it, this only asks.
import type { Command } from "commander";
import * as z from "zod";
import { ArwError } from "#protocol/errors.ts";
import { episodeId } from "#protocol/ids.ts";
import { OrderedOutput } from "#protocol/orderedOutput.ts";
import { byteCount } from "#protocol/quantities.ts";
import type { OutputStream } from "#protocol/result.ts";
import type { ReviewVerdict } from "#protocol/reviewEvents.ts";
import { plainLines, plainText } from "#protocol/text/plainText.ts";
import { METHODS } from "#protocol/wire/client.ts";
import type { EpisodeView } from "#protocol/wire/clientViews.ts";
import { type Bind, readOptions, readWord } from "../commandLine.ts";
import type { HomeClient } from "../homeClient.ts";
import { proposalDiff } from "../proposalDiff.ts";
import { bytesText } from "../render/amounts.ts";
import { episodeLines, proposalLines } from "../render/views.ts";
import type { CliSession } from "../session.ts";

/** So much of one stream is shown, and what is past it is said; accepted, all of it can be read. */
const SHOWN_BYTES_MAX: number = 4 * 1024 * 1024;

const yesSchema: z.ZodType<{ readonly yes?: boolean | undefined }> = z.looseObject({ yes: z.boolean().optional() });

export function addResultCommands(program: Command, bind: Bind): void {
  const result = program.command("result").description("what came back and waits for your look before it is used");
  bind(result.command("list").description("the results that wait"), async (session) => {
    const { terminal } = session;
    const { episodes } = await (await session.home()).call(METHODS.listResults, {});
    for (const episode of episodes) await terminal.emit("result", { episode });
    if (episodes.length === 0) return terminal.print(["Nothing that came back waits for your look."]);
    await terminal.print(episodeLines(episodes, terminal.style));
  });
  bind(result.command("show <episode>").description("its output and the files it proposes"), show);
  addAnswer(result, bind, {
    verb: "accept",
    verdict: "accepted",
    question: "Accept it?",
    said: "Accepted. Its output is shown and its proposal can be applied.",
  });
  addAnswer(result, bind, {
    verb: "discard",
    verdict: "discarded",
    question: "Discard it for good?",
    said: "Discarded. Its output is gone, and its proposal cannot be applied.",
  });
}

async function show(session: CliSession, [word]: readonly string[]): Promise<void> {
  const { terminal } = session;
  const home = await session.home();
  const id = readWord(episodeId.schema, word, "episode");
  const { episode } = await home.call(METHODS.showResult, { episodeId: id });
  await terminal.emit("result", { episode });
  await terminal.print([whatLine(episode)]);
  for (const { bytes, stream } of episode.produced) {
    if (bytes === 0) continue;
    const text = await outputOf(home, episode, stream, bytes);
    await terminal.emit("result-output", { stream, text });
    const cut = bytes > SHOWN_BYTES_MAX ? [`(the first ${bytesText(SHOWN_BYTES_MAX)} of ${bytesText(bytes)})`] : [];
    await terminal.print(["", terminal.style.bold(stream), plainLines(text).trimEnd(), ...cut]);
  }
  if (episode.proposalId !== undefined) {
    const view = await home.call(METHODS.showProposal, { proposalId: episode.proposalId, review: true });
    await terminal.emit("proposal", { proposal: view });
    const { folder } = await session.workspace();
    const diff = await proposalDiff(home, view, folder, { review: true });
    await terminal.print(["", ...proposalLines(view, terminal.style), "", plainLines(diff)]);
  }
  await terminal.say(`Then: arw-home result accept ${id}, or: arw-home result discard ${id}`);
}

interface Answer {
  readonly verb: string;
  readonly verdict: ReviewVerdict;
  readonly question: string;
  readonly said: string;
}

function addAnswer(result: Command, bind: Bind, { question, said, verb, verdict }: Answer): void {
  const command = result
    .command(`${verb} <episode>`)
    .description(`${verb} what came back; this is decided once`)
    .option("-y, --yes", "without being asked");
  bind(command, async (session, [word], raw) => {
    const { terminal } = session;
    const id = readWord(episodeId.schema, word, "episode");
    const { yes = false } = readOptions(yesSchema, raw);
    const home = await session.home();
    const { episode } = await home.call(METHODS.showResult, { episodeId: id });
    await terminal.say(whatLine(episode));
    if (!yes && !terminal.canAsk) {
      throw new ArwError("approval-needed", "Nobody is here to decide about it.", "Run it again with --yes.");
    }
    if (!yes && !(await terminal.confirm(question))) {
      await terminal.say("Nothing was decided; it still waits.");
      return;
    }
    await home.call(METHODS.reviewResult, { episodeId: id, verdict });
    await terminal.emit("result-reviewed", { episodeId: id, verdict });
    await terminal.print([said]);
  });
}

/** What it is, where it comes from and how much it is. */
function whatLine({ produced, proposalId, target, title }: EpisodeView): string {
  const parts = produced.flatMap(({ bytes, stream }) => (bytes === 0 ? [] : [`${bytesText(bytes)} of ${stream}`]));
  const files = proposalId === undefined ? [] : ["changed files"];
  return `From ${plainText(target.name)}, of ${plainText(title)}: ${[...parts, ...files].join(", ")}`;
}

/** Without its secrets, as any output is shown. */
async function outputOf(
  home: HomeClient,
  { attemptId }: EpisodeView,
  stream: OutputStream,
  end: number,
): Promise<string> {
  if (attemptId === undefined) return "";
  const pieces: Uint8Array[] = [];
  const output = new OrderedOutput(async (attempt, from, fromByte) => {
    const asked = { attemptId: attempt, stream: from, fromByte, review: true } as const;
    const { base64, held = false, removed = [] } = await home.call(METHODS.readOutput, asked);
    return { bytes: Buffer.from(base64, "base64"), removed, held };
  });
  const range = { stream, fromByte: byteCount(0), bytes: byteCount(Math.min(end, SHOWN_BYTES_MAX)) };
  for await (const part of output.take(attemptId, range)) if (part.kind === "bytes") pieces.push(part.shown);
  return Buffer.concat(pieces).toString("utf8");
}
