// One Home from its start to its end, in this process: what it takes it gives back, and what it cannot open whole it leaves.
import assert from "node:assert/strict";
import { mkdir, mkdtemp, open, readdir, readFile, realpath, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { workspaceIdOf } from "#platform/state/stateFolders.ts";
import { ArwError } from "#protocol/errors.ts";
import { sequence } from "#protocol/quantities.ts";
import { METHODS } from "#protocol/wire/client.ts";
import type { ServeOptions } from "./cli/cliHost.ts";
import { connectToHome, type HomeClient } from "./cli/homeClient.ts";
import { serve } from "./serve.ts";

interface Place {
  readonly homeFolder: string;
  readonly options: Omit<ServeOptions, "announce" | "signal">;
}

async function place(context: TestContext): Promise<Place> {
  const folder = await realpath(await mkdtemp(join(tmpdir(), "arw-serve-")));
  context.after(() => rm(folder, { recursive: true, force: true }));
  const workspaceFolder = join(folder, "workspace");
  await mkdir(workspaceFolder);
  const homeFolder = join(folder, "home");
  const socketPath = join(folder, "sockets", "home.sock");
  const options = { workspaceFolder, workspaceId: workspaceIdOf(workspaceFolder), homeFolder, socketPath };
  return { homeFolder, options: { ...options, background: false } };
}

interface Running {
  readonly client: HomeClient;
  readonly ended: Promise<void>;
  readonly stop: () => Promise<void>;
}

async function start({ options }: Place): Promise<Running> {
  const stopping = new AbortController();
  let ownerSecret = "";
  let announced: () => void = () => undefined;
  const ready = new Promise<void>((resolve) => (announced = resolve));
  const ended = serve({
    ...options,
    announce: (told) => {
      ownerSecret = told.ownerSecret ?? "";
      announced();
    },
    signal: stopping.signal,
  });
  await Promise.race([ready, ended]);
  const client = await connectToHome(options.socketPath, { client: "test", ownerSecret: async () => ownerSecret });
  assert.ok(client !== undefined);
  const stop = async (): Promise<void> => {
    client[Symbol.dispose]();
    stopping.abort();
    await ended;
  };
  return { client, ended, stop };
}

/** What would keep this process alive, or hold a file, a port or a child. */
function held(): readonly string[] {
  const lasting = ["Timeout", "TCPServerWrap", "TCPSocketWrap", "PipeWrap", "ProcessWrap", "FSEventWrap"];
  return process.getActiveResourcesInfo().filter((resource) => lasting.includes(resource));
}

const never = (): void => assert.fail("it announced itself");

test("a second Home of the same workspace is told who holds it, and the first goes on", async (t) => {
  const here = await place(t);
  const first = await start(here);
  try {
    const second = serve({ ...here.options, announce: never, signal: new AbortController().signal });
    await assert.rejects(second, { code: "home-held", message: new RegExp(String(process.pid)) });
    assert.equal((await first.client.call(METHODS.listNodes, {})).nodes.length, 1);
  } finally {
    await first.stop();
  }
});

test("a Home that is stopped leaves nothing open, clustering included, and starts again with what it knew", async (t) => {
  const here = await place(t);
  const before = held();
  const first = await start(here);
  await first.client.call(METHODS.createInvite, {});
  await first.stop();
  assert.deepEqual(held(), before);
  const again = await start(here);
  const page = await again.client.call(METHODS.readTimeline, { fromSequence: sequence(1) });
  assert.ok(page.entries.some(({ kind }) => kind === "InviteCreated"));
  await again.stop();
  assert.deepEqual(held(), before);
});

test("a Home that a client tells to stop ends by itself", async (t) => {
  const before = held();
  const running = await start(await place(t));
  // The end of the connection may overtake the answer; both mean that it stops.
  await running.client.call(METHODS.stopHome, {}).catch((error: unknown) => {
    assert.ok(error instanceof ArwError && error.code === "home-gone");
  });
  await running.ended;
  running.client[Symbol.dispose]();
  assert.deepEqual(held(), before);
});

test("a Home told to stop while it starts ends without an error and gives its lock back", async (t) => {
  const here = await place(t);
  await serve({ ...here.options, announce: () => undefined, signal: AbortSignal.abort() });
  const running = await start(here);
  await running.stop();
});

test("a corrupted journal stops the Home with the place, gives its lock back and is left as it is", async (t) => {
  const here = await place(t);
  const before = held();
  const first = await start(here);
  await first.client.call(METHODS.createInvite, {});
  await first.client.call(METHODS.turnClusteringOff, {});
  await first.stop();
  const journal = join(here.homeFolder, "journal");
  const [segment = ""] = (await readdir(journal)).filter((name) => name !== "lock").toSorted();
  const path = join(journal, segment);
  const bytes = await readFile(path);
  const at = bytes.indexOf("ClusteringTurnedOn");
  assert.ok(at > 0);
  const file = await open(path, "r+");
  await file.write("X", at);
  await file.close();
  const damaged = await readFile(path);
  for (let attempt = 0; attempt < 2; attempt++) {
    const failed = serve({ ...here.options, announce: never, signal: new AbortController().signal });
    await assert.rejects(failed, { code: "journal-corrupt" });
  }
  assert.deepEqual(await readFile(path), damaged);
  assert.deepEqual(held(), before);
});

test("the log never holds a prompt, a command line or output", async (t) => {
  const here = await place(t);
  const canary = "canary-that-sings-nowhere";
  const running = await start(here);
  for (const request of [
    { kind: "ask", prompt: `say ${canary}` },
    { kind: "ask", prompt: canary, model: canary },
    { kind: "command", argv: ["echo", canary], folder: ".", outputs: [canary], dependencies: { kind: "nothing" } },
    { kind: "command", argv: [canary], folder: ".", outputs: [], dependencies: { kind: "nothing" } },
  ] as const) {
    const started = await running.client.call(METHODS.startEpisode, { request }).catch(() => undefined);
    if (started !== undefined) await running.client.call(METHODS.cancelEpisode, { episodeId: started.episodeId });
  }
  await running.stop();
  const log = await readFile(join(here.homeFolder, "home.log"), "utf8");
  assert.match(log, /home ready/);
  assert.doesNotMatch(log, new RegExp(canary));
});
