// The seventeen things that a hostile command tries first, each in a real sandbox, most by a program of our own in C.
// Each must stay within its limit, and after each the engine must still run the next command. The seventeenth, what outlives
// a killed worker, stands in test/acceptance/workerDeath.test.ts, since it takes a worker's process.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { after, test } from "node:test";
import type { BlobStore } from "#platform/blobs/blobStore.ts";
import { digestOf } from "#protocol/digest.ts";
import type { CommandJob } from "#protocol/job.ts";
import { byteCount, durationMs } from "#protocol/quantities.ts";
import type { SandboxRule } from "#protocol/node.ts";
import type { CommandEngine } from "../../worker-companion/src/engines/command/commandEngine.ts";
import { describeInSandbox, type Finished, finish, shellJob, storeManifest } from "../contracts/engineCommand.ts";
import { generousLimits, never, type Place } from "../contracts/engineContract.ts";

const STRICT = ["true", "1"].includes(process.env["CI"] ?? "");
const SOURCE = "test/security/sandboxProbe.c";
const folder = await mkdtemp(join(tmpdir(), "arw-probe-"));
after(() => rm(folder, { recursive: true, force: true }));
const compiled = spawnSync("cc", ["-O1", "-w", "-o", join(folder, "probe"), SOURCE], { encoding: "utf8" });
const noCompiler =
  compiled.status === 0
    ? undefined
    : `cc does not compile: ${compiled.error?.message ?? compiled.stderr.slice(0, 200)}`;

type Probe = (engine: CommandEngine, place: Place) => Promise<void>;

await describeInSandbox((claim) => {
  const contained = (text: string, probe: Probe): void =>
    claim(text, async (engine, place) => {
      await probe(engine, place);
      const next = await finish(engine, place.blobs, await shellJob(place.blobs, "echo goes on"));
      assert.deepEqual([next.stdout, next.ended], ["goes on\n", 0]);
    });
  describeReach(contained);
  describeAppetite(contained);
  if (noCompiler === undefined) describeKernel(contained);
  else if (["true", "1"].includes(process.env["CI"] ?? ""))
    test("the probe is compiled", () => assert.fail(noCompiler));
  else test("the probes of the kernel's interface", { skip: noCompiler }, () => {});
});

type Claim = (text: string, probe: Probe) => void;

function describeReach(contained: Claim): void {
  contained("a file of the machine is not read, by its path or past a process's root", async (engine, place) => {
    const secret = join(dirname(place.folder), "secret.txt");
    await writeFile(secret, "secret of the machine");
    const { stdout } = await shell(engine, place, `cat ${secret} /proc/1/root${secret} /proc/1/cwd/../../secret.txt`);
    assert.equal(stdout, "");
  });

  contained("the machine's /etc is not there", async (engine, place) => {
    const { stdout } = await shell(engine, place, "ls -A /etc; cat /etc/passwd /etc/shadow /etc/machine-id");
    const known = ["alternatives", "group", "hosts", "ld.so.cache", "passwd"];
    for (const name of stdout.split("\n").filter((line) => line !== "" && !line.startsWith("nobody:"))) {
      assert.ok(known.includes(name), name);
    }
    assert.doesNotMatch(stdout, /root/);
  });

  contained("no variable of the worker comes along", async (engine, place) => {
    process.env["ARW_PLANTED_SECRET"] = "planted-secret-of-the-worker";
    try {
      const { stdout } = await shell(engine, place, "env; tr '\\0' '\\n' < /proc/1/environ");
      assert.doesNotMatch(stdout, /planted/i);
    } finally {
      delete process.env["ARW_PLANTED_SECRET"];
    }
  });

  contained("the loopback of the machine is not the sandbox's", async (engine, place) => {
    let reached = 0;
    const server = createServer(() => {
      reached++;
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    try {
      const address = server.address();
      assert.ok(typeof address === "object" && address !== null);
      const argv = ["bash", "-c", `exec 3<>/dev/tcp/127.0.0.1/${address.port}`];
      assert.notEqual((await run(engine, place, argv)).ended, 0);
      assert.equal(reached, 0);
    } finally {
      server.close();
    }
  });

  contained("the machine's processes are not listed and not signalled", async (engine, place) => {
    const { stdout } = await shell(engine, place, `ls -d /proc/[0-9]* | wc -l; kill -0 ${process.pid} && echo found`);
    assert.ok(Number(stdout.trim()) < 8, stdout);
  });

  contained("nothing is written outside the job's folder and the folders in memory", async (engine, place) => {
    const script = "for at in /usr/bin /etc /dev / /proc/sys/kernel; do echo x > $at/planted && echo $at; done";
    assert.equal((await shell(engine, place, script)).stdout, "");
  });

  contained(
    "a link out of the folder leads nowhere inside, and is not followed when outputs are taken",
    async (engine, place) => {
      const secret = join(dirname(place.folder), "secret.txt");
      await writeFile(secret, "secret behind a link");
      const job = await shellJob(place.blobs, `ln -s ${secret} out; cat out; printf x > fine`, {}, { outputs: ["**"] });
      const { stdout, proposal } = await finish(engine, place.blobs, job);
      assert.equal(stdout, "");
      assert.deepEqual(proposal?.leftOut, [{ path: "out", reason: "the link leaves the tree" }]);
      assert.equal(await place.blobs.size(digestOf("secret behind a link")), undefined);
    },
  );
}

function describeAppetite(contained: Claim): void {
  contained("a spinning processor is stopped by the wall limit", async (engine, place) => {
    const limits = { ...generousLimits, wallMs: durationMs(300) };
    assert.equal((await shell(engine, place, "while :; do :; done", { limits })).ended, "wall-limit");
  });

  contained("a file larger than a file may be is not written", async (engine, place) => {
    const { ended, stdout } = await shell(engine, place, "truncate -s 1G fits; wc -c < fits; truncate -s 3G large");
    assert.equal(stdout, `${1024 ** 3}\n`);
    // SIGXFSZ is signal 25.
    assert.ok(ended === 128 + 25 || ended === 1, String(ended));
  });

  contained("/tmp holds no more than the job may use", async (engine, place) => {
    const limits = { ...generousLimits, memoryBytes: byteCount(48 * 1024 ** 2) };
    const { ended } = await shell(engine, place, "head -c 100M /dev/zero > /tmp/large", { limits });
    assert.ok(ended === "memory-limit" || ended === 1, String(ended));
  });

  contained("a flood of output is cut", async (engine, place) => {
    const limits = { ...generousLimits, outputBytes: byteCount(1_000_000) };
    const { ended, stdout } = await shell(engine, place, "yes", { limits });
    assert.deepEqual([ended, stdout.length], ["output-limit", 1_000_000]);
  });
}

function describeKernel(contained: Claim): void {
  contained("calls into processes, keys, namespaces, mounts and the kernel are refused", async (engine, place) => {
    if (!(await enforces(engine, "seccomp"))) return;
    const { stdout } = await probe(engine, place, "calls");
    const results = Object.fromEntries(
      stdout
        .trim()
        .split("\n")
        .map((line) => line.split(" ")),
    );
    const absent = { "io-uring": "ENOSYS", clone3: "ENOSYS", vsock: "EAFNOSUPPORT" };
    for (const [name, result] of Object.entries({ ...results, ...absent })) {
      assert.equal(results[name], name in absent ? result : "EPERM", name);
    }
    assert.equal(Object.keys(results).length, 19);
  });

  contained("a bomb of memory is ended with the limit's name", async (engine, place) => {
    const limits = { ...generousLimits, memoryBytes: byteCount(64 * 1024 ** 2) };
    const { ended, message } = await probe(engine, place, "memory", { limits });
    if (ended === 3) return;
    assert.equal(ended, "memory-limit");
    assert.match(message, /67108864 bytes of memory.*allow it more/);
  });

  contained("many processes are counted together, however small each is", async (engine, place) => {
    if (!(await enforces(engine, "process-limit"))) return;
    const limits = { ...generousLimits, wallMs: durationMs(20_000) };
    const { ended, stdout } = await probe(engine, place, "forks", { limits });
    assert.ok(ended === "process-limit" || ended === 3, String(ended));
    assert.ok(Number(stdout) > 100 && Number(stdout) <= 1_024, stdout);
  });

  contained("calls by the numbers of a foreign interface kill the process", async (engine, place) => {
    if (process.arch !== "x64" || !(await enforces(engine, "seccomp"))) return;
    for (const foreign of ["x32", "x32-ptrace", "i386"]) {
      const { ended, stdout } = await probe(engine, place, foreign);
      // SIGSYS is signal 31.
      assert.deepEqual([ended, stdout], [128 + 31, ""], foreign);
    }
  });

  contained("git, a compiler, make and threads work under the filter", async (engine, place) => {
    const source = readFileSync(SOURCE, "utf8");
    const threads = `import { Worker } from "node:worker_threads"; new Worker('console.log("thread")', { eval: true });`;
    const files = { "threads.mjs": threads, "probe.c": source, Makefile: "probe: probe.c\n\tcc -w -o probe probe.c\n" };
    const script = [
      "git init -q . && git add probe.c && git -c user.name=a -c user.email=b commit -qm one && git log --oneline",
      "cc -w -o other probe.c && ./other none",
      ...(spawnSync("make", ["--version"]).status === 0 ? ["make probe && ./probe none"] : []),
    ].join(" && ");
    const job = await shellJob(place.blobs, `${script} && node threads.mjs`, files);
    const { stdout, stderr, ended } = await finish(engine, place.blobs, job);
    assert.equal(ended, 0, stderr);
    assert.match(stdout, /thread\n$/);
  });
}

function shell(engine: CommandEngine, place: Place, script: string, changes?: Partial<CommandJob>): Promise<Finished> {
  return run(engine, place, ["sh", "-c", script], changes);
}

async function run(
  engine: CommandEngine,
  { blobs }: Place,
  argv: readonly string[],
  changes: Partial<CommandJob> = {},
): Promise<Finished> {
  return finish(engine, blobs, await shellJob(blobs, "", {}, { argv, ...changes }));
}

async function probe(
  engine: CommandEngine,
  { blobs }: Place,
  what: string,
  changes: Partial<CommandJob> = {},
): Promise<Finished> {
  const tree = await probeTree(blobs);
  return finish(engine, blobs, await shellJob(blobs, "", {}, { argv: ["./probe", what], tree, ...changes }));
}

async function probeTree(blobs: BlobStore): Promise<CommandJob["tree"]> {
  const stored = await blobs.put(await readFile(join(folder, "probe")));
  const manifest = { kind: "tree", entries: [{ kind: "file", path: "probe", ...stored, executable: true }] };
  return storeManifest(blobs, manifest);
}

/** Where a rule does not hold, that is said; in CI it is a failure. */
async function enforces(engine: CommandEngine, rule: SandboxRule): Promise<boolean> {
  const sandbox = await engine.sandbox(never);
  if (sandbox.kind === "bubblewrap" && sandbox.enforces.includes(rule)) return true;
  assert.ok(!STRICT, `this machine does not enforce ${rule}`);
  process.stderr.write(`not tried, since this machine does not enforce ${rule}\n`);
  return false;
}
