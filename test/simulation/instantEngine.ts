// An engine double that answers at once, or after a time that it measures itself: what is left of a job's time is all ours.
// It holds its runs as the real engines do; only the work itself is missing.
import { setTimeout } from "node:timers/promises";
import { digestOf } from "#protocol/digest.ts";
import type { JobKind } from "#protocol/job.ts";
import type { EngineAdvert } from "#protocol/node.ts";
import { byteCount } from "#protocol/quantities.ts";
import type { Engine } from "../../worker-companion/src/core/engine.ts";
import { systemEngineClock } from "../../worker-companion/src/engines/engineClock.ts";
import { createEngineRuns } from "../../worker-companion/src/engines/engineRuns.ts";

const ANSWER = Buffer.from("an answer of some words, as the first tokens of a model would be\n");
const MODEL = { name: "instant", digest: digestOf("the instant model"), bytes: byteCount(1), demo: true };
const ADVERTS: Readonly<Record<JobKind, EngineAdvert>> = {
  ask: { kind: "llama", state: "ready", models: [MODEL] },
  command: { kind: "command", state: "ready" },
};

/** How long the work itself takes, and who hears how long it took, from its begin to its last byte. */
export interface OwnTime {
  readonly workMs: number;
  readonly onWorked: (elapsedMs: number) => void;
}

export function instantEngines(own?: OwnTime): readonly Engine[] {
  return [instantEngine("ask", own), instantEngine("command", own)];
}

function instantEngine(kind: JobKind, own: OwnTime | undefined): Engine {
  const runs = createEngineRuns(
    {
      run: async (_work, session) => {
        session.begun();
        if (own !== undefined) {
          const from = performance.now();
          await setTimeout(own.workMs);
          own.onWorked(performance.now() - from);
        }
        session.output(kind === "ask" ? "text" : "stdout", ANSWER);
        return { outcome: kind === "ask" ? { kind: "answered", stopReason: "end" } : { kind: "exited", exitCode: 0 } };
      },
      clear: async () => undefined,
    },
    systemEngineClock,
  );
  return { kind, probe: async () => ADVERTS[kind], ...runs };
}
