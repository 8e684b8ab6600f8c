// Git is asked within limits: of bytes, of time, and of what its environment and a repository could make it do.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { askGit, type GitAnswer, type GitQuestion } from "./git.ts";

async function asking(
  t: TestContext,
): Promise<(question: Partial<GitQuestion> & Pick<GitQuestion, "argv">, signal?: AbortSignal) => Promise<GitAnswer>> {
  const folder = await mkdtemp(join(tmpdir(), "arw-git-"));
  t.after(() => rm(folder, { recursive: true, force: true }));
  execFileSync("git", ["init", "-q"], { cwd: folder });
  return (question, signal = new AbortController().signal) => askGit({ folder, bytesMax: 100, ...question }, signal);
}

/** Git waits as long as its alias does. */
const WAIT = ["-c", "alias.wait=!exec sleep 60", "wait"];

test("an answer of the most bytes is taken, one of a byte more is too long", async (t) => {
  const ask = await asking(t);
  const argv = ["-c", "alias.say=!printf 12345", "say"];
  assert.deepEqual(await ask({ argv, bytesMax: 5 }), { kind: "output", output: Buffer.from("12345") });
  assert.deepEqual(await ask({ argv, bytesMax: 4 }), { kind: "too-long" });
});

test("git that takes too long, fails or is not there is a failure with its cause, and a signal ends it", async (t) => {
  const ask = await asking(t);
  assert.deepEqual(await ask({ argv: WAIT, timeoutMs: 50 }), { kind: "failed", cause: "it took longer than 50 ms" });
  const failed = await ask({ argv: ["cat-file", "blob", "0".repeat(40)] });
  assert.ok(failed.kind === "failed" && failed.cause.includes("0".repeat(40)));
  const missing = await ask({ argv: ["version"], environment: { PATH: "/nowhere" } });
  assert.ok(missing.kind === "failed" && missing.cause.includes("ENOENT"));
  const stop = new AbortController();
  const waiting = ask({ argv: WAIT, timeoutMs: 60_000 }, stop.signal);
  stop.abort(new Error("closed"));
  await assert.rejects(waiting, /closed/);
});
