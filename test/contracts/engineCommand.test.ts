// The engine contract over commands, with and without a sandbox, and the sandbox's walls tried from inside.
// It never counts a wall as holding because the arguments name it: each one is run against.
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { readdir, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { byteCount, durationMs } from "#protocol/quantities.ts";
import { openCgroups } from "../../worker-companion/src/engines/command/cgroups.ts";
import { createCommandEngine } from "../../worker-companion/src/engines/command/commandEngine.ts";
import { pause, systemEngineClock } from "../../worker-companion/src/engines/engineClock.ts";
import { describeInSandbox, finish, type SandboxClaim, shellJob } from "./engineCommand.ts";
import {
  collect,
  describeEngine,
  firstChunk,
  generousLimits,
  inPlace,
  never,
  outcomeOf,
  type Place,
  workOf,
} from "./engineContract.ts";

await describeInSandbox((claim) => {
  describeEngine("command in bubblewrap", (place) => contractSubject(place, "bubblewrap"));
  describeWalls(claim);
});
describeEngine("command without a sandbox", (place) => contractSubject(place, "unsandboxed"));

async function contractSubject({ folder, blobs }: Place, sandbox: "bubblewrap" | "unsandboxed") {
  return {
    engine: createCommandEngine({ blobs, folder, sandbox }),
    quick: await shellJob(blobs, "echo one; echo two >&2; sleep 0.02; echo three"),
    long: await shellJob(blobs, "echo started; sleep 600"),
    stream: "stdout",
  } as const;
}

function describeWalls(claim: SandboxClaim): void {
  claim("stdout and stderr come apart, and the exit code is the command's own", async (engine, { blobs }) => {
    const job = await shellJob(blobs, "echo out; echo err >&2; exit 3");
    const finished = await finish(engine, blobs, job);
    assert.deepEqual([finished.stdout, finished.stderr, finished.ended], ["out\n", "err\n", 3]);
  });

  claim("the network of the machine is not reachable", async (engine, { blobs }) => {
    let reached = 0;
    const server = createServer((socket) => {
      reached++;
      socket.end();
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    try {
      const address = server.address();
      assert.ok(typeof address === "object" && address !== null);
      const dial = `exec 3<>/dev/tcp/127.0.0.1/${address.port}`;
      const job = await shellJob(blobs, "", {}, { argv: ["bash", "-c", dial] });
      assert.notEqual((await finish(engine, blobs, job)).ended, 0);
      assert.equal(reached, 0);
    } finally {
      server.close();
    }
  });

  claim("a secret of the worker's environment is not visible", async (engine, { blobs }) => {
    process.env["ARW_PLANTED_SECRET"] = "planted-secret-of-the-worker";
    try {
      const job = await shellJob(blobs, "env; cat /proc/*/environ 2>/dev/null | tr '\\0' '\\n'");
      const { stdout } = await finish(engine, blobs, job);
      assert.match(stdout, /^PATH=/m);
      assert.doesNotMatch(stdout, /planted-secret/);
      const names = new Set(stdout.split("\n").flatMap((line) => line.match(/^(\w+)=/)?.[1] ?? []));
      for (const name of names) assert.ok(["PATH", "HOME", "LANG", "CI", "PWD", "OLDPWD", "_"].includes(name), name);
    } finally {
      delete process.env["ARW_PLANTED_SECRET"];
    }
  });

  claim("files and processes of the machine are invisible", async (engine, { blobs, folder }) => {
    const secret = join(dirname(folder), "secret.txt");
    await writeFile(secret, "secret of the machine");
    const script = `cat ${secret}; cat /etc/shadow; ls /root /home; ls -d /proc/[0-9]* | wc -l; id -u; ls -A /tmp`;
    const { stdout } = await finish(engine, blobs, await shellJob(blobs, script));
    const [processes, uid, ...rest] = stdout.trim().split("\n");
    assert.ok(Number(processes) < 8, stdout);
    assert.deepEqual([uid, ...rest], ["65534", "home"]);
  });

  claim("nothing outside the job's folder and /tmp can be written", async (engine, { blobs }) => {
    const targets = ["/usr/bin/x", "/x", "/etc/x", "/dev/x", "/etc/passwd", "/usr/local/x"];
    const script = `for target in ${targets.join(" ")}; do echo x 2>/dev/null > $target && echo "wrote $target"; done
      echo fine > /tmp/x && echo fine > /dev/shm/x && echo fine > here && cat here`;
    const { stdout } = await finish(engine, blobs, await shellJob(blobs, script));
    assert.equal(stdout, "fine\n");
  });

  claim("no new privileges: no user namespace, no capability", async (engine, { blobs }) => {
    const script = "unshare -Ur true 2>/dev/null && echo namespace; grep CapEff /proc/self/status";
    const { stdout } = await finish(engine, blobs, await shellJob(blobs, script));
    assert.equal(stdout.trim(), "CapEff:\t0000000000000000");
  });

  claim("node, npm and awk work inside", async (engine, { blobs }) => {
    const script = "node -p 1+1 && npm --version && awk 'BEGIN { print \"awk\" }' && node -p 'os.userInfo().username'";
    const { stdout, ended, stderr } = await finish(engine, blobs, await shellJob(blobs, script));
    assert.equal(ended, 0, stderr);
    assert.match(stdout, /^2\n\d+\.\d+\.\d+\nawk\nnobody\n$/);
  });

  claim("a process that wants more memory than the job may use fails, not the machine", async (engine, { blobs }) => {
    const limits = { ...generousLimits, memoryBytes: byteCount(256 * 1024 ** 2) };
    const script = "const kept = []; for (;;) kept.push(Buffer.alloc(16 << 20, 1));";
    const job = await shellJob(blobs, "", {}, { argv: ["node", "-e", script], limits });
    const { ended } = await finish(engine, blobs, job);
    // Where the whole job is counted the limit is named; where each process is, its allocation fails.
    assert.ok(ended === "memory-limit" || (typeof ended === "number" && ended > 0), String(ended));
  });

  claim("a file system in memory is no way around the memory limit", async (engine, { blobs }) => {
    const limits = { ...generousLimits, memoryBytes: byteCount(32 * 1024 ** 2) };
    const script = "head -c 50000000 /dev/zero > /tmp/large || head -c 50000000 /dev/zero > /dev/shm/large || exit 9";
    const { ended } = await finish(engine, blobs, await shellJob(blobs, script, {}, { limits }));
    assert.ok(ended === "memory-limit" || ended === 9, String(ended));
  });

  claim("a flood of output is cut at the limit", async (engine, { blobs }) => {
    const limits = { ...generousLimits, outputBytes: byteCount(100_000) };
    const finished = await finish(engine, blobs, await shellJob(blobs, "yes; yes >&2", {}, { limits }));
    assert.equal(finished.ended, "output-limit");
    assert.equal(finished.stdout.length + finished.stderr.length, 100_000);
  });

  claim("a grandchild that ignores SIGTERM and fled its session is gone after cancel", async (engine, { blobs }) => {
    const mark = `97${process.pid}.5`;
    const script = `(trap '' TERM; setsid setsid sleep ${mark}) & echo started; wait`;
    const work = workOf(await shellJob(blobs, script));
    await engine.submit(work);
    await firstChunk(engine, work.attemptId);
    await engine.cancel(work.attemptId);
    assert.deepEqual(running(mark), []);
  });

  claim("a cancel at any moment of the start leaves no process, of the sandbox neither", async (engine, { blobs }) => {
    const mark = `96${process.pid}.5`;
    const job = await shellJob(blobs, `sleep ${mark}`, {}, { argv: ["sleep", mark] });
    await engine.probe(never);
    for (let delayMs = 0; delayMs < 40; delayMs += 2) {
      const work = workOf(job);
      void engine.submit(work);
      await pause(systemEngineClock, delayMs);
      await engine.cancel(work.attemptId);
      assert.deepEqual(outcomeOf(await collect(engine, work.attemptId)), { kind: "cancelled" });
      assert.deepEqual(running(mark), [], `cancelled after ${delayMs} ms`);
    }
  });

  claim("what a command leaves in the background ends with it", async (engine, { blobs }) => {
    const mark = `98${process.pid}.5`;
    const script = `setsid sleep ${mark} >/dev/null 2>&1 & echo done`;
    const { ended } = await finish(engine, blobs, await shellJob(blobs, script));
    assert.equal(ended, 0);
    assert.deepEqual(running(mark), []);
  });

  claim("a command that dies of a signal exits with 128 and its number", async (engine, { blobs }) => {
    assert.equal((await finish(engine, blobs, await shellJob(blobs, "kill -9 $$"))).ended, 137);
    assert.equal((await finish(engine, blobs, await shellJob(blobs, "kill -TERM $$"))).ended, 143);
  });

  claim("a command that is not there exits with 127, as in a shell", async (engine, { blobs }) => {
    const job = await shellJob(blobs, "", {}, { argv: ["no-such-command"] });
    const { ended, stderr } = await finish(engine, blobs, job);
    assert.equal(ended, 127);
    assert.match(stderr, /no-such-command/);
  });

  claim("two commands at once do not see each other", async (engine, { blobs }) => {
    const script = (own: string): string =>
      `echo ${own} > mine; echo ${own} > /tmp/mine; sleep 0.1; ls; cat mine /tmp/*ne`;
    const jobs = await Promise.all(["a", "b"].map((own) => shellJob(blobs, script(own))));
    const finished = await Promise.all(jobs.map((job) => finish(engine, blobs, job)));
    assert.deepEqual(
      finished.map(({ stdout }) => stdout),
      ["mine\na\na\n", "mine\nb\nb\n"],
    );
  });

  claim("the command starts in its folder, among its inputs", async (engine, { blobs }) => {
    const files = {
      "packages/one/in.txt": "input\n",
      "run.sh": { script: "#!/bin/sh\necho ran\n" },
      link: { link: "run.sh" },
    };
    const changes = { folder: "packages/one" } as Parameters<typeof shellJob>[3];
    const { stdout } = await finish(
      engine,
      blobs,
      await shellJob(blobs, "pwd; cat in.txt; ../../link", files, changes),
    );
    assert.equal(stdout, "/job/packages/one\ninput\nran\n");
  });

  claim("an install step runs first, in the same walls, and its words go to stderr", async (engine, { blobs }) => {
    const install = (script: string) => ({ kind: "install-step", argv: ["sh", "-c", script] }) as const;
    const good = await shellJob(
      blobs,
      "cat dependency",
      {},
      { dependencies: install("echo installing; echo 1 > dependency") },
    );
    const finished = await finish(engine, blobs, good);
    assert.deepEqual([finished.stdout, finished.stderr, finished.ended], ["1\n", "installing\n", 0]);
    const bad = await shellJob(blobs, "echo never", {}, { dependencies: install("exit 4") });
    const refused = await finish(engine, blobs, bad);
    assert.deepEqual([refused.stdout, refused.ended], ["", "install-step-failed"]);
    assert.match(refused.message, /exit code 4/);
  });

  claim("a released run leaves no file behind", async (engine, { blobs, folder }) => {
    const work = workOf(await shellJob(blobs, "printf x > left"));
    await engine.submit(work);
    assert.equal(outcomeOf(await collect(engine, work.attemptId)).kind, "exited");
    assert.ok((await readdir(folder)).includes(work.attemptId));
    await engine.release(work.attemptId);
    assert.deepEqual(await readdir(folder), ["identity"]);
  });

  claim("the advert lists rules that hold, and the walls that make a sandbox are among them", async (engine) => {
    const sandbox = await engine.sandbox(never);
    assert.ok(sandbox.kind === "bubblewrap");
    for (const rule of [
      "no-network",
      "scrubbed-environment",
      "private-files",
      "private-processes",
      "memory-limit",
    ] as const) {
      assert.ok(sandbox.enforces.includes(rule), rule);
    }
    // Linux does not count the processes of the machine's root user, but those of a control group.
    const grouped = (await openCgroups(systemEngineClock)) !== undefined;
    assert.equal(sandbox.enforces.includes("process-limit"), grouped || process.getuid?.() !== 0);
    assert.equal(sandbox.enforces.includes("seccomp"), ["x64", "arm64"].includes(process.arch));
  });
}

test("without bubblewrap the engine is absent, says how to mend it, and runs nothing", () =>
  inPlace(async ({ folder, blobs }) => {
    const sandbox = { kind: "none", reason: "bubblewrap is not installed" } as const;
    const probe = async () => ({ kind: "unusable", sandbox }) as const;
    const engine = createCommandEngine({ blobs, folder, sandbox: "bubblewrap", probeSandbox: probe });
    assert.deepEqual(await engine.probe(never), {
      kind: "command",
      state: "absent",
      reason: "bubblewrap is not installed",
      advice: "sudo apt-get install -y bubblewrap",
    });
    const finished = await finish(engine, blobs, await shellJob(blobs, "echo ran"));
    assert.deepEqual([finished.ended, finished.stdout], ["sandbox-absent", ""]);
    await engine.dispose();
  }));

test("an unsandboxed command gets no secret of the environment, and its group ends with it", () =>
  inPlace(async ({ folder, blobs }) => {
    process.env["ARW_PLANTED_SECRET"] = "planted-secret-of-the-worker";
    const engine = createCommandEngine({ blobs, folder, sandbox: "unsandboxed" });
    try {
      const mark = `99${process.pid}.5`;
      const job = await shellJob(blobs, `sleep ${mark} & env; cat in`, { in: "input" });
      const { stdout, ended } = await finish(engine, blobs, job);
      assert.equal(ended, 0);
      assert.match(stdout, /input/);
      assert.doesNotMatch(stdout, /planted-secret/);
      assert.deepEqual(running(mark), []);
      assert.equal((await engine.sandbox(never)).kind, "none");
    } finally {
      delete process.env["ARW_PLANTED_SECRET"];
      await engine.dispose();
    }
  }));

test("a command that cannot be started says why", () =>
  inPlace(async ({ folder, blobs }) => {
    const engine = createCommandEngine({ blobs, folder, sandbox: "unsandboxed" });
    const job = await shellJob(
      blobs,
      "",
      {},
      { argv: ["no-such-command"], limits: { ...generousLimits, wallMs: durationMs(9_999) } },
    );
    const { ended, message } = await finish(engine, blobs, job);
    assert.equal(ended, "command-not-started");
    assert.match(message, /no-such-command/);
    await engine.dispose();
  }));

/** Processes whose command line holds the mark. A test's own marks are unlike any other process's. */
function running(mark: string): readonly string[] {
  return readdirSync("/proc").filter((pid) => {
    if (!/^\d+$/.test(pid) || Number(pid) === process.pid) return false;
    try {
      return readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0").includes(mark);
    } catch {
      return false;
    }
  });
}
