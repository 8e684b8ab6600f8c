// Staged actions on the real core, real files and a real journal in memory: what anyone asks for waits, what the owner approved
// is done once and exactly so, and whatever fails or changes on the way, nothing is written.
import assert from "node:assert/strict";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, test, type TestContext } from "node:test";
import { digestOf } from "#protocol/digest.ts";
import { epochMs } from "#protocol/quantities.ts";
import type { StagedView, WaitingView } from "#protocol/wire/stagingViews.ts";
import { ANYONE, answered, codeOf, command, OWNER, services } from "../../../../test/simulation/apiBench.ts";
import { DeskBench } from "../../../../test/simulation/deskBench.ts";
import { markNeverLeaves } from "../../../../test/simulation/egressCommands.ts";
import { connect, idsOf, preview, turnOn } from "../../../../test/simulation/homeCommands.ts";
import { terms } from "../../../../test/simulation/leaseCommands.ts";
import {
  capabilitiesWith,
  COMMAND_ENGINE,
  GPU,
  LOCAL,
  ofKind,
  only,
} from "../../../../test/simulation/homeScenario.ts";
import { path, type Proposed, proposed, waiting, written } from "../../../../test/simulation/proposedFiles.ts";
import { stage } from "../../../../test/simulation/stagingCommands.ts";
import { PENDING_STAGED_MAX, stagingOf } from "../../home/staging/state.ts";
import { settleUnfinished } from "../staging/actionRuns.ts";
import { egressApi } from "./egressApi.ts";
import { episodeApi } from "./episodeApi.ts";
import { leaseApi } from "./leaseApi.ts";
import { proposalApi } from "./proposalApi.ts";
import type { HomeServices } from "./services.ts";
import { stagedApi } from "./stagedApi.ts";

const { proposalId } = idsOf(1);

describe("applying a proposal", () => {
  test("an owner who asks for what the episode was asked to bring back gets it at once", async (t) => {
    const { here, digest } = await proposed(t, "out/a.txt");
    assert.deepEqual(await proposalApi(here).applyProposal({ proposalId, digest }, OWNER), { files: 1 });
    assert.equal(answered(await stagedApi(here).listStaged({ decided: true }, ANYONE)).items.length, 0);
  });

  async function looksFirst(t: TestContext, name: string, rule: string): Promise<void> {
    const { here, bench, digest } = await proposed(t, "out/a.txt", name);
    const { applyProposal } = proposalApi(here);
    assert.equal(codeOf(await applyProposal({ proposalId, digest }, OWNER)), "waits-for-owner");
    assert.equal(await written(here, name), undefined);
    const item = await waiting(here);
    assert.deepEqual([item.risk.rule, item.stale, item.episodeId], [rule, undefined, idsOf(1).episodeId]);
    const kinds = item.evidence.map(({ kind }) => kind);
    assert.deepEqual(kinds, ["asked", "diff", "dry-run"]);
    const { results } = answered(await stagedApi(here).approveStaged({ items: [item] }, OWNER));
    assert.deepEqual(results, [{ stagedId: item.stagedId, outcome: "done", detail: "", files: 2 }]);
    assert.equal(await written(here, name), "made by a job");
    const approved = ["ActionStaged", "LeaseGranted", "StagedApproved", "StagedBegun"];
    // The class of the files is known before a byte of them is there.
    const order = [...approved, "FilesDerived", "ProposalApplied", "StagedEnded"];
    const told = (await bench.events()).slice(-order.length).map(({ kind }) => kind);
    assert.deepEqual(told, order);
    assert.equal(codeOf(await applyProposal({ proposalId, digest }, OWNER)), "proposal-applied");
  }

  test("what nobody asked for waits for a look, even where the owner asks; approved, it is written", (t) =>
    looksFirst(t, "elsewhere.txt", "writes-outside"));

  test("what a protected path waits for is a look, even where the owner asks; approved, it is written", (t) =>
    looksFirst(t, ".vscode/settings.json", "writes-protected"));

  test("what a client without the owner session asks for waits, twice asked is once, and a rejection tells why", async (t) => {
    const { here, digest } = await proposed(t, "out/a.txt");
    const { applyProposal } = proposalApi(here);
    assert.equal(codeOf(await applyProposal({ proposalId, digest }, ANYONE)), "waits-for-owner");
    assert.equal(codeOf(await applyProposal({ proposalId, digest }, ANYONE)), "waits-for-owner");
    const { stagedId, digest: shown } = await waiting(here);
    const { rejectStaged, showStaged } = stagedApi(here);
    const reason = "not before the release";
    assert.deepEqual(await rejectStaged({ stagedId, digest: shown, reason }, OWNER), {});
    const [item] = answered(await showStaged({ stagedIds: [stagedId] }, ANYONE)).items;
    assert.deepEqual([item?.state, item?.decided?.reason], ["rejected", reason]);
    assert.equal(await written(here, "out/a.txt"), undefined);
  });

  test("two approvals at once are one decision and one write, and the other is told", async (t) => {
    const { here, bench, digest } = await proposed(t, "elsewhere.txt");
    await proposalApi(here).applyProposal({ proposalId, digest }, OWNER);
    const item = await waiting(here);
    const { approveStaged } = stagedApi(here);
    const both = await Promise.all([
      approveStaged({ items: [item] }, OWNER),
      approveStaged({ items: [item] }, { ...OWNER, client: "another window" }),
    ]);
    const results = both.flatMap((answer) => answered(answer).results);
    assert.deepEqual(results.map(({ outcome, code }) => code ?? outcome).sort(), ["done", "staged-decided"]);
    only(await bench.events(), "StagedBegun");
    only(await bench.events(), "ProposalApplied");
  });

  test("what changed after the review is void: nothing is written, and the changed action waits again", async (t) => {
    const { here, bench, digest } = await proposed(t, "elsewhere.txt", "out/b.txt");
    const { applyProposal } = proposalApi(here);
    assert.equal(codeOf(await applyProposal({ proposalId, digest }, OWNER)), "waits-for-owner");
    const item = await waiting(here);
    assert.deepEqual(await applyProposal({ proposalId, digest, paths: [path("out/b.txt")] }, OWNER), { files: 1 });
    assert.match((await waiting(here)).stale ?? "", /has changed/);
    const { results } = answered(await stagedApi(here).approveStaged({ items: [item] }, OWNER));
    assert.equal(results[0]?.outcome, "void");
    assert.equal(await written(here, "elsewhere.txt"), undefined);
    const again = await waiting(here);
    assert.deepEqual([again.stagedId, again.revision], [results[0]?.replacedBy, 2]);
    assert.equal(ofKind(await bench.events(), "StagedBegun").length, 0);
    assert.equal(answered(await stagedApi(here).approveStaged({ items: [again] }, OWNER)).results[0]?.outcome, "done");
  });

  test("an edit in its place makes it stale, and approved all the same it is not done and said", async (t) => {
    const { here, digest } = await proposed(t, "elsewhere.txt");
    await proposalApi(here).applyProposal({ proposalId, digest }, OWNER);
    await writeFile(join(here.workspaceFolder, "elsewhere.txt"), "mine");
    const item = await waiting(here);
    assert.match(item.stale ?? "", /something exists/);
    const { results } = answered(await stagedApi(here).approveStaged({ items: [item] }, OWNER));
    assert.equal(results[0]?.outcome, "failed");
    assert.equal(await written(here, "elsewhere.txt"), "mine");
  });

  test("a proposed change takes files out, and the old item cannot be answered any more", async (t) => {
    const { here, digest } = await proposed(t, "elsewhere.txt", ".vscode/tasks.json");
    await proposalApi(here).applyProposal({ proposalId, digest }, OWNER);
    const item = await waiting(here);
    const { approveStaged, reviseStaged } = stagedApi(here);
    const { stagedId, digest: shown } = item;
    const change = { kind: "apply-proposal", paths: [path("elsewhere.txt")] } as const;
    const next = answered(await reviseStaged({ stagedId, digest: shown, change }, ANYONE));
    assert.equal(answered(await approveStaged({ items: [item] }, OWNER)).results[0]?.code, "staged-revised");
    assert.equal(answered(await approveStaged({ items: [next] }, OWNER)).results[0]?.outcome, "done");
    assert.equal(await written(here, ".vscode/tasks.json"), undefined);
    assert.equal(await written(here, "elsewhere.txt"), "made by a job");
  });

  test("a Home that cannot stage it does not do it either", async (t) => {
    const { here, bench, digest } = await proposed(t, "elsewhere.txt");
    for (let number = 1; number <= PENDING_STAGED_MAX; number++) await bench.give(stage(number));
    const { applyProposal } = proposalApi(here);
    assert.equal(codeOf(await applyProposal({ proposalId, digest }, OWNER)), "too-many-staged");
    bench.journal.fail();
    await applyProposal({ proposalId, digest }, OWNER).catch(() => undefined);
    assert.equal(await written(here, "elsewhere.txt"), undefined);
  });

  test("a crash between approval and end leaves it unknown, and a start never does it again", async (t) => {
    const { here, bench, digest } = await proposed(t, "elsewhere.txt");
    await proposalApi(here).applyProposal({ proposalId, digest }, OWNER);
    const item = await waiting(here);
    // The write cannot be recorded: the journal fails after the action was begun.
    const real = bench.blobs.materialise.bind(bench.blobs);
    bench.blobs.materialise = async (...given) => {
      await real(...given);
      bench.journal.fail();
    };
    await stagedApi(here)
      .approveStaged({ items: [item] }, OWNER)
      .catch(() => undefined);
    const recovered = bench.home.state;
    const held = stagingOf(recovered).byId.get(item.stagedId);
    assert.deepEqual(held?.status.kind === "approved" && held.status.run.kind, "begun");
    const next = new DeskBench(recovered);
    const later = { ...here, home: next.home };
    await settleUnfinished(later, recovered);
    const [shown] = answered(await stagedApi(later).showStaged({ stagedIds: [item.stagedId] }, ANYONE)).items;
    assert.equal(shown?.run?.state, "unknown");
    assert.equal(
      answered(await stagedApi(later).approveStaged({ items: [item] }, OWNER)).results[0]?.code,
      "staged-decided",
    );
  });
});

test("a lease and a switch that anyone asks for wait, and are granted and turned as they were shown", async (t) => {
  const bench = new DeskBench();
  const here = await services(t, bench);
  const { grantLease, listLeases } = leaseApi(here);
  const { pauseOffloads, resumeOffloads } = egressApi(here);
  const asked = { nodeId: GPU.nodeId, job: "command", terms: terms(), reason: "so that I need not ask" } as const;
  assert.equal(codeOf(await grantLease(asked, ANYONE)), "waits-for-owner");
  assert.equal(answered(await listLeases({}, ANYONE)).leases.length, 0);
  const lease = await waiting(here);
  assert.deepEqual([lease.risk.level, lease.requestedBy], ["high", ANYONE.client]);
  assert.equal(answered(await stagedApi(here).approveStaged({ items: [lease] }, OWNER)).results[0]?.outcome, "done");
  const [granted] = answered(await listLeases({}, ANYONE)).leases;
  assert.deepEqual([granted?.lease.subject, granted?.usesLeft], [GPU.nodeId, terms().budget.uses]);
  await pauseOffloads({}, ANYONE);
  assert.equal(codeOf(await resumeOffloads({}, ANYONE)), "waits-for-owner");
  assert.ok(here.home.state.egress.paused !== undefined);
  const resume = await waiting(here);
  assert.equal(answered(await stagedApi(here).approveStaged({ items: [resume] }, OWNER)).results[0]?.outcome, "done");
  assert.equal(here.home.state.egress.paused, undefined);
});

test("the port for workers is opened by the shell of a yes, once, and a failure of it is said", async (t) => {
  const bench = new DeskBench();
  await bench.give(turnOn());
  const opened: string[] = [];
  const base = await services(t, bench);
  const turnClusteringOn: HomeServices["turnClusteringOn"] = async ({ client, session }) => {
    opened.push(`${client}, as ${session}`);
    return opened.length === 1
      ? { host: "127.0.0.1", port: 7_411 }
      : { kind: "refusal", code: "port-taken", message: "The port is taken.", advice: "Free it." };
  };
  const here: HomeServices = { ...base, turnClusteringOn };
  const { host, port } = here.home.state.nodes.lastListen ?? { host: "", port: 1 };
  const action = { kind: "change-setting", change: { name: "turn-clustering-on", host, port } } as const;
  for (const [number, outcome] of [
    [1, "done"],
    [2, "failed"],
  ] as const) {
    await bench.give(stage(number, { action }));
    const item = await waiting(here);
    assert.equal(item.stale, undefined);
    const { results } = answered(await stagedApi(here).approveStaged({ items: [item] }, OWNER));
    assert.equal(results[0]?.outcome, outcome);
  }
  assert.deepEqual(opened, ["a script, as owner", "a script, as owner"]);
});

describe("a command that no sandbox holds", () => {
  async function unsandboxed(t: TestContext): Promise<Proposed["here"]> {
    const bench = new DeskBench();
    const capabilities = { ...capabilitiesWith(COMMAND_ENGINE), sandbox: { kind: "none", reason: "no tool" } } as const;
    await bench.give(connect(LOCAL, { capabilities }));
    return services(t, bench);
  }

  test("waits where a client asks, starts for the owner, and runs as it was shown once it was approved", async (t) => {
    const here = await unsandboxed(t);
    const { startEpisode } = episodeApi(here);
    assert.equal(codeOf(await startEpisode({ request: command("make"), on: "local" }, ANYONE)), "waits-for-owner");
    assert.equal(here.home.state.episodes.byId.size, 0);
    const item = await waiting(here);
    assert.deepEqual([item.title, item.risk.rule, item.stale], ["Run make", "runs-uncontained", undefined]);
    const { results } = answered(await stagedApi(here).approveStaged({ items: [item] }, OWNER));
    assert.equal(results[0]?.outcome, "done");
    assert.equal(
      here.home.state.episodes.byId.get(results[0]?.episodeId ?? idsOf(9).episodeId)?.requestedBy,
      ANYONE.client,
    );
    answered(await startEpisode({ request: command("make", "again"), on: "local" }, OWNER));
  });

  test("keeps out of its inputs what the request kept out, when it is approved and when it is revised", async (t) => {
    const here = await unsandboxed(t);
    await writeFile(join(here.workspaceFolder, "huge.bin"), "not for this");
    const request = { ...command("make"), leaveOut: ["huge.bin"] };
    const { startEpisode } = episodeApi(here);
    assert.equal(codeOf(await startEpisode({ request, on: "local" }, ANYONE)), "waits-for-owner");
    const item = await waiting(here);
    assert.equal(item.stale, undefined);
    const change = { kind: "run-command", argv: ["make", "all"] } as const;
    const { digest, stagedId } = item;
    answered(await stagedApi(here).reviseStaged({ stagedId, digest, change }, OWNER));
    const next = await waiting(here);
    assert.ok(item.action.kind === "run-command" && next.action.kind === "run-command");
    assert.deepEqual([next.stale, next.action.job.tree], [undefined, item.action.job.tree]);
    await writeFile(join(here.workspaceFolder, "huge.bin"), "another, which changes nothing");
    assert.equal(answered(await stagedApi(here).approveStaged({ items: [next] }, OWNER)).results[0]?.outcome, "done");
  });

  test("is void once a file of its inputs has changed", async (t) => {
    const here = await unsandboxed(t);
    await episodeApi(here).startEpisode({ request: command("make"), on: "local" }, ANYONE);
    const item = await waiting(here);
    await mkdir(join(here.workspaceFolder, "new"));
    await writeFile(join(here.workspaceFolder, "new", "Makefile"), "all: ; curl example.com");
    assert.match((await waiting(here)).stale ?? "", /has changed/);
    const { results } = answered(await stagedApi(here).approveStaged({ items: [item] }, OWNER));
    assert.equal(results[0]?.outcome, "void");
    assert.equal(here.home.state.episodes.byId.size, 0);
  });
});

test("a preview that waits stands in the same list, in its order, and in no second state", async (t) => {
  const bench = new DeskBench();
  const here = await services(t, bench);
  await bench.give(preview(1, GPU), stage(2, { at: preview(1, GPU).at }));
  const { items } = answered(await stagedApi(here).listStaged({ decided: false }, ANYONE));
  assert.deepEqual(items.map(({ kind }) => kind).sort(), ["action", "egress"]);
  const egress = items.find((item) => item.kind === "egress");
  assert.ok(egress?.kind === "egress");
  assert.deepEqual([egress.digest, egress.node, egress.title], [digestOf("preview 1"), GPU.name, "episode 1"]);
  assert.equal(stagingOf(here.home.state).byId.size, 1);
});

test("what waits is read in pages: each item in exactly one, also when others are decided between two pages", async (t) => {
  const bench = new DeskBench();
  const here = await services(t, bench);
  const [first, second, third] = [stage(1), stage(2), stage(3)];
  const at = (ms: number): { readonly at: typeof first.at } => ({ at: epochMs(first.at + ms) });
  await bench.give({ ...first, ...at(0) }, { ...second, ...at(0) }, { ...third, ...at(5) }, stage(4, at(9)));
  const { listStaged, withdrawStaged } = stagedApi(here);
  const idsIn = ({ items }: { readonly items: readonly WaitingView[] }): readonly string[] =>
    items.map((item) => (item.kind === "action" ? item.staged.stagedId : item.previewId));
  const page = answered(await listStaged({ decided: false, limit: 1 }, ANYONE));
  assert.deepEqual(idsIn(page), [first.stagedId, second.stagedId]);
  assert.ok(page.next !== undefined);
  await withdrawStaged({ stagedId: first.stagedId, reason: "" }, ANYONE);
  const next = answered(await listStaged({ decided: false, limit: 1, cursor: page.next }, ANYONE));
  assert.deepEqual(idsIn(next), [third.stagedId]);
  const rest = answered(await listStaged({ decided: false, cursor: next.next ?? 0 }, ANYONE));
  assert.deepEqual([idsIn(rest), rest.next], [[stage(4).stagedId], undefined]);
  const titles = { title: "x".repeat(200 * 1024) };
  for (let number = 10; number < 20; number++) await bench.give(stage(number, { ...at(number * 10), ...titles }));
  const cut = answered(await listStaged({ decided: false }, ANYONE));
  assert.ok(cut.next !== undefined && cut.items.length < 10);
});

test("only items of one kind are approved together, and each has its own answer", async (t) => {
  const { here, bench, digest } = await proposed(t, "elsewhere.txt");
  await bench.give(markNeverLeaves("secrets-1/"), stage(1), stage(2));
  const { approveStaged, listStaged } = stagedApi(here);
  const actions = async (): Promise<readonly StagedView[]> =>
    answered(await listStaged({ decided: false }, ANYONE)).items.flatMap((item) =>
      item.kind === "action" ? [item.staged] : [],
    );
  const [first, second] = await actions();
  assert.ok(first !== undefined && second !== undefined);
  await proposalApi(here).applyProposal({ proposalId, digest }, OWNER);
  assert.equal(codeOf(await approveStaged({ items: await actions() }, OWNER)), "staged-mixed");
  const wrong = { ...second, digest: digestOf("another") };
  const { results } = answered(await approveStaged({ items: [first, wrong] }, OWNER));
  assert.deepEqual(
    results.map(({ code, outcome }) => code ?? outcome),
    ["done", "staged-changed"],
  );
});
