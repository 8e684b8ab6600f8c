// Row "cost growth": what a job costs a Home that has finished many, beside a Home that has finished a thousand: time through
// the core and a real journal, and the memory of the whole process after a full collection.
import { join } from "node:path";
import type { Command } from "#protocol/commands.ts";
import type { JournalEvent } from "#protocol/events.ts";
import { Home } from "../../../server/src/home/home.ts";
import { accepted, finished, homeAlone, output, start, started } from "../../simulation/homeCommands.ts";
import { IDENTITY, LOCAL } from "../../simulation/homeScenario.ts";
import { openBenchJournal } from "../benchHome.ts";
import { TOLERANCE_ALIKE } from "../gate.ts";
import { alternating, type Measured, type Row, type Scale, timed } from "../measure.ts";

const NAME = "cost growth";
const JOBS_FEW = 1_000;
const JOBS_A_TURN = 10;
const MEBIBYTE: number = 1024 * 1024;

export const costGrowth: Row = { name: NAME, run };

async function run({ quick, folder }: Scale): Promise<readonly Measured[]> {
  const jobsMany = quick ? 3_000 : 100_000;
  const old = await BusyHome.open(folder("old"));
  await old.work(JOBS_FEW);
  const fewMiB = heapMiB();
  await old.work(jobsMany - JOBS_FEW);
  const manyMiB = heapMiB();
  const young = await BusyHome.open(folder("young"));
  await young.work(JOBS_FEW);
  const turns = await alternating(
    { quick },
    quick ? 40 : 1_000,
    () => timed(() => old.work(JOBS_A_TURN)),
    () => timed(() => young.work(JOBS_A_TURN)),
  );
  await young.close();
  await old.close();
  const after = (jobs: number): string => `after ${jobs.toLocaleString("en")} jobs`;
  const goal = { kind: "at-most", ratio: 1.25 } as const;
  const floorName = `the same ${after(JOBS_FEW)}`;
  return [
    {
      name: `${NAME}: time ${after(jobsMany)}`,
      floorName,
      goal,
      quantile: 0.5,
      unit: "ms",
      tolerance: TOLERANCE_ALIKE,
      ...turns,
    },
    {
      name: `${NAME}: memory ${after(jobsMany)}`,
      floorName,
      goal,
      quantile: 0.5,
      unit: "MiB",
      tolerance: TOLERANCE_ALIKE,
      ours: [manyMiB],
      floor: [fewMiB],
    },
  ];
}

/** A core with a journal on the disk; jobs go through it one after the other, as fast as their frames become durable. */
class BusyHome {
  readonly #home: Home;
  readonly #close: () => Promise<void>;
  #jobs = 0;

  private constructor(home: Home, close: () => Promise<void>) {
    this.#home = home;
    this.#close = close;
  }

  static async open(folder: string): Promise<BusyHome> {
    const header = { workspaceId: IDENTITY.workspaceId, homeId: IDENTITY.nodeId };
    const { journal, close } = await openBenchJournal(join(folder, "journal"), header);
    const ports = { journal, perform: () => undefined, onDurable: () => undefined, onReadOnly: () => undefined };
    return new BusyHome(new Home(homeAlone().state, ports), close);
  }

  async work(jobs: number): Promise<void> {
    for (let done = 0; done < jobs; done += JOBS_A_TURN) {
      const executed = Array.from({ length: JOBS_A_TURN }, () => {
        this.#jobs += 1;
        return jobOf(this.#jobs).map((command) => this.#execute(command));
      });
      await Promise.all(executed.flat());
    }
  }

  async #execute(command: Command): Promise<readonly JournalEvent[]> {
    const executed = await this.#home.execute(command);
    if (executed.kind === "refusal") throw new Error(`${command.kind} was refused: ${executed.message}`);
    return executed.events;
  }

  close(): Promise<void> {
    return this.#close();
  }
}

function jobOf(number: number): readonly Command[] {
  const reports = [
    accepted(number, LOCAL),
    started(number, LOCAL),
    output(number, LOCAL, 1),
    finished(number, LOCAL, 1),
  ];
  return [start(number), ...reports];
}

/** Needs --expose-gc, which scripts/bench.mjs gives. */
function heapMiB(): number {
  if (globalThis.gc === undefined) throw new Error("start it by scripts/bench.mjs: memory needs --expose-gc");
  globalThis.gc();
  return process.memoryUsage().heapUsed / MEBIBYTE;
}
