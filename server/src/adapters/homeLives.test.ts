// A Home whose journal fails: when it tries again, when it stops trying, and that two lives never act at once.
// Time is the test's own; the lives are recorded, not run.
import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";
import { epochMs } from "#protocol/quantities.ts";
import { HomeLives, REOPEN_FIRST_MS, REOPEN_MS_MAX, REOPEN_TRIES_MAX } from "./homeLives.ts";

type Trouble =
  | "cannot be opened"
  | "takes no writes"
  | "cannot be wired"
  | "fails at its begin"
  | "begins for long"
  | undefined;

class Disk {
  trouble: Trouble;
  opened = 0;
  readonly told: string[] = [];
  faults: ((fault: unknown) => void)[] = [];
  acting = 0;
  begun: () => void = () => undefined;
}

/** Lets everything that can settle by itself settle: no timer of the test's is in it. */
async function settled(): Promise<void> {
  for (let turn = 0; turn < 20; turn++) await Promise.resolve();
}

async function homeOn(t: TestContext, disk: Disk): Promise<HomeLives<{ readonly life: () => number }>> {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  let now = 0;
  const lives = new HomeLives<{ readonly life: () => number }>({
    now: () => epochMs(now++),
    log: { info: (fact) => disk.told.push(fact), trouble: () => undefined },
    open: async (onFault) => {
      disk.opened++;
      if (disk.trouble === "cannot be opened") throw new Error("EIO");
      disk.faults.push(onFault);
      const life = disk.opened;
      return {
        prove: async () => {
          if (disk.trouble === "takes no writes") throw new Error("ENOSPC");
        },
        discard: async () => void disk.told.push(`discard ${life}`),
        wire: async () => {
          if (disk.trouble === "cannot be wired") throw new Error("EMFILE");
          assert.equal(disk.acting++, 0, "two lives at once");
          return {
            api: { life: () => life },
            busy: () => false,
            begin: async () => {
              disk.told.push(`begin ${life}`);
              if (disk.trouble === "fails at its begin") onFault(new Error("EIO again"));
              if (disk.trouble === "begins for long") await new Promise<void>((resolve) => (disk.begun = resolve));
            },
            end: async () => {
              disk.acting--;
              disk.told.push(`end ${life}`);
            },
          };
        },
      };
    },
  });
  await lives.start();
  await lives.begin(new AbortController().signal);
  return lives;
}

test("a Home whose journal failed says so, opens it again, and its clients never change their way to it", async (t) => {
  const disk = new Disk();
  const lives = await homeOn(t, disk);
  const api = lives.api;
  assert.equal(api.life(), 1);
  disk.faults[0]?.(new Error("EIO"));
  assert.equal(lives.readOnly?.reason, "EIO");
  assert.equal(api.life(), 1, "the old life answers meanwhile");
  t.mock.timers.tick(REOPEN_FIRST_MS);
  await settled();
  assert.equal(lives.readOnly, undefined);
  assert.equal(api.life(), 2);
  assert.deepEqual(disk.told, ["begin 1", "end 1", "begin 2", "journal reopened"]);
  disk.faults[0]?.(new Error("the old life's journal"));
  assert.equal(lives.readOnly, undefined, "a life that is over has no say");
  await lives.close();
  assert.equal(disk.acting, 0);
});

test("a life whose journal takes writes is not called read-only while it begins", async (t) => {
  const disk = new Disk();
  const lives = await homeOn(t, disk);
  disk.faults[0]?.(new Error("EIO"));
  disk.trouble = "begins for long";
  const reopened = lives.reopen();
  await settled();
  assert.deepEqual([disk.told.at(-1), lives.readOnly], ["begin 2", undefined]);
  disk.begun();
  assert.deepEqual(await reopened, {});
  await lives.close();
});

for (const trouble of ["cannot be opened", "takes no writes", "cannot be wired", "fails at its begin"] as const) {
  test(`a journal that ${trouble} is tried a bounded number of times, then only when asked`, async (t) => {
    const disk = new Disk();
    const lives = await homeOn(t, disk);
    disk.trouble = trouble;
    disk.faults[0]?.(new Error("EIO"));
    for (let tries = 0; tries < REOPEN_TRIES_MAX; tries++) {
      assert.equal(lives.readOnly?.tries, tries);
      assert.ok(lives.readOnly?.nextTryAt !== undefined);
      t.mock.timers.tick(REOPEN_MS_MAX);
      await settled();
    }
    const opened = disk.opened;
    assert.equal(opened, 1 + REOPEN_TRIES_MAX);
    assert.deepEqual(lives.readOnly?.nextTryAt, undefined);
    t.mock.timers.tick(REOPEN_MS_MAX * 100);
    await settled();
    assert.equal(disk.opened, opened, "it waits to be asked");
    const refused = await lives.reopen();
    assert.equal("kind" in refused && refused.code, "home-read-only");
    disk.trouble = undefined;
    assert.deepEqual(await lives.reopen(), {});
    assert.equal(lives.readOnly, undefined);
    assert.equal(disk.acting, 1);
    await lives.close();
    assert.equal(disk.acting, 0);
    const ends = disk.told.filter((told) => told.startsWith("end "));
    assert.deepEqual(ends, [...new Set(ends)], "each life ends once");
  });
}

test("a command and the timer that come together are one try", async (t) => {
  const disk = new Disk();
  const lives = await homeOn(t, disk);
  disk.faults[0]?.(new Error("EIO"));
  const asked = [lives.reopen(), lives.reopen()];
  t.mock.timers.tick(REOPEN_MS_MAX);
  await Promise.all(asked);
  await settled();
  assert.equal(disk.opened, 2);
  await lives.close();
});

test("a Home that ends while its journal is failed tries nothing any more", async (t) => {
  const disk = new Disk();
  const lives = await homeOn(t, disk);
  disk.faults[0]?.(new Error("EIO"));
  await lives.close();
  t.mock.timers.tick(REOPEN_MS_MAX);
  await settled();
  assert.equal(disk.opened, 1);
  assert.equal(disk.acting, 0);
});
