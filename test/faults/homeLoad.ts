// Load on a real Home that may die at any moment: clients that start episodes one after the other and note what the Home
// acknowledged. It must count as acknowledged nothing but what came back as an answer.
import { ArwError } from "#protocol/errors.ts";
import type { EpisodeId } from "#protocol/ids.ts";
import { METHODS } from "#protocol/wire/client.ts";
import type { HomeClient } from "../../server/src/cli/homeClient.ts";

/** Starts episodes that end at once until the Home is gone; resolves with the acknowledged ones. */
export async function loadUntilGone(client: HomeClient, acknowledged: Set<EpisodeId>): Promise<void> {
  for (;;) {
    try {
      const request = { kind: "ask", prompt: "hello", outputTokensMax: 1 } as const;
      const { episodeId } = await client.call(METHODS.startEpisode, { request });
      acknowledged.add(episodeId);
    } catch (error) {
      if (!(error instanceof ArwError)) throw error;
      if (error.code === "home-gone" || error.code === "home-unreachable") return;
    }
  }
}
