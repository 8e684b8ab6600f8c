// What an episode was asked to do, shown as it was asked: started again it is the same job, and what was kept out stays out.
import assert from "node:assert/strict";
import { test } from "node:test";
import { byteCount, durationMs } from "#protocol/quantities.ts";
import { episodeId } from "#protocol/ids.ts";
import { LEAVE_OUT_MAX } from "#protocol/wire/clientViews.ts";
import { REQUEST_CHARACTERS_MAX } from "#protocol/wire/requestView.ts";
import { ANYONE, answered, codeOf, type Request, services } from "../../../../test/simulation/apiBench.ts";
import { DeskBench } from "../../../../test/simulation/deskBench.ts";
import { deny, homeWith, preview } from "../../../../test/simulation/homeCommands.ts";
import { GPU, MODEL } from "../../../../test/simulation/homeScenario.ts";
import { RECENT_EPISODES_MAX } from "../../home/episode/state.ts";
import { egressApi } from "./egressApi.ts";
import { episodeApi } from "./episodeApi.ts";
import { requestApi } from "./requestApi.ts";

const FILES = { "a.txt": "one", "app/[id]/page.ts": "two", "app/i/page.ts": "three", "src/a.txt": "four" };

const COMMAND: Request = {
  kind: "command",
  argv: ["make", "it"],
  folder: ".",
  outputs: ["out/**"],
  dependencies: { kind: "install-step", argv: ["npm", "ci"] },
  wallMs: durationMs(5_000),
  memoryBytes: byteCount(1_000_000),
};

test("a command that is run again is the same job: what was taken out of its preview stays out, and nothing else", async (t) => {
  const here = await services(t, new DeskBench(homeWith(GPU).state), FILES);
  const { startEpisode } = episodeApi(here);
  const { reviseEgress, readPreview } = egressApi(here);
  const { showRequest } = requestApi(here);
  const first = answered(await startEpisode({ request: COMMAND, on: GPU.name, title: "making it" }, ANYONE));
  assert.ok(first.previewId !== undefined);
  const plain = answered(await showRequest({ episodeId: first.episodeId }, ANYONE));
  assert.deepEqual([plain.request, plain.truncated, plain.title], [COMMAND, false, "making it"]);
  assert.deepEqual([plain.target.name, plain.limits.wallMs], [GPU.name, 5_000]);

  const { digest } = answered(await readPreview({ previewId: first.previewId }, ANYONE));
  const leaveOut = ["a.txt", "app/[id]/page.ts"];
  const revised = answered(await reviseEgress({ previewId: first.previewId, digest, leaveOut }, ANYONE));
  const { request } = answered(await showRequest({ episodeId: first.episodeId }, ANYONE));
  const again = answered(await startEpisode({ request, on: GPU.name }, ANYONE));
  assert.ok(again.previewId !== undefined);
  const before = answered(await readPreview({ previewId: revised.previewId }, ANYONE)).preview;
  const after = answered(await readPreview({ previewId: again.previewId }, ANYONE)).preview;
  assert.deepEqual([after.items, after.leftOut, after.payload], [before.items, before.leftOut, before.payload]);
  assert.ok(
    after.items.some(({ path }) => path === "src/a.txt"),
    "a name elsewhere is another file",
  );
});

test("a question shows its prompt, system text, model and seed; a long one is cut, and says so", async (t) => {
  const here = await services(t);
  const { startEpisode } = episodeApi(here);
  const { showRequest } = requestApi(here);
  const request = { kind: "ask", prompt: "why?", system: "be brief", seed: 7, outputTokensMax: 9 } as const;
  const asked = answered(await startEpisode({ request, on: "local" }, ANYONE));
  assert.deepEqual(answered(await showRequest({ episodeId: asked.episodeId }, ANYONE)).request, {
    ...request,
    model: MODEL.digest,
    temperatureMilli: 0,
  });
  const long = "x".repeat(REQUEST_CHARACTERS_MAX + 1);
  const cut = answered(await startEpisode({ request: { ...request, prompt: long }, on: "local" }, ANYONE));
  const shown = answered(await showRequest({ episodeId: cut.episodeId }, ANYONE));
  assert.ok(shown.request.kind === "ask" && shown.request.prompt.length === REQUEST_CHARACTERS_MAX);
  assert.equal(shown.truncated, true);
});

test("where more was taken out than can be said again, the request says that it is not whole", async (t) => {
  const files = Object.fromEntries(Array.from({ length: LEAVE_OUT_MAX + 1 }, (_, index) => [`many/${index}.txt`, "x"]));
  const here = await services(t, new DeskBench(homeWith(GPU).state), files);
  const { reviseEgress, readPreview } = egressApi(here);
  const first = answered(await episodeApi(here).startEpisode({ request: COMMAND, on: GPU.name }, ANYONE));
  assert.ok(first.previewId !== undefined);
  const { digest } = answered(await readPreview({ previewId: first.previewId }, ANYONE));
  answered(await reviseEgress({ previewId: first.previewId, digest, leaveOut: ["many"] }, ANYONE));
  const shown = answered(await requestApi(here).showRequest({ episodeId: first.episodeId }, ANYONE));
  assert.deepEqual([shown.truncated, shown.request], [true, COMMAND]);
});

test("an episode of long ago is shown as well, and one that never was is refused", async (t) => {
  const bench = new DeskBench(homeWith(GPU).state);
  const here = await services(t, bench, FILES);
  const { showRequest } = requestApi(here);
  const old = answered(await episodeApi(here).startEpisode({ request: COMMAND, on: GPU.name }, ANYONE));
  assert.ok(old.previewId !== undefined);
  answered(await egressApi(here).denyEgress({ previewId: old.previewId, reason: "no" }, ANYONE));
  for (let number = 100; number < 101 + RECENT_EPISODES_MAX; number++) {
    await bench.home.execute(preview(number, GPU));
    await bench.home.execute(deny(number));
  }
  assert.equal(here.home.state.episodes.byId.get(old.episodeId), undefined);
  assert.deepEqual(answered(await showRequest({ episodeId: old.episodeId }, ANYONE)).request, COMMAND);
  assert.equal(
    codeOf(await showRequest({ episodeId: episodeId.from(Buffer.alloc(17, 9)) }, ANYONE)),
    "episode-unknown",
  );
});
