// Every golden run with the folder of its journal. A run is added, never changed: what was written must be read for ever.
import type { JournalEvent } from "#protocol/events.ts";
import { classesFrames } from "./classesRun.ts";
import { editorFrames } from "./editorRun.ts";
import { goldenFrames } from "./goldenRun.ts";
import { resultsFrames } from "./resultsRun.ts";
import { stagingFrames } from "./stagingRun.ts";
import { policyFrames } from "./policyRun.ts";

export interface GoldenRun {
  readonly folder: string;
  readonly frames: () => readonly (readonly JournalEvent[])[];
}

export const GOLDEN_RUNS: readonly GoldenRun[] = [
  { folder: "test/golden", frames: goldenFrames },
  { folder: "test/golden/editor", frames: editorFrames },
  { folder: "test/golden/staging", frames: stagingFrames },
  { folder: "test/golden/policy", frames: policyFrames },
  { folder: "test/golden/classes", frames: classesFrames },
  { folder: "test/golden/results", frames: resultsFrames },
];
