// One life of a Home between its journal and its shells: nothing acts before it begins, and nothing it opened stays open.
import assert from "node:assert/strict";
import { mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { openBlobFiles } from "#platform/blobs/blobFiles.ts";
import { type Identity, identityOf } from "#platform/identity/identityFile.ts";
import { type HeldLeaves, openLeaves } from "#platform/identity/leafFile.ts";
import type { JournalEvent } from "#protocol/events.ts";
import { epochMs, sequence, steadyMs } from "#protocol/quantities.ts";
import type { TimelineEntry } from "#protocol/timeline.ts";
import { exited, finished, homeAlone, homeWith, start, withProposal } from "../../test/simulation/homeCommands.ts";
import { GPU, IDENTITY, LOCAL, only, steadyAt } from "../../test/simulation/homeScenario.ts";
import { grantLease, terms } from "../../test/simulation/leaseCommands.ts";
import { slowEngines } from "../../test/simulation/slowEngines.ts";
import type { ClientSession, HomeApi } from "./adapters/clientServer/homeApi.ts";
import { Followers } from "./adapters/followers.ts";
import type { HomeLife } from "./adapters/homeLives.ts";
import { openOutputFiles } from "./adapters/outputFiles.ts";
import { TEST_REDACTION } from "../../test/simulation/testRedaction.ts";
import { type LifeParts, openLife } from "./openLife.ts";
import { recoverHome } from "./recoverHome.ts";

const SESSION: ClientSession = { client: "test", owner: true, signal: new AbortController().signal };

interface Place {
  readonly parts: LifeParts;
  readonly troubles: string[];
  readonly open: () => Promise<HomeLife<HomeApi>>;
}

async function place(t: TestContext, events: readonly JournalEvent[]): Promise<Place> {
  const homeFolder = await mkdtemp(join(tmpdir(), "arw-life-"));
  const identity: Identity = identityOf(Buffer.alloc(32, 1));
  assert.equal(identity.nodeId, IDENTITY.nodeId);
  const [invitesFolder, workspaceFolder] = [join(homeFolder, "invites"), join(homeFolder, "workspace")];
  for (const folder of [invitesFolder, workspaceFolder]) await mkdir(folder);
  const [blobs, outputs] = [
    await openBlobFiles(join(homeFolder, "blobs")),
    await openOutputFiles(join(homeFolder, "outputs")),
  ];
  const earlier = await recoverHome(homeFolder, IDENTITY, { blobs, outputs }, () => undefined);
  await earlier.journal.append({ sequence: sequence(1), events });
  await earlier.close();
  t.after(async () => {
    await outputs.close();
    await rm(homeFolder, { recursive: true, force: true });
  });
  const troubles: string[] = [];
  const parts: LifeParts = {
    workspaceId: IDENTITY.workspaceId,
    identity,
    leaves: await openLeaves(join(homeFolder, "leaf"), identity, epochMs(Date.now()), "mint"),
    blobs,
    outputs,
    engines: [],
    examine: async () => [],
    redaction: TEST_REDACTION,
    homeFolder,
    invitesFolder,
    workspaceFolder,
    now: () => epochMs(Date.now()),
    steady: () => ({ boot: "this boot", ms: steadyMs(1) }),
    log: {
      info: () => undefined,
      trouble: (what, error) => troubles.push(`${what}: ${String(error)}`),
      close: async () => undefined,
    },
    followers: new Followers(),
    onStop: () => undefined,
    readOnly: () => undefined,
    reopen: async () => ({}),
  };
  const open = async (): Promise<HomeLife<HomeApi>> =>
    (await openLife(parts, (fault) => assert.fail(String(fault)))).wire();
  return { parts, troubles, open };
}

async function timelineOf(life: HomeLife<HomeApi>): Promise<readonly TimelineEntry[]> {
  const page = await life.api.readTimeline({ fromSequence: sequence(1) }, SESSION);
  if ("kind" in page) throw new Error(page.message);
  return page.entries;
}

/** A Home that was away when a lease ran out: its boot was another one. */
function outlivedLease(): readonly JournalEvent[] {
  const home = homeWith(GPU);
  home.run(grantLease(1, GPU, terms(), { steady: steadyAt(0, "an earlier boot") }));
  // Any free port: tests run side by side.
  return home.events.map((event) => (event.kind === "ClusteringTurnedOn" ? { ...event, listenPort: 0 } : event));
}

test("a lease that ran out meanwhile is said when the life begins, however long its wiring took, and the Home takes commands", async (t) => {
  const at = await place(t, outlivedLease());
  const { leaves } = at.parts;
  const slow: HeldLeaves = {
    get current() {
      return leaves.current;
    },
    get next() {
      return leaves.next;
    },
    // Making a key takes a while; whatever timer is due rings meanwhile.
    prepareNext: async () => new Promise((resolve) => setTimeout(() => resolve(undefined), 100)),
    promoteNext: async () => undefined,
  };
  Object.assign(at.parts, { leaves: slow });
  const life = await at.open();
  const kinds = async (): Promise<readonly string[]> => (await timelineOf(life)).map(({ kind }) => kind);
  assert.ok(!(await kinds()).includes("LeaseExpired"), "nothing acts before the life begins");
  let entries = 0;
  const told = new Promise<void>((resolve) => life.api.onDurable(() => (++entries >= 2 ? resolve() : undefined)));
  await life.begin(new AbortController().signal);
  await told;
  assert.ok((await kinds()).includes("LeaseExpired"));
  assert.deepEqual(at.troubles, []);
  assert.deepEqual(await life.api.turnClusteringOff({}, SESSION), {});
  await life.end();
});

test("a life whose shells do not close well still leaves its checkpoint and closes its journal", async (t) => {
  const at = await place(t, outlivedLease());
  const { homeFolder, workspaceFolder } = at.parts;
  await writeFile(join(workspaceFolder, "notes.txt"), "nothing secret");
  const life = await at.open();
  await life.begin(new AbortController().signal);
  const request = {
    kind: "command",
    argv: ["true"],
    folder: ".",
    outputs: [],
    dependencies: { kind: "nothing" },
  } as const;
  const started = await life.api.startEpisode({ request, on: GPU.name }, SESSION);
  assert.ok("previewId" in started, JSON.stringify(started));
  // What was found in the file cannot be kept: a folder has the name of the file it would be in.
  await mkdir(join(homeFolder, "findings.json"));
  await assert.rejects(life.end(), { code: "EISDIR" });
  assert.deepEqual(await readdir(join(homeFolder, "checkpoint")), ["checkpoint.json"]);
});

test("a life does not end while it writes a proposal: the next one's would meet it in the workspace", async (t) => {
  const home = homeAlone();
  home.run(start(1), finished(1, LOCAL, 0, { result: withProposal(1, exited(0)) }));
  const at = await place(t, home.events);
  const life = await at.open();
  let fail: (error: Error) => void = () => undefined;
  const reading = new Promise<void>((begun) => {
    const waits = async (): Promise<Uint8Array> => {
      begun();
      return new Promise((_, failed) => (fail = failed));
    };
    Object.assign(at.parts.blobs, { read: waits });
  });
  const { digest, proposalId } = only(home.events, "ProposalReceived");
  const applied = life.api.applyProposal({ proposalId, digest }, SESSION);
  await reading;
  const ended = life.end().then(() => "ended");
  const aWhile = new Promise((resolve) => setTimeout(() => resolve("waiting"), 200));
  assert.equal(await Promise.race([ended, aWhile]), "waiting");
  fail(new Error("what it reads does not matter here"));
  await assert.rejects(applied);
  assert.equal(await ended, "ended");
});

test("an episode that is started while a life begins waits until the local node is there, and then runs", async (t) => {
  const at = await place(t, homeAlone().events);
  const engines = slowEngines();
  Object.assign(at.parts, { engines: engines.all });
  const life = await at.open();
  const begun = life.begin(new AbortController().signal);
  const request = {
    kind: "command",
    argv: ["true"],
    folder: ".",
    outputs: [],
    dependencies: { kind: "nothing" },
  } as const;
  const started = life.api.startEpisode({ request, on: "local" }, SESSION);
  const early = new Promise((resolve) => setTimeout(() => resolve("waiting"), 100));
  assert.equal(await Promise.race([started, early]), "waiting");
  engines.found();
  await begun;
  assert.ok("episodeId" in (await started));
  const ends = async (): Promise<readonly TimelineEntry[]> =>
    (await timelineOf(life)).filter(({ kind }) => kind === "EpisodeFinished");
  const over = new Promise<void>((resolve) => {
    life.api.onDurable(() => void ends().then(({ length }) => (length > 0 ? resolve() : undefined)));
  });
  if ((await ends()).length === 0) await over;
  assert.deepEqual(
    (await timelineOf(life)).filter(({ kind }) => kind === "JobFailed"),
    [],
  );
  await life.end();
});
