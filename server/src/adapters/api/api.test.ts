// The Home's functions for clients, on the real core and a real workspace folder: what they refuse, what they read and how
// much of it, and that nothing is written without the owner's word.
import assert from "node:assert/strict";
import { describe, test, type TestContext } from "node:test";
import { canonicalJson } from "#protocol/canonicalJson.ts";
import { digestOf } from "#protocol/digest.ts";
import type { EgressLedgerRow } from "#protocol/egress.ts";
import type { EpisodeId, EgressRecordId } from "#protocol/ids.ts";
import { durationMs, type Sequence, sequence } from "#protocol/quantities.ts";
import type { TimelineEntry } from "#protocol/timeline.ts";
import { TIMELINE_PAGE_ENTRIES_MAX } from "#protocol/wire/clientViews.ts";
import { ANYONE, codeOf, command, OWNER, services } from "../../../../test/simulation/apiBench.ts";
import { DeskBench } from "../../../../test/simulation/deskBench.ts";
import {
  approve,
  connect,
  deny,
  finished,
  homeAlone,
  homeWith,
  idsOf,
  lost,
  NOW,
  preview,
  SHELL,
} from "../../../../test/simulation/homeCommands.ts";
import { capabilitiesWith, COMMAND_ENGINE, GPU, LOCAL } from "../../../../test/simulation/homeScenario.ts";
import { PLANTED_SECRETS } from "../../../../test/simulation/plantedSecrets.ts";
import { foldEgress } from "../../home/egress/ledger.ts";
import { egressApi } from "./egressApi.ts";
import { episodeApi } from "./episodeApi.ts";
import { WALL_MS_MAX } from "./jobInputs.ts";
import type { HomeServices } from "./services.ts";
import { PAGE_FRAMES_MAX, timelineApi } from "./timelineApi.ts";

describe("starting an episode", () => {
  test("an unknown node, an absent engine and a time past the limit are refused", async (t) => {
    const here = await services(t);
    const { startEpisode } = episodeApi(here);
    assert.equal(codeOf(await startEpisode({ request: command("make"), on: "nowhere" }, ANYONE)), "node-unknown");
    for (const wallMs of [0, WALL_MS_MAX + 1]) {
      const request = { ...command("make"), wallMs: durationMs(wallMs) };
      assert.equal(codeOf(await startEpisode({ request }, ANYONE)), "limit-invalid");
    }
    const bare = homeAlone();
    bare.run(connect(LOCAL, { capabilities: capabilitiesWith(COMMAND_ENGINE) }));
    const alone = await services(t, new DeskBench(bare.state));
    const asked = await episodeApi(alone).startEpisode({ request: { kind: "ask", prompt: "why" } }, ANYONE);
    assert.equal(codeOf(asked), "engine-absent");
    assert.equal(here.journal.lastSequence + alone.journal.lastSequence, 0);
  });

  test("a secret in a command line is refused for a worker, one in a prompt is taken out; both start on this machine", async (t) => {
    const here = await services(t);
    const { startEpisode } = episodeApi(here);
    const secret = PLANTED_SECRETS["github"] ?? "";
    for (const [request, code] of [
      [command("curl", "-H", `authorization: ${secret}`), "command-has-secret"],
      [{ kind: "ask", prompt: `what is ${secret}` }, undefined],
    ] as const) {
      assert.equal(codeOf(await startEpisode({ request, on: GPU.name }, ANYONE)), code);
      const started = await startEpisode({ request, on: "local" }, ANYONE);
      assert.equal(codeOf(started), undefined);
    }
  });

  test("a title is one printable line of whole characters, whoever chose it", async (t) => {
    const here = await services(t);
    const { startEpisode, showEpisode } = episodeApi(here);
    const hard = `${"x".repeat(78)}\u{1F600}\u{1F600}`;
    for (const params of [
      { request: command("printf", "a\nb\r\n\u001b[31mred\u202Eback") },
      { request: command(hard) },
      { request: command("make"), title: `two\nlines ${hard}` },
      { request: command("\u0007") },
    ]) {
      const started = await startEpisode(params, ANYONE);
      if ("kind" in started) assert.fail(started.message);
      const shown = await showEpisode({ episodeId: started.episodeId }, ANYONE);
      if (shown.kind === "refusal") assert.fail(shown.message);
      assert.ok(shown.title.isWellFormed() && shown.title.length > 0 && shown.title.length <= 80, shown.title);
      assert.doesNotMatch(shown.title, /\p{C}/u);
    }
  });

  test("while offloads are paused a worker gets nothing, and what can run here runs here", async (t) => {
    const here = await services(t);
    const { startEpisode } = episodeApi(here);
    const { pauseOffloads, resumeOffloads } = egressApi(here);
    assert.deepEqual(await pauseOffloads({}, ANYONE), {});
    const stored = here.journal.lastSequence;
    const away = { request: command("make"), on: GPU.name };
    assert.equal(codeOf(await startEpisode(away, ANYONE)), "offloads-paused");
    assert.equal(here.journal.lastSequence, stored);
    assert.equal(codeOf(await startEpisode({ request: command("make") }, ANYONE)), undefined);
    assert.equal(codeOf(await resumeOffloads({}, ANYONE)), "waits-for-owner");
    assert.deepEqual(await resumeOffloads({}, OWNER), {});
    assert.equal(codeOf(await startEpisode(away, ANYONE)), undefined);
  });

  test("an offload is previewed, and nothing of it leaves", async (t) => {
    const bench = new DeskBench();
    const here = await services(t, bench);
    const started = await episodeApi(here).startEpisode({ request: command("make"), on: GPU.name }, ANYONE);
    if ("kind" in started) assert.fail(started.message);
    assert.ok(started.previewId !== undefined);
    assert.deepEqual(bench.up.said, []);
    const shown = await egressApi(here).readPreview({ previewId: started.previewId }, ANYONE);
    if ("kind" in shown) assert.fail(shown.message);
    assert.equal(shown.digest, digestOf(canonicalJson(shown.preview)));
    assert.ok(shown.preview.items.some(({ path }) => path === "a.txt"));
  });
});

describe("reading the timeline", () => {
  /** Five thousand frames; every fiftieth is of an episode. */
  async function long(t: TestContext): Promise<HomeServices> {
    const bench = new DeskBench();
    for (let frame = 1; frame <= 5_000; frame++) {
      if (frame % 50 === 0) {
        await bench.home.execute(preview(frame, GPU));
        await bench.home.execute(deny(frame));
        frame++;
      } else {
        await bench.home.execute({ kind: "refuse-link", at: NOW, by: SHELL, code: "c", detail: String(frame) });
      }
    }
    return services(t, bench);
  }

  async function pages(
    of: HomeServices,
    episodeId?: EpisodeId,
  ): Promise<{ readonly entries: readonly TimelineEntry[]; readonly pages: number }> {
    const { readTimeline } = timelineApi(of);
    const entries: TimelineEntry[] = [];
    let from: Sequence = sequence(1);
    for (let count = 1; ; count++) {
      const filter = episodeId === undefined ? {} : { episodeId };
      const page = await readTimeline({ fromSequence: from, ...filter }, ANYONE);
      if ("kind" in page) assert.fail(page.message);
      assert.ok(page.entries.length <= TIMELINE_PAGE_ENTRIES_MAX);
      if (episodeId === undefined) assert.ok(page.nextSequence - from <= PAGE_FRAMES_MAX);
      entries.push(...page.entries);
      if (!page.more) return { entries, pages: count };
      assert.ok(page.nextSequence > from);
      from = page.nextSequence;
    }
  }

  test("pages follow each other without a gap, none longer than its limit, with a filter as without", async (t) => {
    const here = await long(t);
    const all = await pages(here);
    const frames = new Set(all.entries.map((entry) => entry.sequence));
    assert.equal(frames.size, Number(here.journal.durableSequence));
    const places = all.entries.map((entry) => `${entry.sequence}.${entry.index}`);
    assert.equal(new Set(places).size, places.length);
    const { episodeId } = idsOf(2_500);
    const one = await pages(here, episodeId);
    const wanted = all.entries.filter((entry) => entry.corrId === episodeId);
    assert.ok(wanted.length > 0);
    assert.deepEqual(one.entries, wanted);
    assert.equal(one.pages, 1, "a filter that matches little goes straight to where its frames are");
  });

  test("what is not durable is on no page", async (t) => {
    const bench = new DeskBench();
    const here = await services(t, bench);
    await bench.give(preview(1, GPU));
    bench.journal.hold();
    void bench.home.execute(deny(1));
    const before = await pages(here);
    assert.deepEqual(new Set(before.entries.map((entry) => entry.sequence)), new Set([1]));
    const { readTimeline } = timelineApi(here);
    assert.deepEqual(await readTimeline({ fromSequence: sequence(2) }, ANYONE), {
      entries: [],
      nextSequence: 2,
      more: false,
    });
    bench.journal.release();
    assert.deepEqual(new Set((await pages(here)).entries.map((entry) => entry.sequence)), new Set([1, 2]));
  });
});

test("the egress ledger is what all events fold to, allows and denies alike", async (t) => {
  const bench = new DeskBench();
  const here = await services(t, bench);
  for (let number = 1; number <= 30; number++) {
    await bench.give(preview(number, GPU));
    if (number % 3 === 0) await bench.give(deny(number));
    else await bench.give(approve(number));
    if (number % 3 === 1) await bench.give(lost(number, GPU));
    if (number % 3 === 2) await bench.give(finished(number, GPU));
  }
  const rows = new Map<EgressRecordId, EgressLedgerRow>();
  for (const event of await bench.events()) foldEgress(rows, event);
  const listed = await egressApi(here).listEgress({}, ANYONE);
  if ("kind" in listed) assert.fail(listed.message);
  assert.deepEqual(listed.rows, [...rows.values()]);
  assert.deepEqual(new Set(listed.rows.map(({ decision }) => decision)), new Set(["allow", "deny"]));
  assert.equal(listed.rows.length, 30);
});

test("an approval by anyone but the owner, or of another digest, is refused and sends nothing", async (t) => {
  const bench = new DeskBench(homeWith(GPU).state);
  const here = await services(t, bench);
  await bench.give(preview(1, GPU));
  const { approveEgress } = egressApi(here);
  const { previewId } = idsOf(1);
  const digest = digestOf("preview 1");
  assert.equal(codeOf(await approveEgress({ previewId, digest }, ANYONE)), "owner-session-required");
  assert.equal(codeOf(await approveEgress({ previewId, digest: digestOf("2") }, OWNER)), "preview-changed");
  assert.deepEqual(bench.up.said, []);
});
