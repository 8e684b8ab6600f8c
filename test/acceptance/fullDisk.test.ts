// A disk that is full: the Home says so with advice, keeps what it has acknowledged, goes on reading, and hangs nowhere.
// It needs a small file system of its own, which only root may mount; without that it is skipped by name and reason.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, realpathSync, rmSync, statfsSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { ArwError } from "#protocol/errors.ts";
import type { EpisodeId } from "#protocol/ids.ts";
import { METHODS } from "#protocol/wire/client.ts";
import { Bench, finished, timeline } from "./bench.ts";
import { pause } from "./processes.ts";

const DISK_BYTES = 6 * 1024 * 1024;
/** Left free when the disk is filled: a few frames fit, a few hundred do not. */
const LEFT_BYTES = 64 * 1024;
/** More than the journal keeps for itself, and less than a flood prints. */
const LEFT_FOR_OUTPUT_BYTES = 3 * 1024 * 1024;
const TRIES_MAX = 2_000;
const BUSY_PAUSE_MS = 10;
const ANSWER_MS_MAX = 20_000;

/** Mounts a small file system; answers why not, where this user may not. */
function mount(folder: string): string | undefined {
  if (process.platform !== "linux") return "a small file system is mounted on Linux only";
  const { status, stderr } = spawnSync(
    "mount",
    ["-t", "tmpfs", "-o", `size=${DISK_BYTES},mode=0700`, "tmpfs", folder],
    {
      encoding: "utf8",
    },
  );
  return status === 0 ? undefined : `mount: ${stderr?.trim() || "this user may not"}`;
}

function fill(folder: string, leftBytes: number): string {
  const { bavail, bsize } = statfsSync(folder);
  const path = join(folder, "filler");
  writeFileSync(path, Buffer.alloc(Math.max(0, bavail * bsize - leftBytes)));
  return path;
}

/** A Home whose state lies on a small disk; undefined where none can be mounted, which is said. */
async function homeOnSmallDisk(t: TestContext): Promise<{ readonly bench: Bench; readonly disk: string } | undefined> {
  const disk = realpathSync(mkdtempSync(join(tmpdir(), "arw-disk-")));
  const problem = mount(disk);
  const bench = problem === undefined ? await Bench.open(undefined, { homeState: disk }) : undefined;
  t.after(async () => {
    await bench?.close();
    if (problem === undefined) spawnSync("umount", ["-l", disk]);
    rmSync(disk, { recursive: true, force: true });
  });
  if (bench !== undefined) return { bench, disk };
  t.skip(problem);
  return undefined;
}

async function within<Answer>(what: string, answer: Promise<Answer>): Promise<Answer> {
  let late: NodeJS.Timeout | undefined;
  const tooLate = new Promise<never>((_, reject) => {
    late = setTimeout(() => reject(new Error(`${what} hangs`)), ANSWER_MS_MAX);
  });
  try {
    return await Promise.race([answer, tooLate]);
  } finally {
    clearTimeout(late);
  }
}

test("a Home whose disk is full says so, loses nothing it acknowledged, and goes on after space is made", async (t) => {
  const made = await homeOnSmallDisk(t);
  if (made === undefined) return;
  const { bench, disk } = made;
  await bench.serve();
  const client = await bench.client();
  const filler = fill(disk, LEFT_BYTES);
  const acknowledged: EpisodeId[] = [];
  let refusal: ArwError | undefined;
  for (let number = 0; number < TRIES_MAX && refusal === undefined; number++) {
    const request = { kind: "ask", prompt: `Read this test log as JSON: ${number} passed, 0 failed` } as const;
    try {
      const started = await within("an episode", client.call(METHODS.startEpisode, { request, on: "local" }));
      acknowledged.push(started.episodeId);
    } catch (error) {
      assert.ok(error instanceof ArwError, String(error));
      // A busy node is no full disk.
      if (error.code === "no-slot") await pause(BUSY_PAUSE_MS);
      else refusal = error;
    }
  }
  assert.ok(refusal !== undefined, "the disk was never full");
  assert.match(`${refusal.message} ${refusal.advice}`, /disk|space|ENOSPC/iu);

  const said = await within("the command line", bench.cli(["ask", "Tell me a story."]));
  assert.equal(said.exitCode, 72, said.stderr);
  assert.match(said.stderr, /^error: .+\nfix: .+\n$/u);
  const shown = new Set((await within("reading", timeline(client))).map(({ corrId }) => corrId));
  for (const id of acknowledged) assert.ok(shown.has(id));

  rmSync(filler);
  await bench.home?.kill();
  await bench.serve();
  const again = await bench.client();
  const kept = new Set((await timeline(again)).map(({ corrId }) => corrId));
  for (const id of acknowledged) assert.ok(kept.has(id), id);
  const request = { kind: "ask", prompt: "Read this test log as JSON: 1 passed, 0 failed" } as const;
  const started = await again.call(METHODS.startEpisode, { request, on: "local" });
  assert.equal((await finished(again, started.episodeId)).outcome?.kind, "answered");
  assert.equal((await bench.cli(["journal", "verify"])).exitCode, 0);
});

test("an output that fills the disk ends its own job with cause and fix, and the Home goes on writing", async (t) => {
  const made = await homeOnSmallDisk(t);
  if (made === undefined) return;
  const { bench, disk } = made;
  await bench.serve();
  const client = await bench.client();
  const filler = fill(disk, LEFT_FOR_OUTPUT_BYTES);
  const flood = await within("the flood", bench.cli(["run", "--", "sh", "-c", "yes | head -c 50000000"]));
  if (/sandbox/u.test(flood.stderr)) return t.skip(flood.stderr);
  assert.match(flood.stderr, /disk is full.+kept for the journal/u);
  assert.match(flood.stderr, /^fix: .*[Ff]ree disk space/mu);
  assert.equal((await bench.client()).hello.readOnly, undefined);
  rmSync(filler);
  const request = { kind: "ask", prompt: "Read this test log as JSON: 1 passed, 0 failed" } as const;
  const started = await client.call(METHODS.startEpisode, { request, on: "local" });
  assert.equal((await finished(client, started.episodeId)).outcome?.kind, "answered");
  assert.equal((await bench.cli(["journal", "verify"])).exitCode, 0);
});
