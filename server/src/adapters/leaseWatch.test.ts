// The watch over leases, on timers of the test: it rings when the next lease runs out, forgets a time that is out of date,
// and a steady clock goes on counting where another process of the same boot left it.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { type TestContext, test } from "node:test";
import type { Command } from "#protocol/commands.ts";
import { durationMs, sequence } from "#protocol/quantities.ts";
import { homeWith, later } from "../../../test/simulation/homeCommands.ts";
import { grantLease, revokeLease, terms } from "../../../test/simulation/leaseCommands.ts";
import { GPU, type Scenario, steadyAt } from "../../../test/simulation/homeScenario.ts";
import type { Executed } from "../home/home.ts";
import { LeaseWatch } from "./leaseWatch.ts";
import { openSteadyClock } from "./steadyClock.ts";

interface Watched {
  readonly home: Scenario;
  readonly watch: LeaseWatch;
  /** The commands the watch gave. */
  readonly given: Command[];
  readonly pass: (ms: number) => Promise<void>;
  readonly give: (command: Command) => void;
}

function watched(t: TestContext): Watched {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const home = homeWith(GPU);
  const given: Command[] = [];
  let nowMs = 0;
  const execute = async (command: Command): Promise<Executed> => {
    given.push(command);
    const events = home.run(command);
    watch.look();
    return { kind: "executed", sequence: sequence(1), events };
  };
  const watch = new LeaseWatch({
    home: () => ({ state: home.state, readOnly: false, execute }),
    now: () => later(nowMs),
    steady: () => steadyAt(nowMs),
    onTrouble: (what, error) => assert.fail(`${what}: ${String(error)}`),
  });
  t.after(() => watch[Symbol.dispose]());
  return {
    home,
    watch,
    given,
    pass: async (ms) => {
      nowMs += ms;
      t.mock.timers.tick(ms);
      await new Promise((resolve) => setImmediate(resolve));
    },
    give: (command) => {
      home.run(command);
      watch.look();
    },
  };
}

const lasting = (ms: number): ReturnType<typeof terms> => terms({ leaseMs: durationMs(ms) });

test("the watch rings when the lease that ends first has run out, and then for the next", async (t) => {
  const { give, given, home, pass } = watched(t);
  give(grantLease(1, GPU, lasting(90_000)));
  give(grantLease(2, GPU, lasting(30_000)));
  await pass(29_999);
  assert.deepEqual(given, []);
  await pass(1);
  assert.deepEqual(expired(home), [false, true]);
  await pass(60_000);
  assert.deepEqual(expired(home), [true, true]);
  await pass(10_000_000);
  assert.equal(given.length, 2, "nothing is left to watch");
});

function expired({ state }: Scenario): readonly boolean[] {
  return [...state.leases.byId.values()].map((held) => held.expired === true);
}

test("a time that was worked out in an older epoch is not used: a revoked lease does not ring", async (t) => {
  const { give, given, pass } = watched(t);
  give(grantLease(1, GPU, lasting(30_000)));
  give(revokeLease(1));
  await pass(10_000_000);
  assert.deepEqual(given, []);
});

test("a lease of another boot is over as soon as the watch looks", async (t) => {
  const { give, home, pass } = watched(t);
  give(grantLease(1, GPU, lasting(30_000), { steady: steadyAt(0, "an earlier boot") }));
  await pass(0);
  assert.deepEqual(expired(home), [true]);
});

test("a watch that was disposed rings no more", async (t) => {
  const { give, given, pass, watch } = watched(t);
  give(grantLease(1, GPU, lasting(30_000)));
  watch[Symbol.dispose]();
  await pass(10_000_000);
  watch.look();
  await pass(10_000_000);
  assert.deepEqual(given, []);
});

test("the steady clock only grows, and another process of this boot reads the same one", async () => {
  const clock = await openSteadyClock();
  const first = clock();
  const script = "process.stdout.write(String(process.hrtime.bigint() / 1000000n))";
  const elsewhere = Number(execFileSync(process.execPath, ["-e", script], { encoding: "utf8" }));
  const last = clock();
  assert.ok(first.ms <= elsewhere && elsewhere <= last.ms, "a restarted Home counts on where it was");
  assert.deepEqual([(await openSteadyClock())().boot, last.boot !== ""], [first.boot, true]);
});
