// Marks through the API, over a real workspace: what is marked is in no preview, and what waits with it is withdrawn and said.
import assert from "node:assert/strict";
import { test } from "node:test";
import { byteCount } from "#protocol/quantities.ts";
import {
  ANYONE,
  answered,
  codeOf,
  command,
  OWNER,
  type Request,
  services,
} from "../../../../test/simulation/apiBench.ts";
import { DeskBench } from "../../../../test/simulation/deskBench.ts";
import { askJob, homeWith, preview as previewOf } from "../../../../test/simulation/homeCommands.ts";
import { GPU } from "../../../../test/simulation/homeScenario.ts";
import { egressApi } from "./egressApi.ts";
import { episodeApi } from "./episodeApi.ts";
import { COLLECTED_TRIES_MAX } from "./collectedPaths.ts";
import { neverLeavesApi } from "./neverLeavesApi.ts";

const FILES = { "a.txt": "one file", "private/plan.md": "not for others", "src/Private/b.ts": "nor this" };

test("what is marked is in no later preview and says why, what waited with it is withdrawn, and here it still runs", async (t) => {
  const here = await services(t, new DeskBench(homeWith(GPU).state), FILES);
  const { startEpisode } = episodeApi(here);
  const { readPreview } = egressApi(here);
  const { listNeverLeaves, markNeverLeaves, unmarkNeverLeaves } = neverLeavesApi(here);
  const away = { request: command("make"), on: GPU.name };
  const withIt = answered(await startEpisode(away, ANYONE)).previewId;
  const without = answered(
    await startEpisode({ ...away, request: leavingOut("private", "Private") }, ANYONE),
  ).previewId;
  assert.ok(withIt !== undefined && without !== undefined);

  assert.deepEqual(await markNeverLeaves({ globs: ["private/"] }, ANYONE), { withdrawn: [withIt] });
  assert.equal(answered(await readPreview({ previewId: withIt }, ANYONE)).state, "withdrawn");
  assert.equal(answered(await readPreview({ previewId: without }, ANYONE)).state, "waiting");
  assert.deepEqual(
    answered(await listNeverLeaves({}, ANYONE)).marks.map(({ glob, by }) => [glob, by]),
    [["private/", "a script"]],
  );

  const later = answered(await startEpisode(away, ANYONE)).previewId;
  assert.ok(later !== undefined);
  const { preview } = answered(await readPreview({ previewId: later }, ANYONE));
  assert.deepEqual(
    preview.items.map(({ path }) => path),
    ["(file list)", "a.txt"],
  );
  assert.deepEqual(preview.leftOut, [
    { path: "private/plan.md", reason: "never leaves: marked private/" },
    { path: "src/Private/b.ts", reason: "never leaves: marked private/" },
  ]);
  const local = answered(await startEpisode({ request: command("make"), on: "local" }, ANYONE));
  const job = here.home.state.jobs.byId.get(local.jobId)?.job;
  assert.ok(job?.kind === "command");
  const tree = Buffer.from(await here.blobs.read(job.tree, byteCount(0), 10_000)).toString();
  assert.match(tree, /private\/plan\.md/, "what stays on this machine is not withheld from it");

  assert.equal(codeOf(await unmarkNeverLeaves({ globs: ["private/"] }, ANYONE)), "waits-for-owner");
  assert.deepEqual(await unmarkNeverLeaves({ globs: ["private/"] }, OWNER), {});
  assert.deepEqual(answered(await listNeverLeaves({}, ANYONE)).marks, []);
});

test("where what waits changes again and again, marking gives up after as many tries as the limit, and says so", async (t) => {
  const bench = new DeskBench(homeWith(GPU).state);
  const here = await services(t, bench, FILES);
  answered(await episodeApi(here).startEpisode({ request: command("make"), on: GPU.name }, ANYONE));
  let reads = 0;
  const { blobs } = here;
  const size = blobs.size.bind(blobs);
  // Another preview comes in whenever the paths of those that wait are read.
  blobs.size = async (digest) => {
    reads++;
    await bench.give(previewOf(reads, GPU, { job: askJob(reads) }));
    return size(digest);
  };
  const marked = await neverLeavesApi(here).markNeverLeaves({ globs: ["private/"] }, ANYONE);
  assert.equal(codeOf(marked), "collected-stale");
  assert.equal(here.home.state.egress.neverLeaves, undefined);
  assert.ok(reads >= COLLECTED_TRIES_MAX);
});

function leavingOut(...leaveOut: readonly string[]): Request {
  return { kind: "command", argv: ["make"], folder: ".", outputs: [], dependencies: { kind: "nothing" }, leaveOut };
}
