// What an episode was asked to do, as plain text for its details: the command line with its folder, or the prompt.
// It must never be taken for a command again: it is text to read.
import { ArwError } from "#protocol/errors.ts";
import type { EpisodeId } from "#protocol/ids.ts";
import { REQUEST_CHARACTERS_MAX, type ShownRequest } from "#protocol/webview/timeline.ts";
import { METHODS } from "#protocol/wire/client.ts";
import type { EpisodeView } from "#protocol/wire/clientViews.ts";
import type { Home } from "../home/home.ts";

/** Never rejects: what could not be read is said in the answer. */
export async function readRequest(home: Pick<Home, "call">, episodeId: EpisodeId): Promise<ShownRequest> {
  const about = { kind: "request", episodeId } as const;
  try {
    const text = requestText(await home.call(METHODS.showEpisode, { episodeId }));
    return { ...about, text: text.slice(0, REQUEST_CHARACTERS_MAX), cut: text.length > REQUEST_CHARACTERS_MAX };
  } catch (error) {
    const problem = error instanceof ArwError ? `${error.message} ${error.advice}` : String(error);
    return { ...about, text: "", cut: false, problem };
  }
}

/** As far as the Home says it: the job of an episode that ended, else its title. */
export function requestText({ snapshot, title }: EpisodeView): string {
  if (snapshot === undefined) return title;
  const { job } = snapshot;
  return job.kind === "command" ? job.argv.map(quoted).join(" ") : title;
}

/** An argument as a shell would want it, so that where one ends is seen. */
function quoted(argument: string): string {
  return /^[\w@%+=:,./-]+$/u.test(argument) ? argument : `'${argument.replaceAll("'", String.raw`'\''`)}'`;
}
