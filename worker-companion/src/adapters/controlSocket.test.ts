// One worker a folder, whatever was left over by one that was killed, and however many start at once.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import * as z from "zod";
import { ArwError } from "#protocol/errors.ts";
import { askWorker, listenForControl } from "./controlSocket.ts";

const STARTS = 20;
const anyAnswer = z.looseObject({});

function folderOf(context: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), "arw-control-"));
  context.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** Leaves a socket's name behind, as a worker that is killed does. */
async function leaveSocket(path: string): Promise<void> {
  const listening = `require("node:net").createServer().listen(process.argv[1], () => console.log("listening"))`;
  const child = spawn(process.execPath, ["-e", listening, path]);
  await once(child.stdout, "data");
  child.kill("SIGKILL");
  await once(child, "close");
  assert.ok(existsSync(path));
}

test("of many workers that start at once over a left-over socket exactly one runs, and answers", async (context) => {
  const folder = folderOf(context);
  await leaveSocket(join(folder, "control.sock"));
  const starts = await Promise.allSettled(
    Array.from({ length: STARTS }, (_, number) => listenForControl(folder, async () => ({ number }))),
  );
  const running = starts.filter((start) => start.status === "fulfilled").map(({ value }) => value);
  assert.equal(running.length, 1);
  for (const start of starts) {
    if (start.status === "rejected") {
      const reason: unknown = start.reason;
      assert.ok(reason instanceof ArwError && reason.code === "worker-running", String(reason));
    }
  }
  const winner = starts.findIndex(({ status }) => status === "fulfilled");
  assert.deepEqual(await askWorker(folder, "status", anyAnswer), { number: winner });
  await running[0]?.close();
});

test("a folder whose worker has ended takes the next one", async (context) => {
  const folder = folderOf(context);
  for (let life = 1; life <= 3; life++) {
    const control = await listenForControl(folder, async () => ({ life }));
    assert.deepEqual(await askWorker(folder, "status", anyAnswer), { life });
    await control.close();
    assert.equal(await askWorker(folder, "status", anyAnswer), undefined);
  }
});

test("a worker that cannot listen does not keep the folder", async (context) => {
  const folder = folderOf(context);
  const stranger = spawn(process.execPath, [
    "-e",
    `require("node:net").createServer().listen(process.argv[1], () => console.log("listening"))`,
    join(folder, "control.sock"),
  ]);
  await once(stranger.stdout, "data");
  await assert.rejects(
    listenForControl(folder, async () => ({})),
    { code: "worker-running" },
  );
  stranger.kill("SIGKILL");
  await once(stranger, "close");
  const control = await listenForControl(folder, async () => ({}));
  await control.close();
});
