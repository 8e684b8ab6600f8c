// A real Home on a disk whose writes fail: a preloaded shim does it where there is a C compiler.
// Whatever fails, no client hangs, nothing acknowledged is lost, the Home says why, and it writes again once the disk does.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test, type TestContext } from "node:test";
import { openNodeFileSystem } from "#platform/files/nodeFileSystem.ts";
import { ArwError } from "#protocol/errors.ts";
import { METHODS } from "#protocol/wire/client.ts";
import { verifyJournal } from "../../server/src/adapters/journal/verifyJournal.ts";
import type { HomeClient } from "../../server/src/cli/homeClient.ts";
import { Bench, timeline } from "../acceptance/bench.ts";
import { until } from "../acceptance/processes.ts";

const folder = mkdtempSync(join(tmpdir(), "arw-faults-"));
const shim = join(folder, "faultShim.so");
let noShim: string | undefined;

before(() => {
  const sanitizer = process.platform === "linux" ? undefined : `no preloading on ${process.platform}`;
  const words = ["-shared", "-fPIC", "-O1", "-o", shim, "test/faults/faultShim.c", "-ldl"];
  const compiled = sanitizer === undefined ? spawnSync("cc", words, { encoding: "utf8" }) : undefined;
  if (compiled?.status !== 0) noShim = sanitizer ?? `no C compiler: ${compiled?.error?.message ?? compiled?.stderr}`;
});
after(() => rmSync(folder, { recursive: true, force: true }));

interface FaultyHome {
  readonly bench: Bench;
  readonly client: HomeClient;
  /** Until it is mended, every write or sync of the journal does this. */
  readonly fail: (fault: string) => void;
  readonly mend: () => void;
}

async function faultyHome(t: TestContext): Promise<FaultyHome> {
  const bench = await Bench.open(t);
  const control = join(bench.folder("control"), "fault");
  await bench.serve({ LD_PRELOAD: shim, FAULT_PATH: "/journal/", FAULT_CONTROL: control });
  const fail = (fault: string): void => writeFileSync(control, fault);
  return { bench, client: await bench.client(), fail, mend: () => rmSync(control) };
}

/** Starts an episode that ends at once; its id where the Home acknowledged it, or why it did not. */
async function start(client: HomeClient): Promise<{ readonly acknowledged?: string; readonly code?: string }> {
  try {
    const request = { kind: "ask", prompt: "hello", outputTokensMax: 1 } as const;
    const { episodeId } = await client.call(METHODS.startEpisode, { request });
    return { acknowledged: episodeId };
  } catch (error) {
    if (!(error instanceof ArwError)) throw error;
    return { code: error.code };
  }
}

async function readOnlyReason(bench: Bench): Promise<string | undefined> {
  return (await bench.client()).hello.readOnly?.reason;
}

async function everythingHeld({ bench, client }: FaultyHome, acknowledged: readonly string[]): Promise<void> {
  const shown = new Set((await timeline(client)).map((entry) => entry.corrId));
  for (const episode of acknowledged)
    assert.ok(shown.has(METHODS.showEpisode.params.parse({ episodeId: episode }).episodeId));
  await bench.cli(["stop"]);
  const fileSystem = await openNodeFileSystem(join(bench.homeFolder, "journal"));
  assert.equal((await verifyJournal(fileSystem)).kind, "ok");
  await fileSystem.close();
}

for (const fault of ["write eio", "write enospc", "fsync eio", "fsync enospc"]) {
  test(`after ${fault} the Home serves reading only, says so, and writes again by itself once the disk does`, async (t) => {
    if (noShim !== undefined) return t.skip(noShim);
    const home = await faultyHome(t);
    const { bench, client, fail, mend } = home;
    const first = await start(client);
    assert.ok(first.acknowledged !== undefined, `the disk is sound: ${first.code}`);
    fail(fault);
    const failed = await until("the fault to be felt", async () => (await start(client)).code);
    // In flight, nobody can know; afterwards it is a plain refusal.
    assert.match(failed, /^(journal-unknown-outcome|journal-read-only|home-read-only)$/);
    assert.equal((await start(client)).code, "home-read-only");
    assert.match(
      (await until("the reason", () => readOnlyReason(bench))) ?? "",
      fault.endsWith("eio") ? /EIO/ : /ENOSPC/,
    );
    assert.ok((await timeline(client)).length > 0, "reading goes on");
    mend();
    const later = await until("the Home to write again", async () => (await start(client)).acknowledged);
    // A life that has begun to write has said so once all that a start owes is written too.
    await until("the Home to say so", async () => ((await readOnlyReason(bench)) === undefined ? true : undefined));
    await everythingHeld(home, [first.acknowledged, later]);
  });
}

test("a Home whose disk stays broken refuses to reopen with the reason, and reopens when asked after it was mended", async (t) => {
  if (noShim !== undefined) return t.skip(noShim);
  const { bench, client, fail, mend } = await faultyHome(t);
  fail("fsync eio");
  await until("the fault to be felt", async () => (await start(client)).code);
  const refused = await bench.cli(["journal", "reopen"]);
  assert.equal(refused.exitCode, 72, refused.stderr);
  assert.match(refused.stderr, /EIO/);
  mend();
  assert.equal((await bench.cli(["journal", "reopen"])).exitCode, 0);
  assert.ok((await start(client)).acknowledged !== undefined);
});

test("a disk that takes every write in pieces loses nothing", async (t) => {
  if (noShim !== undefined) return t.skip(noShim);
  const home = await faultyHome(t);
  home.fail("write short");
  const started = await Promise.all(Array.from({ length: 8 }, () => start(home.client)));
  await everythingHeld(
    home,
    started.flatMap(({ acknowledged }) => acknowledged ?? assert.fail("not acknowledged")),
  );
});

test("a disk that is slow to sync slows the Home down and makes nobody hang", async (t) => {
  if (noShim !== undefined) return t.skip(noShim);
  const home = await faultyHome(t);
  home.fail("fsync slow");
  const started = await Promise.all(Array.from({ length: 8 }, () => start(home.client)));
  assert.ok((await timeline(home.client)).length > 0);
  home.mend();
  await everythingHeld(
    home,
    started.flatMap(({ acknowledged }) => acknowledged ?? assert.fail("not acknowledged")),
  );
});
