// One writer, whatever races: twenty real processes contend for fresh, stale, freed and orphaned locks.
// Run with ARW_TEST_LOCK_CONTENDER set, this file is one of the contenders.
import assert from "node:assert/strict";
import type { ChildProcessWithoutNullStreams } from "node:child_process";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { after, test } from "node:test";
import { ArwError } from "#protocol/errors.ts";
import { epochMs } from "#protocol/quantities.ts";
import type { ProcessLock } from "./processLock.ts";
import { acquireProcessLock, takeGeneration } from "./processLock.ts";
import { identityOfThisProcess } from "./processIdentity.ts";

if (process.env["ARW_TEST_LOCK_CONTENDER"] === undefined) await describeLock();
else await contend();

async function describeLock(): Promise<void> {
  const scratch = await mkdtemp(join(tmpdir(), "arw-lock-"));
  after(() => rm(scratch, { recursive: true, force: true }));
  let locks = 0;
  const newPath = (): string => join(scratch, `home-${locks++}`, "lock");
  const stalePath = async (claim: object | string): Promise<string> => {
    const path = newPath();
    await acquire(path);
    await writeFile(`${path}.1`, typeof claim === "string" ? claim : JSON.stringify(claim));
    return path;
  };

  test("a lock is held by one and says by whom and since when; released, it is free", async () => {
    const path = newPath();
    const before = Date.now();
    const lock = await acquire(path);
    const second = await acquireProcessLock(path);
    assert.ok(second.kind === "held" && second.pid === process.pid);
    assert.ok(second.since >= before && second.since <= Date.now());
    await lock.release();
    const third = await acquire(path);
    await lock.release();
    assert.equal((await acquireProcessLock(path)).kind, "held", "an old lock's release must not free a later one");
    await third.release();
  });

  test("a lock is stale when its pid is gone, is of another boot, or has another start time", async () => {
    const me = { ...(await identityOfThisProcess()), since: 0 };
    const gone = spawn(process.execPath, ["-e", ""]);
    await once(gone, "exit");
    const claims = [
      { ...me, pid: gone.pid },
      { ...me, bootId: "00000000-0000-0000-0000-000000000000" },
      { ...me, startedAt: "1" },
      "cut in the mid",
      "",
    ];
    for (const claim of claims) await (await acquire(await stalePath(claim))).release();
    assert.equal((await acquireProcessLock(await stalePath(me))).kind, "held");
    assert.equal(
      (await acquireProcessLock(await stalePath({ ...me, bootId: "", startedAt: "" }))).kind,
      "held",
      "in doubt",
    );
  });

  test("a contender slower than two holders, whose number is free again, gets nothing and harms nobody", async () => {
    const path = newPath();
    await (await acquire(path)).release();
    await (await acquire(path)).release();
    await acquire(path);
    const me = { ...(await identityOfThisProcess()), since: epochMs(0) };
    assert.equal(await takeGeneration(path, 2, me), false);
    assert.deepEqual(await readdir(join(path, "..")), ["lock.3"]);
    assert.equal((await acquireProcessLock(path)).kind, "held");
  });

  test("locks leave one small file behind, however often they are taken", async () => {
    const path = newPath();
    for (let round = 0; round < 5; round++) await (await acquire(path)).release();
    assert.deepEqual(await readdir(join(path, "..")), ["lock.5"]);
    assert.equal(await readFile(`${path}.5`, "utf8"), "free\n");
  });

  test("a folder that cannot be used is an error with advice, not a lock", async () => {
    const file = join(scratch, "a-file");
    await writeFile(file, "");
    await assert.rejects(acquireProcessLock(join(file, "lock")), (error) => {
      return error instanceof ArwError && error.code === "lock-unavailable" && error.advice.length > 0;
    });
  });

  test("of twenty processes that race, exactly one gets a fresh, a stale, a freed or a killed holder's lock", async () => {
    const contenders = Array.from({ length: 20 }, () => new Contender());
    try {
      const me = await identityOfThisProcess();
      for (let round = 0; round < 20; round++) {
        const path = round % 2 === 0 ? newPath() : await stalePath({ ...me, startedAt: "1", since: 0 });
        const first = await winnerOf(contenders, path);
        await first.ask("release");
        const second = await winnerOf(contenders, path);
        if (round >= 5) {
          await second.ask("release");
          continue;
        }
        await second.kill();
        contenders.splice(contenders.indexOf(second), 1);
        await (await winnerOf(contenders, path)).ask("release");
      }
    } finally {
      await Promise.all(contenders.map((contender) => contender.kill()));
    }
  });
}

async function acquire(path: string): Promise<ProcessLock> {
  const lock = await acquireProcessLock(path);
  assert.ok(lock.kind === "acquired", JSON.stringify(lock));
  return lock;
}

/** Lets all race at once; fails unless one wins and all others name it. */
async function winnerOf(contenders: readonly Contender[], path: string): Promise<Contender> {
  const answers = await Promise.all(contenders.map((contender) => contender.ask(`take ${path}`)));
  const winners = contenders.filter((_, index) => answers[index] === "acquired");
  assert.equal(winners.length, 1, answers.join(", "));
  const [winner] = winners;
  assert.ok(winner);
  for (const answer of answers) assert.ok(answer === "acquired" || answer === `held by ${winner.pid}`, answer);
  return winner;
}

class Contender {
  readonly #child: ChildProcessWithoutNullStreams = spawn(process.execPath, [import.meta.filename], {
    env: { ...process.env, ARW_TEST_LOCK_CONTENDER: "1", NODE_TEST_CONTEXT: undefined },
  });
  readonly #answers: AsyncIterator<string> = createInterface({ input: this.#child.stdout })[Symbol.asyncIterator]();

  get pid(): number | undefined {
    return this.#child.pid;
  }

  async ask(question: string): Promise<string> {
    this.#child.stdin.write(`${question}\n`);
    const answer = await this.#answers.next();
    return answer.done === true ? "the contender ended" : answer.value;
  }

  async kill(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const exited = once(this.#child, "exit");
    this.#child.kill("SIGKILL");
    await exited;
  }
}

async function contend(): Promise<void> {
  let lock: ProcessLock | undefined;
  for await (const line of createInterface({ input: process.stdin })) {
    const [verb, path = ""] = line.split(" ");
    let answer = "released";
    if (verb === "take") {
      const taken = await acquireProcessLock(path);
      if (taken.kind === "acquired") lock = taken;
      answer = taken.kind === "acquired" ? "acquired" : `held by ${taken.pid}`;
    } else {
      await lock?.release();
    }
    process.stdout.write(`${answer}\n`);
  }
}
