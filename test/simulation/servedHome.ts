// A whole Home in the process of a test: real state, socket and engines in a folder that goes when the test ends.
// It shows what the process really has open and on disk; what a person types is for the acceptance tests.
import assert from "node:assert/strict";
import { mkdir, mkdtemp, realpath, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestContext } from "node:test";
import { workspaceIdOf } from "#platform/state/stateFolders.ts";
import { connectToHome, type HomeClient } from "../../server/src/cli/homeClient.ts";
import { serve } from "../../server/src/serve.ts";

export interface ServedHome {
  readonly client: HomeClient;
  readonly homeFolder: string;
  readonly stop: () => Promise<void>;
}

/** `prepare` may put into the Home's folder what an earlier life left there. */
export async function servedHome(
  context: TestContext,
  prepare: (homeFolder: string) => Promise<void> = async () => undefined,
): Promise<ServedHome> {
  const folder = await realpath(await mkdtemp(join(tmpdir(), "arw-served-")));
  context.after(() => rm(folder, { recursive: true, force: true }));
  const workspaceFolder = join(folder, "workspace");
  await mkdir(workspaceFolder);
  const homeFolder = join(folder, "home");
  await mkdir(homeFolder, { mode: 0o700 });
  await prepare(homeFolder);
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
    homeFolder,
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
  return { client, homeFolder, stop };
}
