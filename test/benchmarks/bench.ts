// Runs the benchmarks and shows them: `npm run bench -- [--quick] [--write] [--gate] [--baseline] [--only <words>] [--editor]`.
// A row that breaks ends the run: a table with a hole would look like a result.
import { mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { decodeJson } from "#protocol/decode.ts";
import { type Baseline, baselineSchema, judge, regression } from "./gate.ts";
import { coreShare, loadPerCore, machineWords } from "./machine.ts";
import { type Measured, type Row, steadyRatio, type Unmeasured } from "./measure.ts";
import { json, markdown, type Run, textTable } from "./report.ts";
import { blobFetch } from "./rows/blobFetch.ts";
import { costGrowth } from "./rows/costGrowth.ts";
import { durableAppends } from "./rows/durableAppends.ts";
import { editor } from "./rows/editor.ts";
import { homeRestart } from "./rows/homeRestart.ts";
import { jobQueue } from "./rows/jobQueue.ts";
import { killSeen } from "./rows/killSeen.ts";
import { localJob } from "./rows/localJob.ts";
import { policyDecision } from "./rows/policyDecision.ts";
import { streamingRedactor } from "./rows/streamingRedactor.ts";
import { warmOffload } from "./rows/warmOffload.ts";

const ROWS: readonly Row[] = [
  localJob,
  durableAppends,
  warmOffload,
  jobQueue,
  blobFetch,
  homeRestart,
  killSeen,
  costGrowth,
  policyDecision,
  streamingRedactor,
];
const PAGE = "docs/performance.md";
const BASELINE = "test/benchmarks/baseline.json";
/** Where a table and its figures go: the editor's rows need a VS Code, and are a run of their own. */
const PLACES = {
  home: { mark: "npm run bench -- --write", figures: "docs/performance.json" },
  editor: { mark: "npm run bench -- --editor --write", figures: "docs/performance-editor.json" },
} as const;

const words = process.argv.slice(2);
const [quick, gate, inEditor] = [words.includes("--quick"), words.includes("--gate"), words.includes("--editor")];
const only = words.includes("--only") ? (words[words.indexOf("--only") + 1] ?? "") : "";
const folder = realpathSync(mkdtempSync(join(tmpdir(), "arw-bench-")));
process.on("exit", () => rmSync(folder, { recursive: true, force: true, maxRetries: 5 }));
for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => process.exit(1));

const run = await measure(inEditor ? [editor] : ROWS.filter(({ name }) => name.includes(only)));
say(textTable(run));
if (words.includes("--write")) write(run);
if (words.includes("--baseline")) writeBaseline(run);
if (gate) process.exitCode = (await passes(run)) ? 0 : 1;
process.exit();

async function measure(rows: readonly Row[]): Promise<Run> {
  const machine = await machineWords(folder);
  const before = loadPerCore();
  const measured: (Measured | Unmeasured)[] = [];
  const shares = [coreShare()];
  for (const row of rows) {
    const from = performance.now();
    measured.push(...(await runRow(row)));
    shares.push(coreShare());
    say(`${row.name}: measured in ${((performance.now() - from) / 1_000).toFixed(1)} s`);
  }
  const date = new Date().toISOString().slice(0, 10);
  return { date, machine, load: [before, loadPerCore()], coreShare: Math.min(...shares), quick, rows: measured };
}

async function runRow(row: Row): Promise<readonly (Measured | Unmeasured)[]> {
  const place = mkdtempSync(join(folder, "row-"));
  const made = (name: string): string => {
    mkdirSync(join(place, name), { recursive: true, mode: 0o700 });
    return join(place, name);
  };
  try {
    return await row.run({ quick, folder: made });
  } finally {
    rmSync(place, { recursive: true, force: true, maxRetries: 5 });
  }
}

/** Prints all that it finds: what is slower fails, what could not be judged is named with its reason. */
async function passes(first: Run): Promise<boolean> {
  const baseline = readBaseline();
  const strict = ["true", "1"].includes(process.env["CI"] ?? "");
  const absent = first.rows.flatMap((row) => ("reason" in row ? [`${row.name}: ${row.reason}`] : []));
  for (const sentence of absent) say(`not judged: ${sentence}`);
  const { slower, unjudged } = await judge(async (names) => {
    if (names !== undefined) say(`once more, to be sure: ${names.join(", ")}`);
    const rows = ROWS.filter(({ name }) => names?.some((suspect) => suspect.startsWith(name)));
    const looked = names === undefined ? first : await measure(rows);
    return { worse: regressions(looked, baseline), coreShare: looked.coreShare };
  });
  for (const sentence of unjudged) say(`not judged, for other programs held the cores: ${sentence}`);
  for (const sentence of slower) say(`slower than committed: ${sentence}`);
  if (slower.length > 0) say("If it is meant: npm run bench -- --quick --baseline");
  if (strict && absent.length > 0) say("CI is set, so a row that cannot be measured is a failure");
  return slower.length === 0 && !(strict && absent.length > 0);
}

function regressions({ rows }: Run, baseline: Baseline): ReadonlyMap<string, string> {
  return new Map(
    rows.flatMap((row): readonly [string, string][] => {
      if (!isGated(row)) return [];
      const sentence = regression({ ...row, ratio: steadyRatio(row) }, baseline);
      return sentence === undefined ? [] : [[row.name, sentence]];
    }),
  );
}

/** Medians only: the slowest of a quick run's few turns is whatever else the machine did. */
function isGated(row: Measured | Unmeasured): row is Measured {
  return !("reason" in row) && row.quantile === 0.5;
}

function readBaseline(): Baseline {
  const decoded = decodeJson(baselineSchema, readFileSync(BASELINE, "utf8"));
  if (!decoded.ok) throw new Error(`${BASELINE}: ${decoded.path} ${decoded.problem}`);
  return decoded.value;
}

function writeBaseline({ rows }: Run): void {
  if (!quick) throw new Error("the gate runs quickly, so its baseline is of a quick run: add --quick");
  const ratios = rows.filter(isGated).map((row) => [row.name, Number(steadyRatio(row).toFixed(2))]);
  const kept = only === "" ? {} : readBaseline().ratios;
  writeFileSync(BASELINE, `${JSON.stringify({ ratios: { ...kept, ...Object.fromEntries(ratios) } }, null, 2)}\n`);
}

function write(whole: Run): void {
  if (only !== "") throw new Error("the page holds every row: leave --only out");
  const { mark, figures } = inEditor ? PLACES.editor : PLACES.home;
  const page = readFileSync(PAGE, "utf8");
  const [before, rest] = page.split(`<!-- table: ${mark} -->\n`);
  const end = rest?.indexOf("<!-- end of table -->") ?? -1;
  if (before === undefined || rest === undefined || end === -1) throw new Error(`${PAGE} has no place for the table`);
  writeFileSync(PAGE, `${before}<!-- table: ${mark} -->\n${markdown(whole)}\n${rest.slice(end)}`);
  writeFileSync(figures, json(whole));
}

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}
