// A worker that is killed in the middle: nothing that it started goes on, and its next life begins with a clean machine.
// Looked at from outside, in the list of processes, as its owner would.
import assert from "node:assert/strict";
import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import * as z from "zod";
import { METHODS } from "#protocol/wire/client.ts";
import type { EpisodeId } from "#protocol/ids.ts";
import type { HomeClient } from "../../server/src/cli/homeClient.ts";
import { Bench, command, finished, nodeNamed, offload, sandboxProblem } from "./bench.ts";
import { until } from "./processes.ts";

const anyFact = z.looseObject({ kind: z.string() });
const QUICK = { ARW_HEARTBEAT_MS: "200" };
const linux = process.platform === "linux" ? {} : { skip: "processes are listed in /proc" };

interface Listed {
  readonly processId: number;
  readonly parent: number;
  readonly words: string;
}

/** Every process that lives: a zombie has ended, whatever its parent does about it. */
function processes(): readonly Listed[] {
  return readdirSync("/proc").flatMap((name) => {
    if (!/^\d+$/u.test(name)) return [];
    try {
      const stat = readFileSync(`/proc/${name}/stat`, "utf8");
      const [state, parent] = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
      if (state === "Z" || state === "X") return [];
      const words = readFileSync(`/proc/${name}/cmdline`, "utf8").replaceAll("\0", " ");
      return [{ processId: Number(name), parent: Number(parent), words }];
    } catch {
      return [];
    }
  });
}

function withWords(text: string): readonly Listed[] {
  return processes().filter(({ words }) => words.includes(text));
}

function hasOutput(client: HomeClient, episodeId: EpisodeId): Promise<boolean> {
  return until("the run's first output", async () => {
    const { produced } = await client.call(METHODS.showEpisode, { episodeId });
    return produced.length > 0 ? true : undefined;
  });
}

/** Only the worker's own process: its children are left to themselves, as after a crash. */
function killAlone(processId: number): void {
  process.kill(processId, "SIGKILL");
}

test("a worker killed mid-command leaves no process, and its episode fails cleanly", linux, async (t) => {
  const bench = await Bench.open(t, { environment: QUICK });
  await bench.serve();
  const client = await bench.client();
  const problem = await sandboxProblem(client);
  if (problem !== undefined) return t.skip(problem);
  const worker = await bench.pair(client, "box");
  const mark = `98765.${process.pid}1`;
  const script = `setsid sleep ${mark} & echo begun; exec sleep ${mark}`;
  const episodeId = await offload(client, "box", command(["sh", "-c", script]));
  await hasOutput(client, episodeId);
  assert.ok(withWords(mark).length >= 2);
  killAlone(worker.program.processId);
  await until("the sandbox to be gone", () => (withWords(mark).length === 0 ? true : undefined));
  const episode = await finished(client, episodeId);
  assert.equal(episode.outcome?.kind, "failed");
  await bench.restartWorker(worker);
  assert.deepEqual(
    readdirSync(join(worker.state, "worker", "jobs")).filter((name) => name.startsWith("att")),
    [],
  );
});

test("a worker killed mid-answer, or while its engine starts, takes the engine along", linux, async (t) => {
  const bench = await Bench.open(t, { environment: QUICK });
  await bench.serve();
  const client = await bench.client();
  const worker = await bench.pair(client, "box");
  const llama = (await nodeNamed(client, "box")).capabilities?.engines.find(({ kind }) => kind === "llama");
  if (llama?.state !== "ready") return t.skip("node-llama-cpp is not installed");
  const childOf = (parent: number): Listed | undefined =>
    withWords("llama-child.js").find((listed) => listed.parent === parent);
  const isGone = (child: Listed): Promise<boolean> =>
    until("the engine to be gone", () =>
      processes().some(({ processId, words }) => processId === child.processId && words === child.words)
        ? undefined
        : true,
    );
  mkdirSync(join(worker.state, "models"), { recursive: true });
  copyFileSync("test/contracts/engineRandomModel.gguf", join(worker.state, "models", "endless.gguf"));
  worker.program.signal("SIGTERM");
  await worker.program.ended;
  await bench.restartWorker(worker);
  const request = { kind: "ask", prompt: "Talk.", model: "endless", outputTokensMax: 100_000 } as const;
  const episodeId = await offload(client, "box", request);
  await hasOutput(client, episodeId);
  const answering = await until("the engine", () => childOf(worker.program.processId));
  killAlone(worker.program.processId);
  await isGone(answering);
  assert.equal((await finished(client, episodeId)).outcome?.kind, "failed");

  const next = bench.startWorker(worker.state, ["run"]);
  const starting = await until("the engine that starts", () => childOf(next.processId));
  killAlone(next.processId);
  await isGone(starting);
});

test(
  "what a killed worker left outside a sandbox is ended by its next start, before it takes work",
  linux,
  async (t) => {
    const bench = await Bench.open(t, { environment: QUICK });
    await bench.serve();
    const client = await bench.client();
    const worker = await bench.pair(client, "box");
    worker.program.signal("SIGTERM");
    await worker.program.ended;
    worker.program = bench.startWorker(worker.state, ["run", "--unsandboxed"]);
    await worker.program.fact("connected", anyFact);
    const mark = `98765.${process.pid}2`;
    const script = `setsid sleep ${mark} & echo begun; exec sleep ${mark}`;
    const episodeId = await offload(client, "box", command(["sh", "-c", script]));
    await hasOutput(client, episodeId);
    await until("both processes of the job", () => (withWords(mark).length >= 2 ? true : undefined));
    // Any node of this machine that starts sweeps the groups of dead ones: how long they outlive the worker is not ours to say.
    killAlone(worker.program.processId);
    await finished(client, episodeId);
    worker.program = bench.startWorker(worker.state, ["run", "--unsandboxed"]);
    await worker.program.fact("connected", anyFact);
    assert.deepEqual(withWords(mark), []);
    assert.ok(existsSync(join(worker.state, "worker", "worker.log")));
  },
);
