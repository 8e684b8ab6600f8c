// Row "streaming redactor": ordinary text and code in chunks of a pipe's size through the redactor, with known secrets, beside
// secretlint's recommended rules on the whole text at once, which can neither stream nor know a value.
import { readFileSync } from "node:fs";
import { createRedactor } from "#platform/redaction/redactor.ts";
import { REDACTION_RULES } from "#platform/redaction/rules.ts";
import { lintSource } from "@secretlint/core";
import { secretLintProfiler } from "@secretlint/profiler";
import { rules as recommendedRules } from "@secretlint/secretlint-rule-preset-recommend";
import { TOLERANCE_UNALIKE } from "../gate.ts";
import { alternating, type Measured, type Row, type Scale, timed } from "../measure.ts";

const NAME = "streaming redactor";
const CHUNK_CHARACTERS = 65_536;
const FILES: readonly string[] = [
  "README.md",
  "ARCHITECTURE.md",
  "docs/protocol.md",
  "docs/threat-model.md",
  "server/src/home/job/decide.ts",
  "worker-companion/src/core/attempts.ts",
];
const KNOWN = Array.from({ length: 20 }, (_, number) => `${number}-a known value of an environment`);
const RULES = recommendedRules.map((rule) => ({ id: rule.meta.id, rule }));

export const streamingRedactor: Row = { name: NAME, run };

async function run({ quick }: Scale): Promise<readonly Measured[]> {
  // As in the Home: without this it remembers every call for good.
  secretLintProfiler.mark = () => undefined;
  const text = FILES.map((file) => readFileSync(file, "utf8")).join("\n");
  const redactor = createRedactor(REDACTION_RULES, KNOWN, new Uint8Array(32));
  const ours = async (): Promise<void> => {
    const stream = redactor.open();
    for (let from = 0; from < text.length; from += CHUNK_CHARACTERS) {
      stream.write(text.slice(from, from + CHUNK_CHARACTERS));
    }
    stream.end();
  };
  const source = { content: text, filePath: "", ext: ".txt", contentType: "text" as const };
  const options = { config: { rules: RULES }, maskSecrets: true, noPhysicFilePath: true };
  const turns = await alternating(
    { quick },
    quick ? 20 : 200,
    () => timed(ours),
    () => timed(() => lintSource({ source, options })),
  );
  return [
    {
      name: NAME,
      floorName: `secretlint's recommended preset on the whole ${Math.round(text.length / 1_000)} kB`,
      goal: { kind: "at-least", ratio: 2 },
      quantile: 0.5,
      unit: "ms",
      tolerance: TOLERANCE_UNALIKE,
      ...turns,
    },
  ];
}
