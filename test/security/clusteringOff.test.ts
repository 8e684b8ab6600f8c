// Clustering off means that this process has no port at all: not a closed door, no door.
// It runs a whole Home in this process and looks at what the process really has open.
import assert from "node:assert/strict";
import { once } from "node:events";
import { mkdir, mkdtemp, realpath, rm } from "node:fs/promises";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { workspaceIdOf } from "#platform/state/stateFolders.ts";
import { METHODS } from "#protocol/wire/client.ts";
import { connectToHome, type HomeClient } from "../../server/src/cli/homeClient.ts";
import { serve } from "../../server/src/serve.ts";

interface RunningHome {
  readonly client: HomeClient;
  readonly stop: () => Promise<void>;
}

async function home(context: TestContext): Promise<RunningHome> {
  const folder = await realpath(await mkdtemp(join(tmpdir(), "arw-off-")));
  context.after(() => rm(folder, { recursive: true, force: true }));
  const workspaceFolder = join(folder, "workspace");
  await mkdir(workspaceFolder);
  const socketPath = join(folder, "sockets", "home.sock");
  const stopped = new AbortController();
  let ownerSecret = "";
  let announceReady: () => void = () => undefined;
  const ready = new Promise<void>((resolve) => {
    announceReady = resolve;
  });
  const served = serve({
    workspaceFolder,
    workspaceId: workspaceIdOf(workspaceFolder),
    homeFolder: join(folder, "home"),
    socketPath,
    background: false,
    announce: (announced) => {
      ownerSecret = announced.ownerSecret ?? "";
      announceReady();
    },
    signal: stopped.signal,
  });
  await Promise.race([ready, served]);
  const client = await connectToHome(socketPath, { client: "test", ownerSecret: async () => ownerSecret });
  assert.ok(client !== undefined);
  const stop = async (): Promise<void> => {
    client[Symbol.dispose]();
    stopped.abort();
    await served;
  };
  return { client, stop };
}

/** TCP servers of this process; the Home's own socket is a pipe, not one of them. */
function ports(): number {
  return process.getActiveResourcesInfo().filter((resource) => resource === "TCPServerWrap").length;
}

test("a Home that nobody invited to opens no port, and clustering off closes the one it had", async (context) => {
  const { client, stop } = await home(context);
  try {
    assert.equal(ports(), 0);
    assert.deepEqual(
      (await client.call(METHODS.listNodes, {})).nodes.map(({ name }) => name),
      ["local"],
    );
    assert.equal(ports(), 0);

    const invite = await client.call(METHODS.createInvite, { listenHost: "127.0.0.1", listenPort: 0 });
    assert.equal(ports(), 1);
    const port = Number(invite.addresses[0]?.split(":").at(-1));

    await client.call(METHODS.turnClusteringOff, {});
    const dialled = connect(port, "127.0.0.1");
    const [error] = await once(dialled, "error");
    assert.equal(error.code, "ECONNREFUSED");
    assert.equal(ports(), 0);
    assert.deepEqual((await client.call(METHODS.listEpisodes, {})).episodes, [], "the same API keeps working");
  } finally {
    await stop();
  }
  assert.equal(ports(), 0);
});
