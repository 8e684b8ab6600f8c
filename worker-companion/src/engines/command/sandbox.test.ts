// The walls as arguments: none may be forgotten, and the runtime brings nothing private along.
// Whether they hold is tried from inside, in test/contracts.
import assert from "node:assert/strict";
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { runtimeOf, sandboxArguments } from "./sandbox.ts";

const plan = { argv: ["true"], treeFolder: "/t", startFolder: "a/b", identityFolder: "/i", memoryBytes: 1_000 };

test("every wall is asked for, whatever this bubblewrap can do besides", () => {
  for (const forbidsUserNamespaces of [true, false]) {
    const line = sandboxArguments({ bubblewrap: "/usr/bin/bwrap", forbidsUserNamespaces }, plan).join(" ");
    for (const wall of ["--unshare-user", "--unshare-all", "--die-with-parent", "--new-session", "--cap-drop ALL"]) {
      assert.ok(line.includes(wall), wall);
    }
    assert.ok(line.includes("--clearenv") && line.includes("--remount-ro /") && !line.includes("--share-net"));
    assert.equal(line.includes("--disable-userns"), forbidsUserNamespaces);
    assert.ok(line.endsWith("-- true") && line.includes("--chdir /job/a/b"));
  }
});

test("the limits stand before the command, where this machine can set them", () => {
  const tools = { bubblewrap: "/usr/bin/bwrap", forbidsUserNamespaces: true, limiter: "/usr/bin/prlimit" };
  const line = sandboxArguments(tools, plan).join(" ");
  assert.match(line, /-- \/usr\/bin\/prlimit --data=1000 --nproc=\d+ --fsize=\d+ --core=0 -- true$/);
});

test("a Node outside /usr brings itself and npm, and nothing else of the folder it lives in", async () => {
  const home = await mkdtemp(join(tmpdir(), "arw-runtime-"));
  try {
    await mkdir(join(home, "lib/node_modules/npm"), { recursive: true });
    const { mounts, path } = runtimeOf(join(home, "bin/node"));
    assert.deepEqual(path, [join(home, "bin")]);
    const mounted = mounts.flatMap((word, index) => (word === "--ro-bind" ? [mounts[index + 1]] : []));
    assert.deepEqual(mounted, [join(home, "bin/node"), join(home, "lib/node_modules/npm")]);
  } finally {
    await rm(home, { recursive: true, force: true });
  }
  assert.deepEqual(runtimeOf("/usr/bin/node"), { mounts: [], path: [] });
  assert.deepEqual(runtimeOf("/opt/editor/code"), { mounts: [], path: [] });
});

test("where groups count the whole job, no process is held to the job's limits alone", () => {
  const cgroups = { make: () => assert.fail("arguments make no group") };
  const tools = { bubblewrap: "/usr/bin/bwrap", forbidsUserNamespaces: true, limiter: "/usr/bin/prlimit", cgroups };
  const line = sandboxArguments(tools, plan).join(" ");
  assert.match(line, /-- \/usr\/bin\/prlimit --fsize=\d+ --core=0 -- true$/);
});

test("the filter is read from its descriptor, where there is one", () => {
  const tools = { bubblewrap: "/usr/bin/bwrap", forbidsUserNamespaces: true };
  assert.doesNotMatch(sandboxArguments(tools, plan).join(" "), /seccomp/);
  assert.match(sandboxArguments({ ...tools, seccomp: new Uint8Array(8) }, plan).join(" "), / --seccomp 4 /);
});
