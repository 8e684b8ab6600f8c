// Where control groups are looked for, on the machines that there are: their kernels' own lists, and folders as systemd
// delegates them. What the kernel enforces in a group is tried in test/contracts.
import assert from "node:assert/strict";
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { delegatedFolder, findCgroupFolders } from "./cgroupFolders.ts";

const VERSION_1 = `35 31 0:32 / /sys/fs/cgroup/memory rw,relatime - cgroup cgroup rw,memory
39 31 0:36 / /sys/fs/cgroup/pids rw,relatime - cgroup cgroup rw,pids
40 31 0:37 / /sys/fs/cgroup/systemd rw,relatime - cgroup cgroup rw,name=systemd
41 31 0:38 / /sys/fs/cgroup/unified rw,relatime - cgroup2 cgroup2 rw
`;

test("version 1 is found by its controllers, each with its own path", () => {
  const groups = "9:name=systemd:/\n8:pids:/\n4:memory:/own/group\n0::/\n";
  assert.deepEqual(findCgroupFolders(VERSION_1, groups), {
    version: 1,
    memory: "/sys/fs/cgroup/memory/own/group",
    processes: "/sys/fs/cgroup/pids",
  });
});

test("version 2 is found by the process's one path", () => {
  const mounts = "29 23 0:26 / /sys/fs/cgroup rw,nosuid shared:4 - cgroup2 cgroup2 rw,nsdelegate\n";
  const folder = "/sys/fs/cgroup/user.slice/user-1000.slice/worker.service";
  assert.deepEqual(findCgroupFolders(mounts, "0::/user.slice/user-1000.slice/worker.service\n"), {
    version: 2,
    memory: folder,
    processes: folder,
  });
});

test("where only a part of the hierarchy is mounted, paths are taken from there; outside of it there is none", () => {
  const mounts = VERSION_1.replaceAll(" / /sys", " /docker/abc /sys");
  const inside = findCgroupFolders(mounts, "8:pids:/docker/abc\n4:memory:/docker/abc/job\n");
  assert.deepEqual([inside?.memory, inside?.processes], ["/sys/fs/cgroup/memory/job", "/sys/fs/cgroup/pids"]);
  assert.equal(findCgroupFolders(mounts, "8:pids:/docker/abcd\n4:memory:/\n"), undefined);
});

test("without a mount, a controller or a readable list there are no groups", () => {
  assert.equal(findCgroupFolders("", "0::/\n"), undefined);
  assert.equal(findCgroupFolders(VERSION_1.split("\n")[0] ?? "", "4:memory:/\n"), undefined);
  assert.equal(findCgroupFolders("nonsense\n - \n", "nonsense\n"), undefined);
});

/** A folder with the files of a version 2 group. */
async function inGroup(
  files: Readonly<Record<string, string>>,
  check: (folder: string) => Promise<void>,
): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "arw-group-"));
  try {
    for (const [name, content] of Object.entries(files)) await writeFile(join(folder, name), content);
    await check(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

const DELEGATED = { "cgroup.controllers": "cpu memory pids\n", "cgroup.subtree_control": "\n", "cgroup.procs": "77\n" };

test("in a delegated group the worker makes way and switches the controllers on", () =>
  inGroup(DELEGATED, async (folder) => {
    assert.equal(await delegatedFolder(folder, 77), folder);
    assert.equal(await readFile(join(folder, "arw-worker/cgroup.procs"), "utf8"), "77");
    assert.equal(await readFile(join(folder, "cgroup.subtree_control"), "utf8"), "+memory +pids");
  }));

test("a worker that made way before finds the same folder again", () =>
  inGroup({ ...DELEGATED, "cgroup.subtree_control": "memory pids\n", "cgroup.procs": "" }, async (folder) => {
    await mkdir(join(folder, "arw-worker"));
    assert.equal(await delegatedFolder(join(folder, "arw-worker"), 77), folder);
  }));

test("in a group with others the worker finds the nearest folder above that is open to it, and moves nowhere", () =>
  inGroup({ ...DELEGATED, "cgroup.subtree_control": "cpu memory pids\n", "cgroup.procs": "" }, async (folder) => {
    const closed = join(folder, "closed");
    const own = join(closed, "terminal.scope");
    for (const inner of [closed, own]) {
      await mkdir(inner);
      for (const [name, content] of Object.entries({ ...DELEGATED, "cgroup.procs": "77\n78\n" })) {
        await writeFile(join(inner, name), content);
      }
    }
    assert.equal(await delegatedFolder(own, 77), folder);
    assert.deepEqual((await readdir(own)).sort(), Object.keys(DELEGATED).sort());
  }));

test("a group with other processes, or without the controllers, is left as it is", async () => {
  for (const changes of [{ "cgroup.procs": "77\n78\n" }, { "cgroup.controllers": "cpu\n" }]) {
    await inGroup({ ...DELEGATED, ...changes }, async (folder) => {
      assert.equal(await delegatedFolder(folder, 77), undefined);
      assert.deepEqual((await readdir(folder)).sort(), Object.keys(DELEGATED).sort());
    });
  }
  assert.equal(await delegatedFolder("/no/such/group", 77), undefined);
});
