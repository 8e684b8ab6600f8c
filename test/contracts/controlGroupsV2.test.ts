// Version 2 of control groups as the kernel itself has it, mounted for this test alone where a user may do that.
// Where memory and processes are version 1's, as on a machine that mounts both, version 2 must be seen to limit nothing and
// be left as it is; where they are version 2's, controlGroups.test.ts runs on it for real and this adds what it cannot make.
import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { after, test } from "node:test";
import { delegatedFolder } from "../../worker-companion/src/engines/command/cgroupFolders.ts";
import { openCgroups } from "../../worker-companion/src/engines/command/cgroups.ts";
import { systemEngineClock } from "../../worker-companion/src/engines/engineClock.ts";

/** In a mount namespace of its own: nobody else sees the mount, and it goes with the process. */
const MOUNT = 'mount -t cgroup2 arw-test /mnt && echo mounted && exec sleep 600 || echo "no: $?"';

interface Mounted {
  readonly holder: ChildProcess;
  /** The top of the hierarchy, through the holder's own view of the files. */
  readonly top: string;
}

async function mounted(): Promise<Mounted | string> {
  if (process.platform !== "linux") return "only Linux has control groups";
  const holder = spawn("unshare", ["--mount", "sh", "-c", MOUNT], { stdio: ["ignore", "pipe", "pipe"] });
  const failed = once(holder, "error").then(() => "there is no unshare");
  const said = (async (): Promise<string> => {
    for await (const line of createInterface({ input: holder.stdout })) return line;
    return "this user may not mount";
  })();
  const answer = await Promise.race([said, failed]);
  if (answer === "mounted") return { holder, top: `/proc/${holder.pid}/root/mnt` };
  holder.kill("SIGKILL");
  return `cgroup2 cannot be mounted here (${answer})`;
}

const found = await mounted();
after(() => {
  if (typeof found !== "string") found.holder.kill("SIGKILL");
});

function controllersIn(folder: string): readonly string[] {
  return readFileSync(join(folder, "cgroup.controllers"), "utf8").split(/\s+/);
}

function skipReason(): string | false {
  if (typeof found === "string") return found;
  const whole = ["memory", "pids"].every((controller) => controllersIn(found.top).includes(controller));
  return whole ? "here version 2 has memory and processes: controlGroups.test.ts runs on it" : false;
}

/** A group of the test's own, gone with it. */
function withGroup(run: (folder: string) => Promise<void>): () => Promise<void> {
  return async () => {
    assert.ok(typeof found !== "string");
    const folder = join(found.top, `arw-test-${process.pid}`);
    mkdirSync(folder);
    try {
      await run(folder);
    } finally {
      rmdirSync(folder);
    }
  };
}

function foldersIn(folder: string): readonly string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => (entry.isDirectory() ? [entry.name] : []));
}

test(
  "a real version 2 without memory and processes is not taken, and nobody is moved",
  { skip: skipReason() },
  withGroup(async (folder) => {
    assert.equal(await delegatedFolder(folder, process.pid), undefined);
    assert.deepEqual(foldersIn(folder), []);
    assert.equal(readFileSync(join(folder, "cgroup.procs"), "utf8"), "");
    assert.equal(readFileSync(join(folder, "cgroup.subtree_control"), "utf8").trim(), "");
  }),
);

test(
  "groups that the kernel gives no limits are not used, and none is left behind",
  { skip: skipReason() },
  withGroup(async (folder) => {
    const folders = { version: 2, memory: folder, processes: folder } as const;
    assert.equal(await openCgroups(systemEngineClock, async () => folders), undefined);
    assert.deepEqual(foldersIn(folder), []);
  }),
);

test(
  "what a dead worker left in a real version 2 is ended and removed",
  { skip: skipReason() },
  withGroup(async (folder) => {
    // A process number that no process ever has.
    const left = join(folder, "arw-job-4194304-1-1");
    mkdirSync(left);
    const sleeper = spawn("sleep", ["600"], { stdio: "ignore" });
    const ended = once(sleeper, "exit");
    writeFileSync(join(left, "cgroup.procs"), String(sleeper.pid));
    await openCgroups(systemEngineClock, async () => ({ version: 2, memory: folder, processes: folder }));
    assert.deepEqual(await ended, [null, "SIGKILL"]);
    assert.ok(!existsSync(left));
  }),
);
