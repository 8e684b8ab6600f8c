// Classes through the API, over a real workspace: what a person marks and what files are written from shows in previews, keeps
// files here, and says why; name and content are never made less by it.
import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";
import { canonicalJson } from "#protocol/canonicalJson.ts";
import type { Proposal } from "#protocol/proposal.ts";
import { workspacePathSchema } from "#protocol/workspacePath.ts";
import { ANYONE, answered, codeOf, command, OWNER, services } from "../../../../test/simulation/apiBench.ts";
import { DeskBench } from "../../../../test/simulation/deskBench.ts";
import {
  approve,
  exited,
  finished,
  homeWith,
  idsOf,
  preview as previewOf,
  receiptOf,
  start,
} from "../../../../test/simulation/homeCommands.ts";
import { GPU, LOCAL, only } from "../../../../test/simulation/homeScenario.ts";
import { PolicyDesk } from "../policy/policyDesk.ts";
import { policyFiles } from "../policy/policyFiles.ts";
import { classesApi } from "./classesApi.ts";
import { egressApi } from "./egressApi.ts";
import { episodeApi } from "./episodeApi.ts";
import { policyApi } from "./policyApi.ts";
import { proposalApi } from "./proposalApi.ts";
import type { HomeServices } from "./services.ts";

const FILES = { "a.txt": "one file", "docs/guide.md": "for all", "plan.md": "not for others", ".env": "TOKEN=1" };
const MAKING = {
  kind: "command",
  argv: ["make"],
  folder: ".",
  outputs: ["out/**"],
  dependencies: { kind: "nothing" },
} as const;
const AWAY = { request: command("make"), on: GPU.name };

type Bench = { readonly here: HomeServices; readonly bench: DeskBench };

async function opened(t: TestContext, files: Record<string, string> = FILES): Promise<Bench> {
  const bench = new DeskBench(homeWith(GPU).state);
  return { here: await services(t, bench, files), bench };
}

async function shown(here: HomeServices): Promise<Awaited<ReturnType<typeof previewed>>["preview"]> {
  return (await previewed(here)).preview;
}

async function previewed(here: HomeServices) {
  const { previewId } = answered(await episodeApi(here).startEpisode(AWAY, ANYONE));
  assert.ok(previewId !== undefined, "the owner is asked");
  return answered(await egressApi(here).readPreview({ previewId }, ANYONE));
}

/** Has the Home hold a proposal that writes this path, of the episode whose job it is. */
async function proposing(
  { bench }: Bench,
  path: string,
  give: (result: Parameters<typeof receiptOf>[2]) => Promise<void>,
) {
  const content = await bench.blobs.put(Buffer.from(`made: ${path}`));
  const changes = [{ kind: "create", path: workspacePathSchema.parse(path), ...content, executable: false }] as const;
  const proposal: Proposal = { kind: "proposal", changes, leftOut: [] };
  const document = await bench.blobs.put(Buffer.from(canonicalJson(proposal)));
  await give({ ...exited(0), proposal: { ...document, changes: 1 } });
  return { proposalId: idsOf(1).proposalId, digest: document.digest };
}

test("marks show in the preview with their reason, keep files here, and never make a name less", async (t) => {
  const { here } = await opened(t);
  const { clearClass, declareClass, explainClasses, listClasses, restrictClass } = classesApi(here);
  await declareClass({ paths: ["docs", ".env"], classification: "public" }, OWNER);
  const waiting = await previewed(here);
  assert.deepEqual(
    waiting.preview.items.map(({ classification, path, why }) => [path, classification, why]),
    [
      ["(file list)", "internal", undefined],
      ["a.txt", "internal", undefined],
      ["docs/guide.md", "public", "marked public by a script, with docs/"],
      ["plan.md", "internal", undefined],
    ],
  );
  assert.deepEqual(waiting.preview.leftOut, [{ path: ".env", reason: "secret: environment file" }]);

  const { previewId } = waiting.preview;
  assert.deepEqual(await restrictClass({ paths: ["plan.md"], classification: "regulated" }, ANYONE), {
    withdrawn: [previewId],
  });
  const { leftOut } = await shown(here);
  assert.deepEqual(leftOut[1], { path: "plan.md", reason: "regulated: marked regulated by a script" });
  const { files } = answered(await explainClasses({ paths: [".env", "docs", "plan.md", "a.txt"] }, ANYONE));
  assert.deepEqual(
    files.map(({ classification, reasons }) => [classification, ...reasons.map(({ source }) => source)]),
    [
      ["secret", "name", "mark"],
      ["public", "mark"],
      ["regulated", "mark"],
      ["internal", "unknown"],
    ],
  );
  assert.equal(
    codeOf(await declareClass({ paths: ["plan.md"], classification: "public" }, ANYONE)),
    "owner-session-required",
  );
  await clearClass({ paths: ["plan.md", "docs", ".env"] }, OWNER);
  assert.deepEqual(answered(await listClasses({}, ANYONE)), { marks: [], derived: [] });
});

test("a workspace that is marked public has a public list of files; one that is marked secret sends nothing", async (t) => {
  const { here } = await opened(t);
  const { declareClass, restrictClass } = classesApi(here);
  await declareClass({ paths: ["."], classification: "public" }, OWNER);
  const { items } = await shown(here);
  assert.deepEqual(new Set(items.map(({ classification }) => classification)), new Set(["public"]));
  await restrictClass({ paths: ["."], classification: "secret" }, ANYONE);
  await assert.rejects(episodeApi(here).startEpisode(AWAY, ANYONE), { code: "folder-stays" });
});

test("what a job here made of a secret file stays here, until the owner says otherwise", async (t) => {
  const first = await opened(t);
  const local = answered(await episodeApi(first.here).startEpisode({ request: MAKING, on: "local" }, OWNER));
  const { inputClass } = first.here.home.state.episodes.byId.get(local.episodeId) ?? {};
  assert.equal(inputClass, "secret");
  const job = first.here.home.state.jobs.byId.get(local.jobId)?.job;
  assert.ok(job !== undefined);

  const before = homeWith(GPU);
  const made = await proposing(first, "out/made.txt", async (result) => {
    const receipt = receiptOf(1, LOCAL, result, job);
    before.run(start(1, { job, inputClass }), finished(1, LOCAL, 0, { result, receipt }));
  });
  const bench = new DeskBench(before.state);
  for (const [digest, bytes] of first.bench.blobs.stored) bench.blobs.stored.set(digest, bytes);
  const here = await services(t, bench, FILES);
  assert.deepEqual(await proposalApi(here).applyProposal(made, OWNER), { files: 1 });
  const kinds = (await bench.events()).map(({ kind }) => kind);
  assert.ok(kinds.indexOf("FilesDerived") < kinds.indexOf("ProposalApplied"), "recorded before a byte is written");
  const { leftOut } = await shown(here);
  const reason = `secret: written from secret data by ${idsOf(1).episodeId}`;
  assert.deepEqual(leftOut[1], { path: "out/made.txt", reason });
  await classesApi(here).declareClass({ paths: ["out"], classification: "internal" }, OWNER);
  const { items } = await shown(here);
  assert.ok(items.some(({ path, why }) => path === "out/made.txt" && why === "marked internal by a script, with out/"));
});

test("content counts as well: what a job here made of a file that holds a secret is secret", async (t) => {
  const secret = `token = "ghp_${"a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8"}"`;
  const first = await opened(t, { "notes.txt": secret });
  const local = answered(await episodeApi(first.here).startEpisode({ request: MAKING, on: "local" }, OWNER));
  const job = first.here.home.state.jobs.byId.get(local.jobId)?.job;
  assert.ok(job !== undefined);
  assert.equal(first.here.home.state.episodes.byId.get(local.episodeId)?.inputClass, undefined, "names say nothing");
  const before = homeWith(GPU);
  const made = await proposing(first, "out/made.txt", async (result) => {
    const receipt = receiptOf(1, LOCAL, result, job);
    before.run(start(1, { job }), finished(1, LOCAL, 0, { result, receipt }));
  });
  const bench = new DeskBench(before.state);
  for (const [digest, bytes] of first.bench.blobs.stored) bench.blobs.stored.set(digest, bytes);
  const here = await services(t, bench, { "a.txt": "one file" });
  await proposalApi(here).applyProposal(made, OWNER);
  assert.equal(only(await bench.events(), "FilesDerived").classification, "secret");
});

test("what a worker made is asked about with private files ever after, and policy explains it", async (t) => {
  const opening = await opened(t);
  const { here, bench } = opening;
  const made = await proposing(opening, "made.txt", async (result) => {
    await bench.give(previewOf(1, GPU), approve(1), finished(1, GPU, 0, { result }));
  });
  assert.deepEqual(await proposalApi(here).applyProposal(made, OWNER), { files: 1 });
  assert.equal(only(await bench.events(), "FilesDerived").untrusted, `made on ${GPU.name}`);
  const { items, taint, why } = await shown(here);
  assert.ok(items.some(({ path, why: reason }) => path === "made.txt" && reason?.endsWith(`made on ${GPU.name}`)));
  assert.deepEqual(taint, { private: "internal", untrusted: [`made.txt (made on ${GPU.name})`] });
  assert.equal(why.policy?.rules[0], "tainted-episode");
  const files = policyFiles(here.workspaceFolder, here.workspaceFolder);
  const desk = new PolicyDesk({ services: here, files, onTrouble: (what) => assert.fail(what) });
  const explained = await policyApi(here, desk, files).explainPolicy(
    { action: "offload", paths: [workspacePathSchema.parse("made.txt")], node: GPU.name },
    ANYONE,
  );
  assert.match(answered(explained).explanation, /Private data and content from elsewhere.*made\.txt \(made on/);
});
