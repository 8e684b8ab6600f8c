// Real control groups and real processes: what a job leaves is ended with it, and what a killed worker left with the next start.
// A machine whose groups this user may not change is told by name; the sweep that stands in for them runs everywhere.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { openCgroups, usableCgroupFolders } from "../../worker-companion/src/engines/command/cgroups.ts";
import type { CommandPlan } from "../../worker-companion/src/engines/command/commandProcess.ts";
import { runLimited } from "../../worker-companion/src/engines/command/limitedCommand.ts";
import { systemEngineClock } from "../../worker-companion/src/engines/engineClock.ts";
import { never } from "./engineContract.ts";

const LIMITS = { wallMs: 20_000, output: () => true, memoryBytes: 64 * 1024 ** 2, processesMax: 32 };
const cgroups = await openCgroups(systemEngineClock);
const skip = cgroups === undefined ? "this user may make no control groups here" : false;

/** A command without a sandbox, by a shell. */
function shell(script: string): CommandPlan {
  const environment = { PATH: process.env["PATH"] ?? "" };
  return { program: "sh", argv: ["-c", script], folder: "/", environment, sandboxed: false };
}

function running(mark: string): readonly string[] {
  return readdirSync("/proc").filter((pid) => {
    try {
      return /^\d+$/.test(pid) && readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0").includes(mark);
    } catch {
      return false;
    }
  });
}

for (const [surroundings, groups, reason] of [
  ["in a control group", cgroups, skip],
  ["without one", undefined, process.platform === "linux" ? false : "only Linux shows processes as files"],
] as const) {
  test(`what fled its session without a sandbox ends with the command, ${surroundings}`, { skip: reason }, async () => {
    const mark = `95${process.pid}.${groups === undefined ? 1 : 2}`;
    const plan = shell(`(setsid setsid sleep ${mark} </dev/null >/dev/null 2>&1) & sleep 0.1; exit 0`);
    const ending = await runLimited(plan, LIMITS, groups, systemEngineClock, never);
    assert.deepEqual([ending, running(mark)], [{ kind: "exited", exitCode: 0 }, []]);
  });
}

test("what cleared its environment as well ends with its control group", { skip }, async () => {
  const mark = `95${process.pid}.3`;
  const plan = shell(`(env -i /usr/bin/setsid /bin/sleep ${mark} </dev/null >/dev/null 2>&1) & sleep 0.1; exit 0`);
  await runLimited(plan, LIMITS, cgroups, systemEngineClock, never);
  assert.deepEqual(running(mark), []);
});

test("memory and processes are limited without a sandbox, too, and the limit is named", { skip }, async () => {
  const large = shell("head -c 200M /dev/zero | tail -c 200M > /dev/null");
  assert.deepEqual(await runLimited(large, LIMITS, cgroups, systemEngineClock, never), { kind: "memory-limit" });
  const many = shell("i=0; while [ $i -lt 64 ]; do sleep 9 & i=$((i + 1)); done");
  assert.deepEqual(await runLimited(many, LIMITS, cgroups, systemEngineClock, never), { kind: "process-limit" });
});

test("a group is gone after its command, however it ended", { skip }, async () => {
  const group = await cgroups?.make(LIMITS);
  const folders = new Set(group?.enter.filter((word) => word.endsWith("/cgroup.procs")).map((list) => dirname(list)));
  assert.ok(folders.size > 0);
  for (const folder of folders) assert.ok(existsSync(folder));
  await group?.remove();
  for (const folder of folders) assert.ok(!existsSync(folder));
});

test("a start ends and removes what a dead worker left, and leaves a living one's alone", { skip }, async () => {
  const root = await usableCgroupFolders();
  assert.ok(root !== undefined);
  // Apart from the groups of this machine, which other tests sweep at the same time.
  const own = `arw-test-${process.pid}`;
  const folders = { ...root, memory: join(root.memory, own), processes: join(root.processes, own) };
  const both = [...new Set([folders.memory, folders.processes])];
  for (const folder of both) mkdirSync(folder);
  if (root.version === 2) writeFileSync(join(folders.memory, "cgroup.subtree_control"), "+memory +pids");
  const group = await (await openCgroups(systemEngineClock, async () => folders))?.make(LIMITS);
  const alive = both.flatMap((folder) => readdirSync(folder).filter((name) => name.startsWith("arw-job-")));
  assert.equal(alive.length, both.length);
  // A process number that no process ever has, and a living process's with another start.
  const left = both.flatMap((folder) => [
    join(folder, "arw-job-4194304-1-1"),
    join(folder, `arw-job-${process.pid}-1-1`),
  ]);
  for (const folder of left) mkdirSync(folder);
  const sleeper = spawn("sleep", ["600"], { stdio: "ignore" });
  const ended = new Promise<NodeJS.Signals | null>((resolve) => sleeper.on("exit", (_, signal) => resolve(signal)));
  writeFileSync(`${left[0]}/cgroup.procs`, String(sleeper.pid));
  try {
    await openCgroups(systemEngineClock, async () => folders);
    assert.equal(await ended, "SIGKILL");
    assert.deepEqual(
      both.flatMap((folder) => readdirSync(folder).filter((name) => name.startsWith("arw-job-"))),
      alive,
    );
  } finally {
    sleeper.kill("SIGKILL");
    await group?.remove();
    for (const folder of [...left, ...both]) if (existsSync(folder)) rmdirSync(folder);
  }
});
