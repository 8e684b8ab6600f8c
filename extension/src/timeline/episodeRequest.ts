// What an episode was asked to do, as plain text for its details: the command line with its folder, or the prompt.
// It must never be taken for a command again: it is text to read.
import { messageWithAdvice } from "#protocol/errors.ts";
import type { EpisodeId } from "#protocol/ids.ts";
import { REQUEST_CHARACTERS_MAX, type ShownRequest } from "#protocol/webview/timeline.ts";
import { METHODS } from "#protocol/wire/client.ts";
import type { EpisodeRequest } from "#protocol/wire/clientViews.ts";
import type { Home } from "../home/home.ts";

/** Never rejects: what could not be read is said in the answer. */
export async function readRequest(home: Pick<Home, "call">, episodeId: EpisodeId): Promise<ShownRequest> {
  const about = { kind: "request", episodeId } as const;
  try {
    const { request, truncated } = await home.call(METHODS.showRequest, { episodeId });
    const text = requestText(request);
    const cut = truncated || text.length > REQUEST_CHARACTERS_MAX;
    return { ...about, text: text.slice(0, REQUEST_CHARACTERS_MAX), cut };
  } catch (error) {
    const problem = messageWithAdvice(error);
    return { ...about, text: "", cut: false, problem };
  }
}

/** The command as one would type it, below its folder where that is not the workspace itself; or the prompt. */
export function requestText(request: EpisodeRequest): string {
  switch (request.kind) {
    case "command": {
      const line = request.argv.map(quoted).join(" ");
      return request.folder === "." ? line : `cd ${quoted(request.folder)}\n${line}`;
    }
    case "ask":
      return request.system === undefined ? request.prompt : `${request.system}\n\n${request.prompt}`;
  }
}

/** An argument as a shell would want it, so that where one ends is seen. */
function quoted(argument: string): string {
  return /^[\w@%+=:,./-]+$/u.test(argument) ? argument : `'${argument.replaceAll("'", String.raw`'\''`)}'`;
}
