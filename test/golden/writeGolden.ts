// Writes the golden journals that are not there yet. One that is there is never written again: it must be read for ever.
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { eventSchemas } from "#protocol/decodeEvent.ts";
import { sequence } from "#protocol/quantities.ts";
import { stateHash } from "../../server/src/adapters/checkpoint/stateCodec.ts";
import { segmentName } from "../../server/src/adapters/journal/scanJournal.ts";
import { verifyJournal } from "../../server/src/adapters/journal/verifyJournal.ts";
import { addUp } from "../../server/src/recoverHome.ts";
import { chanceOf } from "../simulation/chance.ts";
import { IDENTITY } from "../simulation/homeScenario.ts";
import { ModelledDisk } from "../simulation/modelledDisk.ts";
import { GOLDEN_RUNS, type GoldenRun } from "./goldenRuns.ts";

const kindsOf = ({ frames }: GoldenRun): readonly string[] =>
  frames().flatMap((events) => events.map(({ kind }) => kind));
const everyKind = new Set(GOLDEN_RUNS.flatMap(kindsOf));
const absent = Object.keys(eventSchemas).filter((kind) => !everyKind.has(kind));
if (absent.length > 0) throw new Error(`no golden run has ${absent.join(", ")}`);
const segment = segmentName(1);
const missing = GOLDEN_RUNS.filter(({ folder }) => !existsSync(`${folder}/${segment}`));
if (missing.length === 0) throw new Error("every golden journal is there, and none is written again");
for (const run of missing) await write(run);

async function write(run: GoldenRun): Promise<void> {
  const { folder, frames: framesOf } = run;
  const fileSystem = new ModelledDisk(chanceOf(1));
  const checkpoints = new ModelledDisk(chanceOf(1));
  const terms = { fileSystem, checkpoints, identity: IDENTITY, program: "golden", onFault: (): void => undefined };
  const { journal } = await addUp(terms);
  for (const events of framesOf()) await journal.append({ sequence: sequence(journal.lastSequence + 1), events });
  await journal.close();
  const { state } = await addUp(terms);
  const verdict = await verifyJournal(fileSystem);
  if (verdict.kind !== "ok") throw new Error(`the golden journal is ${verdict.kind}`);
  const { frames, lastDigest } = verdict;
  mkdirSync(folder, { recursive: true });
  writeFileSync(`${folder}/${segment}`, await fileSystem.read(segment));
  const kinds = [...new Set(kindsOf(run))].sort();
  const golden = { frames, stateHash: stateHash(state), lastDigest, kinds };
  writeFileSync(`${folder}/golden.json`, `${JSON.stringify(golden, undefined, 2)}\n`);
}
