// Every job gets a sandbox of its own that has run nothing before: what one leaves anywhere, the next never finds.
// What that costs is printed beside a bare spawn and a sandbox that was started ahead; docs/adr says why it is paid.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import type { TestContext } from "node:test";
import { test } from "node:test";
import { runLimited } from "../../worker-companion/src/engines/command/limitedCommand.ts";
import { sandboxedCommand } from "../../worker-companion/src/engines/command/sandbox.ts";
import { probeSandbox, writeIdentity } from "../../worker-companion/src/engines/command/sandboxProbe.ts";
import { systemEngineClock } from "../../worker-companion/src/engines/engineClock.ts";
import { describeInSandbox, finish, shellJob } from "./engineCommand.ts";
import { inPlace, never } from "./engineContract.ts";

const CANARY = "canary-of-job-one";

await describeInSandbox((claim) => {
  claim("the next job finds nothing of the one before, wherever that left something", async (engine, { blobs }) => {
    const places = ["/tmp", "/tmp/home", "/dev/shm", "/job", "/var/tmp", "/run", "/usr/local", "/etc", "/dev", "/"];
    const leave = `for at in ${places.join(" ")}; do echo ${CANARY} > $at/.canary; done 2>/dev/null
      ln -s ${CANARY} /tmp/link; mkdir /tmp/${CANARY}; ipcmk -M 4096 -S 1 -Q
      echo 'exec -a ${CANARY} sleep 600' > /tmp/stay; setsid bash /tmp/stay >/dev/null 2>&1 &
      find / -name .canary 2>/dev/null | sort`;
    const first = await finish(engine, blobs, await shellJob(blobs, leave));
    assert.match(first.stdout, /\/dev\/shm\/\.canary\n\/job\/\.canary\n\/tmp\/\.canary\n\/tmp\/home\/\.canary\n$/);

    const search = `find / -xdev \\( -name '*canary*' -o -lname '*canary*' \\) 2>/dev/null
      grep -rls '${CANARY}' /tmp /dev/shm /job /etc /var /run
      find /tmp /dev/shm /job -mindepth 1 ! -path /tmp/home; cat /proc/[0-9]*/comm | sort -u
      tail -n +2 /proc/sysvipc/shm /proc/sysvipc/sem /proc/sysvipc/msg | grep -c '^ *[0-9]'`;
    const second = await finish(engine, blobs, await shellJob(blobs, search));
    const found = second.stdout.trim().split("\n");
    assert.equal(found.at(-1), "0");
    // The rest are its own programs; which of them are seen is chance.
    assert.deepEqual(
      found.slice(0, -1).filter((line) => !["bwrap", "cat", "sh", "sort", "prlimit"].includes(line)),
      [],
    );
  });
});

const ROUNDS = 15;

test("what a fresh sandbox costs is said beside a bare spawn and one started ahead", async (t) => {
  await inPlace(async ({ folder }) => {
    const probe = await probeSandbox(folder, systemEngineClock, never);
    if (probe.kind === "unusable") return t.skip(probe.sandbox.reason);
    const treeFolder = join(folder, "tree");
    await mkdir(treeFolder);
    const identityFolder = await writeIdentity(folder);
    const memoryBytes = 256 * 1024 ** 2;
    const inside = { argv: ["/bin/true"], treeFolder, startFolder: ".", identityFolder, memoryBytes };
    const limits = { wallMs: 60_000, output: () => true, memoryBytes, processesMax: 64 };
    const command = sandboxedCommand(probe.tools, inside);
    const bare = { program: "/bin/true", argv: [], folder: "/", environment: {}, sandboxed: false };
    const timings = new Map<string, number[]>();
    for (let round = 0; round < ROUNDS; round++) {
      await timed(timings, "bare spawn", () => runBare(bare.program));
      await timed(timings, "fresh sandbox", async () => {
        const ending = await runLimited(command, limits, probe.tools.cgroups, systemEngineClock, never);
        assert.deepEqual(ending, { kind: "exited", exitCode: 0 });
      });
      await timedAhead(timings, command);
    }
    for (const [what, durations] of timings) say(t, what, durations);
  });
});

async function timed(timings: Map<string, number[]>, what: string, act: () => Promise<void>): Promise<void> {
  const from = performance.now();
  await act();
  timings.set(what, [...(timings.get(what) ?? []), performance.now() - from]);
}

function runBare(program: string): Promise<void> {
  return new Promise((resolve) => spawn(program, { stdio: "ignore" }).on("close", () => resolve()));
}

/** Starts a sandbox that waits for a byte before its command, and times from that byte on: the most a pool could save. */
async function timedAhead(timings: Map<string, number[]>, plan: ReturnType<typeof sandboxedCommand>): Promise<void> {
  const stdio = ["pipe", "ignore", "pipe", "pipe", "pipe"] as const;
  const child = spawn(plan.program, ["--block-fd", "0", ...plan.argv], { stdio: [...stdio], env: {} });
  const closed = new Promise<number | null>((resolve) => child.on("close", resolve));
  const [gate, , , report, filter] = child.stdio;
  assert.ok(report !== null && report !== undefined && "read" in report);
  assert.ok(filter !== null && filter !== undefined && "end" in filter);
  assert.ok(gate !== null);
  filter.end(plan.seccomp);
  await new Promise((resolve) => report.once("data", resolve));
  report.resume();
  // The set-up goes on after the report; a few bare spawns give it time without guessing how long it takes.
  for (let spawns = 0; spawns < 10; spawns++) await runBare("/bin/true");
  await timed(timings, "sandbox started ahead", async () => {
    gate.end("x");
    assert.equal(await closed, 0);
  });
}

function say(t: TestContext, what: string, durations: readonly number[]): void {
  const sorted = durations.toSorted((left, right) => left - right);
  const at = (share: number): string => (sorted[Math.floor(share * (sorted.length - 1))] ?? 0).toFixed(1);
  t.diagnostic(`${what}: p50 ${at(0.5)} ms, p95 ${at(0.95)} ms, of ${sorted.length}`);
}
