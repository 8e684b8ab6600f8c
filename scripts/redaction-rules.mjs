// Makes platform/redaction/publicRules.ts from the public rules of gitleaks, the same bytes from the same file.
//   node scripts/redaction-rules.mjs           writes it
//   node scripts/redaction-rules.mjs --check   fails where what is committed is not what would be written
// It takes a rule only as a keyword followed by a run of characters, or as a name with an assigned value of a known form;
// a rule that cannot be said so is dropped and named with its reason. It may widen a rule, and must never narrow one.
import { readFileSync, writeFileSync } from "node:fs";
import { groupOf, hasKeyword, membersOf, parsePattern, sequencesOf } from "./rule-patterns.mjs";

const SOURCE = "platform/redaction/gitleaks/gitleaks.toml";
const TARGET = "platform/redaction/publicRules.ts";
/** A run this short after a keyword is a word. */
const RUN_MIN = 10;
/** Held back until the run is as long: a rule that asks for more is asked for this much. */
const RUN_HELD_MAX = 200;
/** A shorter keyword would begin in every other line. */
const KEYWORD_MIN = 3;
/** A value that is longer is left to the rule for assigned values. */
const VALUE_MAX = 200;
/** All printable characters are 95. */
const MEMBERS_MAX = 80;

/** `name … = "value"`, as gitleaks writes all of them. */
const ASSIGNED =
  /^(?:\(\?i\))?\[\\w\.-\]\{0,50\}\?(?:\(\?i:\[\\w\.-\]\{0,50\}\?)?\(\?:(?<names>.+?)\)\(\?:\[ \\t\\w\.-\]\{0,20\}\)\[\\s'"\]\{0,3\}\)?\(\?:=\|>\|.+?\|,\)\[\\x60'"\\s=\]\{0,5\}\((?<value>.+)\)\(\?:\[\\x60'"\\s;\]\|\\\\\[nr\]\|\$\)$/;

const { runs, assigned, dropped } = convert(rulesOf(readFileSync(SOURCE, "utf8")));
const text = typescript();
if (!process.argv.includes("--check")) writeFileSync(TARGET, text);
else if (readFileSync(TARGET, "utf8") !== text) {
  console.error(`redaction-rules: ${TARGET} is not what ${SOURCE} gives; run node scripts/redaction-rules.mjs`);
  process.exit(1);
}

/** The id, pattern and keywords of each rule; what gitleaks allows again is not taken over: that would narrow it. */
function rulesOf(toml) {
  return toml
    .split(/^\[\[rules\]\]$/m)
    .slice(1)
    .map((block) => block.split(/^\[\[rules\.allowlists\]\]$/m)[0])
    .map((block) => ({
      id: /^id = "(.+)"$/m.exec(block)[1],
      pattern: /^regex = '''([\s\S]*?)'''$/m.exec(block)?.[1],
      keywords: [...(/^keywords = \[([\s\S]*?)\]/m.exec(block)?.[1] ?? "").matchAll(/"([^"]+)"/g)].map(
        ([, word]) => word,
      ),
    }));
}

function convert(rules) {
  const found = { runs: [], assigned: [], dropped: [] };
  for (const rule of rules) {
    const reasons = new Set();
    const drop = (why) => reasons.add(why);
    try {
      if (rule.pattern === undefined) throw new Error("it is about file names");
      if (rule.id === "private-key") throw new Error("private keys are followed by state, from BEGIN to END");
      if (rule.id === "generic-api-key")
        throw new Error("our own rule for assigned values, with entropy, is in its place");
      const named = ASSIGNED.exec(rule.pattern)?.groups;
      if (named === undefined) found.runs.push(...runsOf(rule, drop));
      else found.assigned.push(assignedOf(rule.id, named));
    } catch (error) {
      drop(error.message);
    }
    if (reasons.size === 0) continue;
    const isWhole = ![...found.runs, ...found.assigned].some((made) => made.rule === rule.id);
    found.dropped.push(`//   ${rule.id}${isWhole ? "" : " in part"}: ${[...reasons].join("; ")}`);
  }
  return found;
}

/** Each alternative as a keyword and a run: the classes behind the keyword become one, and their least lengths a sum. */
function runsOf({ id, pattern, keywords }, drop) {
  const runs = [];
  for (const { items, atWordStart } of sequencesOf(parsePattern(pattern))) {
    const lead = items.findIndex((item) => item.literal === undefined);
    const literals = (lead === -1 ? items : items.slice(0, lead)).map(({ literal }) => literal);
    const folded = literals.some(({ folded: either }) => either);
    const keyword = literals.map(({ character }) => (folded ? character.toLowerCase() : character)).join("");
    const rest = lead === -1 ? [] : items.slice(lead);
    const min = rest.reduce((sum, item) => sum + (item.min ?? 1), 0);
    const members = membersOf(rest);
    if (keyword.length < KEYWORD_MIN || !hasKeyword(keyword, keywords)) drop("it does not begin with its keyword");
    else if (min < RUN_MIN) drop(`its run may be shorter than ${RUN_MIN} characters`);
    else if (members.size > MEMBERS_MAX) drop("any character may follow its keyword");
    else
      runs.push({
        rule: id,
        keyword,
        folded,
        atWordStart,
        members: groupOf(members),
        min: Math.min(min, RUN_HELD_MAX),
      });
  }
  const texts = runs.map((run) => JSON.stringify(run));
  return runs.filter((_, at) => texts.indexOf(texts[at]) === at);
}

function assignedOf(id, { names, value }) {
  const words = sequencesOf(parsePattern(`(?i)${names}`)).map(({ items }) => {
    if (items.some(({ literal }) => literal === undefined)) throw new Error("its name is no fixed text");
    return items.map(({ literal }) => literal.character.toLowerCase()).join("");
  });
  const sequences = sequencesOf(parsePattern(`(?i)${value}`));
  for (const { items } of sequences) {
    const max = items.reduce((sum, item) => sum + (item.max ?? 1), 0);
    if (max > VALUE_MAX) throw new Error(`its value may be longer than ${VALUE_MAX} characters`);
    if (membersOf(items).has('"')) throw new Error("its value holds quotes; our own rule for assigned values finds it");
  }
  const pattern = sequences.map(({ items }) => items.map(patternOf).join("")).join("|");
  return { rule: id, names: [...new Set(words)].sort((one, other) => (one < other ? -1 : 1)), value: pattern };
}

function patternOf(item) {
  const members = groupOf(membersOf([item]));
  const [min, max] = [item.min ?? 1, item.max ?? 1];
  return `[${members}]${min === 1 && max === 1 ? "" : min === max ? `{${min}}` : `{${min},${max}}`}`;
}

function typescript() {
  const line = (value) =>
    `  ${JSON.stringify(value)
      .replace(/"([a-zA-Z]+)":/g, "$1: ")
      .replace(/,(?=[a-zA-Z]+: )/g, ", ")
      .replace(/^\{/, "{ ")
      .replace(/\}$/, " }")},`;
  return [
    "// Made by scripts/redaction-rules.mjs from gitleaks/gitleaks.toml (MIT, see gitleaks/LICENSE). Do not edit by hand.",
    "// Keywords and the runs behind them, and names with the form of the values that are assigned to them.",
    'import type { AssignedForm, KeywordRun } from "./rules.ts";',
    "",
    "// biome-ignore format: one rule a line.",
    "export const PUBLIC_RUNS: readonly KeywordRun[] = [",
    ...runs.map(line),
    "];",
    "",
    "// biome-ignore format: one rule a line.",
    "export const PUBLIC_FORMS: readonly AssignedForm[] = [",
    ...assigned.map(line),
    "];",
    "",
    "// Dropped:",
    ...dropped,
    "",
  ].join("\n");
}
