// The end of a worker's life, whatever of it fails: whoever asked for that end is answered, and the fault is said.
import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import * as z from "zod";
import { identityOf } from "#platform/identity/identityFile.ts";
import { workspaceId } from "#protocol/ids.ts";
import { seed } from "../../../test/simulation/attemptFixtures.ts";
import type { Engine } from "../core/engine.ts";
import { askWorker } from "./controlSocket.ts";
import { startWorker } from "./runningWorker.ts";
import { openWorkerFolder } from "./workerFolder.ts";

const HOME = identityOf(new Uint8Array(32).fill(7));

/** An engine that runs nothing, and cannot be put away. */
const STUBBORN: Engine = {
  kind: "command",
  probe: async () => ({ kind: "command", state: "absent", reason: "none", advice: "none" }),
  submit: async () => undefined,
  stream: async function* () {},
  cancel: async () => undefined,
  reattach: async () => "unknown",
  usage: () => assert.fail("nothing runs"),
  release: async () => undefined,
  dispose: () => Promise.reject(new Error("the engine cannot be put away")),
};

for (const request of ["stop", "drain"] as const) {
  test(`whoever asked for a ${request} is answered, though an engine cannot be put away, and the fault is not hidden`, async (t) => {
    const path = mkdtempSync(join(tmpdir(), "arw-life-"));
    t.after(() => rmSync(path, { recursive: true, force: true }));
    const folder = await openWorkerFolder(path);
    let fail: (error: Error) => void = () => assert.fail("it has not come so far");
    let stands: () => void = () => undefined;
    const standing = new Promise<void>((resolve) => {
      stands = resolve;
    });
    const changes: string[] = [];
    let hears: () => void = () => undefined;
    const asked = new Promise<void>((resolve) => {
      hears = resolve;
    });
    const worker = await startWorker({
      // Its life stands still before it has connected.
      folder: {
        ...folder,
        leaves: () =>
          new Promise((_, reject) => {
            fail = reject;
            stands();
          }),
      },
      membership: {
        name: "box",
        addresses: ["127.0.0.1:9"],
        homeCertificate: "none",
        nodeId: folder.identity.nodeId,
        homeId: HOME.nodeId,
        homeKey: HOME.publicKey,
        workspaceId: workspaceId.from(seed(1)),
      },
      slots: 1,
      engines: () => [STUBBORN],
      onChange: ({ kind }) => {
        changes.push(kind);
        hears();
      },
      log: () => undefined,
    });
    const ended = assert.rejects(worker.done, /the engine cannot be put away/);
    const answer = askWorker(path, request, z.looseObject({ kind: z.string() }));
    await Promise.all([standing, asked]);
    fail(new Error("its certificate is gone"));
    assert.deepEqual(await answer, { kind: "done" });
    await ended;
    assert.deepEqual(changes, [request === "stop" ? "stopping" : "draining"]);
  });
}
