// Writes the golden journals that are not there yet. One that is there is never written again: it must be read for ever.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import * as z from "zod";
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

const segment = segmentName(1);
const isWritten = ({ folder }: GoldenRun): boolean => existsSync(`${folder}/${segment}`);
const kindsPlayed = ({ frames }: GoldenRun): readonly string[] =>
  frames().flatMap((events) => events.map(({ kind }) => kind));
/** One that is written is not played again: today's Home may decide otherwise. */
const kindsOf = (run: GoldenRun): readonly string[] =>
  isWritten(run)
    ? kindsWritten.parse(JSON.parse(readFileSync(`${run.folder}/golden.json`, "utf8"))).kinds
    : kindsPlayed(run);
const kindsWritten = z.looseObject({ kinds: z.array(z.string()) });
const everyKind = new Set(GOLDEN_RUNS.flatMap(kindsOf));
const absent = Object.keys(eventSchemas).filter((kind) => !everyKind.has(kind));
if (absent.length > 0) throw new Error(`no golden run has ${absent.join(", ")}`);
const missing = GOLDEN_RUNS.filter((run) => !isWritten(run));
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
  const kinds = [...new Set(kindsPlayed(run))].sort();
  const golden = { frames, stateHash: stateHash(state), lastDigest, kinds };
  writeFileSync(`${folder}/golden.json`, `${JSON.stringify(golden, undefined, 2)}\n`);
}
