// arw-home result list, show, accept, discard: what came back under a rule that holds it for the owner's look.
// Nothing of it is shown anywhere else before it is accepted; the Home holds it, this only asks.
import type { Command } from "commander";
import { ArwError } from "#protocol/errors.ts";
import type { ReviewVerdict } from "#protocol/reviewEvents.ts";
import { episodeId } from "#protocol/ids.ts";
import { byteCount } from "#protocol/quantities.ts";
import type { OutputStream } from "#protocol/result.ts";
import { plainLines } from "#protocol/text/plainText.ts";
import { METHODS } from "#protocol/wire/client.ts";
import type { EpisodeView } from "#protocol/wire/clientViews.ts";
import { type Bind, readWord } from "../commandLine.ts";
import type { HomeClient } from "../homeClient.ts";
import { proposalDiff } from "../proposalDiff.ts";
import { episodeLines, proposalLines } from "../render/views.ts";

/** Characters of one stream that are shown; a look needs no more, and a terminal bears no more. */
const SHOWN_BYTES_MAX: number = 4 * 1024 * 1024;

export function addResultCommands(program: Command, bind: Bind): void {
  const result = program.command("result").description("what came back and waits for your look before it is used");
  bind(result.command("list").description("the results that wait"), async (session) => {
    const { terminal } = session;
    const { episodes } = await (await session.home()).call(METHODS.listResults, {});
    for (const episode of episodes) await terminal.emit("result", { episode });
    if (episodes.length === 0) return terminal.print(["Nothing that came back waits for your look."]);
    await terminal.print(episodeLines(episodes, terminal.style));
  });
  bind(
    result.command("show <episode>").description("its output and the files it proposes"),
    async (session, [word]) => {
      const { terminal } = session;
      const home = await session.home();
      const episode = await waiting(home, word);
      await terminal.emit("result", { episode });
      const shown = episode.produced.filter(({ bytes }) => bytes > 0);
      for (const { stream } of shown) {
        const text = await outputOf(home, episode, stream);
        await terminal.emit("result-output", { stream, text });
        await terminal.print([terminal.style.bold(stream), plainLines(text)]);
      }
      if (episode.proposalId !== undefined) {
        const view = await home.call(METHODS.showProposal, { proposalId: episode.proposalId, review: true });
        await terminal.emit("proposal", { proposal: view });
        const { folder } = await session.workspace();
        const diff = await proposalDiff(home, view, folder, { review: true });
        await terminal.print([...proposalLines(view, terminal.style), "", plainLines(diff)]);
      }
      const { episodeId: id } = episode;
      await terminal.say(`Then: arw-home result accept ${id}, or: arw-home result discard ${id}`);
    },
  );
  answer(result, bind, "accept", "accepted", "Accepted. Its output is shown and its proposal can be applied.");
  answer(result, bind, "discard", "discarded", "Discarded. Its output is gone, and its proposal cannot be applied.");
}

function answer(result: Command, bind: Bind, name: string, verdict: ReviewVerdict, said: string): void {
  const command = result.command(`${name} <episode>`).description(`${name} what came back; this is decided once`);
  bind(command, async (session, [word]) => {
    const id = readWord(episodeId.schema, word, "episode");
    await (await session.home()).call(METHODS.reviewResult, { episodeId: id, verdict });
    await session.terminal.emit("result-reviewed", { episodeId: id, verdict });
    await session.terminal.print([said]);
  });
}

async function waiting(home: HomeClient, word: string | undefined): Promise<EpisodeView> {
  const id = readWord(episodeId.schema, word, "episode");
  const { episodes } = await home.call(METHODS.listResults, {});
  const found = episodes.find((episode) => episode.episodeId === id);
  if (found !== undefined) return found;
  throw new ArwError("result-not-held", "Nothing of this episode waits for your look.", "See: arw-home result list.");
}

async function outputOf(home: HomeClient, { attemptId }: EpisodeView, stream: OutputStream): Promise<string> {
  if (attemptId === undefined) return "";
  const pieces: Buffer[] = [];
  for (let fromByte = 0; fromByte < SHOWN_BYTES_MAX; ) {
    const range = { attemptId, stream, fromByte: byteCount(fromByte), review: true } as const;
    const piece = Buffer.from((await home.call(METHODS.readOutput, range)).base64, "base64");
    if (piece.length === 0) break;
    pieces.push(piece);
    fromByte += piece.length;
  }
  return Buffer.concat(pieces).toString("utf8");
}
