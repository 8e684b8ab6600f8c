// An engine double that answers at once: what is left of a job's time is then all ours.
// It holds its runs as the real engines do; only the work itself is missing.
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

export function instantEngines(): readonly Engine[] {
  return [instantEngine("ask"), instantEngine("command")];
}

function instantEngine(kind: JobKind): Engine {
  const runs = createEngineRuns(
    {
      run: async (_work, session) => {
        session.begun();
        session.output(kind === "ask" ? "text" : "stdout", ANSWER);
        return { outcome: kind === "ask" ? { kind: "answered", stopReason: "end" } : { kind: "exited", exitCode: 0 } };
      },
      clear: async () => undefined,
    },
    systemEngineClock,
  );
  return { kind, probe: async () => ADVERTS[kind], ...runs };
}
