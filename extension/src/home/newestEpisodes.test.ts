// A window reads the newest episodes page by page, and no further than it keeps.
import assert from "node:assert/strict";
import { test } from "node:test";
import { epochMs } from "#protocol/quantities.ts";
import type { Method } from "#protocol/wire/client.ts";
import type { EpisodeView } from "#protocol/wire/clientViews.ts";
import { LIST_ROWS_MAX, listParamsSchema } from "#protocol/wire/listPage.ts";
import { episodeNumber, jobNumber, nodeNumber } from "../../../test/editor/webviews/sampleEntries.ts";
import type { Home } from "./home.ts";
import { EPISODES_MIRRORED_MAX, newestEpisodes } from "./newestEpisodes.ts";

/** A Home with so many episodes, numbered from the newest on. */
function homeWith(count: number): { readonly home: Pick<Home, "call">; readonly asked: unknown[] } {
  const asked: unknown[] = [];
  const call = async <Params, Result>({ result }: Method<Params, Result>, params: Params): Promise<Result> => {
    asked.push(params);
    const { cursor: from = 1 } = listParamsSchema.parse(params);
    const end = Math.min(count, from - 1 + LIST_ROWS_MAX);
    const episodes = Array.from({ length: end - from + 1 }, (_, at) => episode(from + at));
    return result.parse({ episodes, ...(end < count ? { next: end + 1 } : {}) });
  };
  return { home: { call }, asked };
}

function episode(number: number): EpisodeView {
  return {
    episodeId: episodeNumber(number),
    kind: "command",
    title: `episode ${number}`,
    startedAt: epochMs(1_700_000_000_000 - number),
    state: "running",
    jobId: jobNumber(number),
    target: { nodeId: nodeNumber(1), name: "local", local: true },
    produced: [],
  };
}

test("all episodes are read, in as few pages as there are", async () => {
  for (const [count, pages] of [
    [0, 1],
    [LIST_ROWS_MAX, 1],
    [LIST_ROWS_MAX + 1, 2],
  ] as const) {
    const { asked, home } = homeWith(count);
    assert.equal((await newestEpisodes(home)).length, count);
    assert.equal(asked.length, pages);
  }
});

test("past what a window keeps nothing is read", async () => {
  const { asked, home } = homeWith(EPISODES_MIRRORED_MAX + 1);
  const found = await newestEpisodes(home);
  assert.equal(found.length, EPISODES_MIRRORED_MAX);
  assert.equal(found.at(-1)?.title, `episode ${EPISODES_MIRRORED_MAX}`);
  assert.equal(asked.length, EPISODES_MIRRORED_MAX / LIST_ROWS_MAX);
});
