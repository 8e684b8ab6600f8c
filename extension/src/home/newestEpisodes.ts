// The newest episodes of a Home, as many as a window keeps in view; older ones are in the timeline and in the terminal.
import { METHODS } from "#protocol/wire/client.ts";
import type { EpisodeView } from "#protocol/wire/clientViews.ts";
import { pagesOf } from "#protocol/wire/listPage.ts";
import type { Home } from "./home.ts";

/** Episodes that a window holds. They are read again after every change, so this is not all of history. */
export const EPISODES_MIRRORED_MAX = 1_000;

export async function newestEpisodes(home: Pick<Home, "call">): Promise<readonly EpisodeView[]> {
  const found: EpisodeView[] = [];
  for await (const { episodes } of pagesOf((page) => home.call(METHODS.listEpisodes, page))) {
    found.push(...episodes);
    if (found.length >= EPISODES_MIRRORED_MAX) break;
  }
  return found.slice(0, EPISODES_MIRRORED_MAX);
}
