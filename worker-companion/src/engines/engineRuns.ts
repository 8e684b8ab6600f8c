// The runs an engine holds, by attempt: the half of the engine contract that is the same for every engine.
// A run is one function that ends with an ending; it is told to stop by a signal and never outlives its cancel.
import type { Digest } from "#protocol/digest.ts";
import { ArwError, messageOf } from "#protocol/errors.ts";
import type { AttemptId } from "#protocol/ids.ts";
import type { OutputStream } from "#protocol/result.ts";
import type { Engine, EngineEnding, EngineUsage, EngineWork } from "../core/engine.ts";
import { type EngineClock, elapsedMs } from "./engineClock.ts";
import { createOutputLog, type OutputLog } from "./outputLog.ts";

/** An engine holds so many runs, ended ones that nobody released included; one more ends at once as `engine-full`. */
export const ENGINE_RUNS_MAX = 256;

/** What a run is given while it runs. */
export interface RunSession {
  /** Hands out a chunk at once. False when the job's output limit is passed: the run must end as `output-limit`. */
  readonly output: (stream: OutputStream, bytes: Uint8Array) => boolean;
  readonly countTokens: (tokens: Pick<EngineUsage, "tokensIn" | "tokensOut">) => void;
  /** Says that the work itself has begun, or that it waits in a queue: `submit` need not wait any longer. */
  readonly begun: () => void;
  /** Aborted by cancel and dispose. */
  readonly signal: AbortSignal;
}

/** Does the work of one attempt. An ArwError that it throws is the reason of a failure. */
export interface Runner {
  readonly run: (work: EngineWork, session: RunSession) => Promise<EngineEnding>;
  /** Removes what a run that has ended left behind. */
  readonly clear: (attemptId: AttemptId) => Promise<void>;
}

export type EngineRuns = Omit<Engine, "kind" | "probe">;

interface Run {
  readonly jobKey: Digest;
  readonly log: OutputLog;
  readonly controller: AbortController;
  readonly startedMs: number;
  tokens: Pick<EngineUsage, "tokensIn" | "tokensOut">;
  busyMs: EngineUsage["busyMs"] | undefined;
  begun: Promise<void>;
  finished: Promise<void>;
}

export function createEngineRuns(runner: Runner, clock: EngineClock): EngineRuns {
  const runs = new Map<AttemptId, Run>();

  const known = (attemptId: AttemptId): Run => {
    const run = runs.get(attemptId);
    if (run === undefined) {
      throw new ArwError("attempt-unknown", `no run of ${attemptId} is held here`, "submit it first");
    }
    return run;
  };

  const cancel = async (attemptId: AttemptId): Promise<void> => {
    const run = runs.get(attemptId);
    if (run?.log.hasEnded() === false) run.controller.abort();
    await run?.finished;
  };

  return {
    async submit(work) {
      let run = runs.get(work.attemptId);
      if (run === undefined) {
        run = startRun(runner, clock, work, runs.size >= ENGINE_RUNS_MAX);
        runs.set(work.attemptId, run);
      }
      await run.begun;
    },
    stream: (attemptId, from, signal) => known(attemptId).log.stream(from, signal),
    cancel,
    reattach: async (jobKey, attemptId) => {
      const run = runs.get(attemptId);
      if (run === undefined || run.jobKey !== jobKey) return "unknown";
      return run.log.hasEnded() ? "ended" : "running";
    },
    usage(attemptId) {
      const run = known(attemptId);
      return { ...run.tokens, busyMs: run.busyMs ?? elapsedMs(clock, run.startedMs) };
    },
    async release(attemptId) {
      const run = runs.get(attemptId);
      if (run === undefined) return;
      await cancel(attemptId);
      await runner.clear(attemptId);
      runs.delete(attemptId);
    },
    async dispose() {
      await Promise.all([...runs.keys()].map(cancel));
      await Promise.all([...runs.keys()].map((attemptId) => runner.clear(attemptId)));
      runs.clear();
    },
  };
}

function startRun(runner: Runner, clock: EngineClock, work: EngineWork, full: boolean): Run {
  const controller = new AbortController();
  let begin = (): void => {};
  const begun = new Promise<void>((resolve) => {
    begin = resolve;
  });
  const run: Run = {
    jobKey: work.jobKey,
    log: createOutputLog(work.job.limits.outputBytes),
    controller,
    startedMs: clock.nowMs(),
    tokens: {},
    busyMs: undefined,
    begun,
    finished: begun,
  };
  const session: RunSession = {
    output: (stream, bytes) => run.log.append(stream, bytes),
    countTokens: (tokens) => {
      run.tokens = tokens;
    },
    begun: begin,
    signal: controller.signal,
  };
  run.finished = endingOf(runner, work, session, full).then((ending) => {
    run.busyMs = elapsedMs(clock, run.startedMs);
    run.log.end(ending);
    begin();
  });
  return run;
}

/** Every way a run may end, a bug included: whoever reads its stream must see an ending. */
async function endingOf(runner: Runner, work: EngineWork, session: RunSession, full: boolean): Promise<EngineEnding> {
  if (full) {
    return failed(
      "engine-full",
      `the engine already holds ${ENGINE_RUNS_MAX} runs`,
      "wait for one to end, or add another worker",
    );
  }
  try {
    return await runner.run(work, session);
  } catch (error) {
    if (session.signal.aborted) return { outcome: { kind: "cancelled" } };
    if (error instanceof ArwError) return failed(error.code, error.message, error.advice);
    const cause = messageOf(error);
    return failed("engine-broken", `the engine broke: ${cause}`, "report this, with the worker's log");
  }
}

/** An ending `failed`; its texts are cut to what the wire carries. */
export function failed(code: string, message: string, advice: string): EngineEnding {
  const outcome = { kind: "failed", code, message: message.slice(0, 2_048), advice: advice.slice(0, 2_048) } as const;
  return { outcome };
}
